"""A connector in Python, installed as a package, in a real browser: from its switch to its row."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from doorward.audit import SYSTEM
from tests.browser.conftest import Visit
from tests.browser.visitor import Setting
from tests.connectors.offering import Offering
from tests.support.connecting import ORG, ConnectSite, running_site
from tests.support.databases import SqliteTemplate
from tests.support.factories import PASSWORD
from tests.support.upstream import CLIENT_ID, SECRET

SLUG, MODULE = "template-crm", "connector_template"


@pytest.fixture
def site(
    sqlite_template: SqliteTemplate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ConnectSite]:
    """A Doorward with the example's package installed, which the operator has named."""
    folder = tmp_path / "packages"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))

    def install(site: ConnectSite) -> tuple[str, ...]:
        site.oauth.configure(scopes=("contacts.read",))
        return (Offering(folder).install_template(site.oauth.url),)

    copy = sqlite_template.copy_to(tmp_path / "doorward.sqlite")
    sys.modules.pop(MODULE, None)
    with running_site(copy, plugins=install) as running:
        yield running
    # The next who imports it means the example itself.
    del sys.modules[MODULE]


def test_the_example_is_switched_on_connected_and_kept(visit: Visit, site: ConnectSite) -> None:
    """Staff switch it on and enter the client; what its code says of the person is what is kept."""
    grace = visit(site.as_demo(), Setting())
    grace.page.goto(f"{site.issuer}/admin/connectors/connector?connector={SLUG}")
    grace.sign_in(username="grace", password=PASSWORD.reveal())
    assert "Template CRM" in grace.page.locator("main").inner_text()
    grace.judge("a connector in Python, switched off")
    site.run(site.services.connectors.enable(ORG, SLUG, SYSTEM))
    grace.page.goto(f"{site.issuer}/connect/start?connector={SLUG}&sign_in=staff")
    grace.page.locator("#client_id").fill(CLIENT_ID)
    grace.page.locator("#client_secret").fill(SECRET)
    grace.press("main button[value=credentials]")
    grace.judge("a connector in Python, one step left")
    grace.page.locator("main button[value=connect]").click()
    grace.page.wait_for_url("**/connect/done?*")
    assert "ADA LOVELACE" in grace.page.locator("main").inner_text()
    grace.judge("a connector in Python, connected")
    (row,) = site.run(site.services.vault.connections.list(ORG))
    assert (row.connector, row.party_id, row.party_name) == (SLUG, "acct-1", "ADA LOVELACE")
    grace.page.goto(f"{site.issuer}/account/connections?sign_in=staff")
    assert "ADA LOVELACE" in grace.page.locator("main").inner_text()
    grace.judge("a connector in Python, among the connections")
