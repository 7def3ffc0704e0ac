"""What staff do about somebody's connection, in a real browser, at a platform that answers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from doorward.audit import Audit
from doorward.vault import Status
from tests.browser.conftest import Visit
from tests.browser.portal import submit
from tests.browser.visitor import Setting
from tests.support.connecting import ORG, ConnectSite, running_site
from tests.support.databases import SqliteTemplate
from tests.support.factories import PASSWORD
from tests.support.upstream import CLIENT_ID

SETTINGS = [Setting(), Setting(theme="dark", language="ja-JP", width=320)]


@pytest.fixture
def site(sqlite_template: SqliteTemplate, tmp_path: Path) -> Iterator[ConnectSite]:
    """A Doorward with a platform at which Anna has an account."""
    with running_site(sqlite_template.copy_to(tmp_path / "doorward.sqlite")) as running:
        running.oauth.configure(client_auth="none", revoke="bearer")
        running.install_oauth("harbor", "Harbor CRM", admin_managed=False, client_id=CLIENT_ID)
        yield running


@pytest.mark.parametrize("setting", SETTINGS, ids=["light", "dark"])
def test_staff_see_a_credential_and_end_the_connection(
    visit: Visit, site: ConnectSite, setting: Setting
) -> None:
    """It is shown once and on record; at the end the platform has taken it back."""
    demo = site.as_demo()
    anna, grace = visit(demo, setting), visit(demo, setting)
    anna.page.goto(f"{site.issuer}/connect/start?connector=harbor")
    anna.sign_in(username="anna", password=PASSWORD.reveal())
    anna.page.locator("main button[value=connect]").click()
    anna.page.wait_for_url("**/connect/done?*")
    grace.page.goto(f"{site.issuer}/admin/connections")
    grace.sign_in(username="grace", password=PASSWORD.reveal())
    grace.judge("connections, for staff")
    grace.press("main a[href*='connections/connection?']")
    (token,) = site.oauth.platform.families[0].access
    assert token not in grace.page.content()
    grace.judge("a connection, for staff")
    address = grace.page.url
    submit(grace, "admin/connections/reveal")
    assert token in grace.page.locator("main").inner_text()
    grace.judge("a credential, revealed")
    grace.page.goto(address)
    submit(grace, "admin/connections/disconnect")
    assert not site.oauth.platform.revoked
    grace.judge("whether to disconnect, for staff")
    submit(grace, "admin/connections/disconnect", "button[value=confirm]")
    grace.judge("disconnected, for staff")
    assert token in site.oauth.platform.revoked
    (row,) = site.run(site.services.vault.connections.list(ORG))
    assert row.status is Status.DISCONNECTED
    events = site.run(Audit(db=site.services.db).list(ORG, None, 50))
    told = {each.event.action for each in events}
    assert {"connection.token_read", "connection.disconnected"} <= told
    anna.page.goto(f"{site.issuer}/account/connections")
    anna.judge("a connection that staff ended")
