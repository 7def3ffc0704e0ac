"""The visit of OAuth 1.0a through the real pages, at a platform whose requests Authlib verifies."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from doorward.audit import SYSTEM
from doorward.connectors import ClientCredentials, ClientProbe, Plan
from doorward.crypto import Secret
from doorward.vault import Submitters
from tests.support.browser_forms import Page, PlainBrowser
from tests.support.clock import ManualClock
from tests.support.connect_walker import NOWHERE, Walker
from tests.support.connecting import ORG, running_site
from tests.support.databases import SqliteTemplate
from tests.support.oauth1 import KEY, SECRET, OAuth1Platform, running_oauth1


@dataclass
class Signed:
    """Anna's browser, and the platform."""

    walker: Walker
    platform: OAuth1Platform

    def set_up(self, secret: str = SECRET) -> Page:
        """Anna is the first who needs it: the page that leads to the platform."""
        page = self.walker.open("/connect/start?connector=signed")
        given = {"client_id": KEY, "client_secret": secret}
        return self.walker.press(page, "credentials", given)

    def connect(self) -> Page:
        """There and back."""
        return self.walker.press(self.set_up(), "connect")


@pytest.fixture
def signed(sqlite_template: SqliteTemplate, tmp_path: Path) -> Iterator[Signed]:
    """A Doorward whose people may set the connector up themselves."""
    with ExitStack() as stack:
        platform = stack.enter_context(running_oauth1(ManualClock()))
        copy = sqlite_template.copy_to(tmp_path / "doorward.sqlite")
        site = stack.enter_context(running_site(copy, more_allowed=(platform.authority,)))
        platform.clock = site.clock
        site.install(platform.manifest())
        credentials = site.services.connecting.credentials
        site.run(credentials.set_submitters(ORG, Submitters.FIRST_USER, SYSTEM))
        browser = stack.enter_context(PlainBrowser(stop_at=NOWHERE))
        yield Signed(Walker(site, browser), platform)


def test_the_visit_ends_in_a_connection_whose_calls_are_signed(signed: Signed) -> None:
    """Request token, visit, access token, identity; calls afterwards; and taking it back."""
    done = signed.connect()
    assert urlsplit(done.url).path.endswith("/connect/done"), (done.text, signed.platform.refusals)
    assert "Ada Lovelace" in done.text
    assert signed.platform.refusals == []
    (visit,) = signed.platform.visits
    assert visit["name"] == "Doorward & friends"
    site, row = signed.walker.site, signed.walker.row()
    held = site.run(site.services.vault.refresher.get_token(ORG, row.connection_id))
    (token,) = signed.platform.tokens
    assert held.tokens.access.reveal() == token
    assert set(held.tokens.secrets) == set()
    plan = site.run(site.services.connecting.plans.plan(row, held.tokens))
    party = site.run(site.services.upstream.identify(plan, held.as_grant()))
    assert (party.account_id, row.party_id) == ("board-7", "board-7")
    report = site.run(site.services.vault.deauthorizer.disconnect(ORG, row.connection_id, SYSTEM))
    assert [each.result for each in report.outcomes] == ["revoked"]
    assert signed.platform.tokens == {}


def test_a_token_that_is_not_the_visits_own_connects_nothing(signed: Signed) -> None:
    """Whoever has another person's verifier cannot have it exchanged here."""
    signed.platform.swaps_token = "request-999999"
    page = signed.connect()
    assert dict(parse_qsl(urlsplit(page.url).query))["reason"] == "mixed_up"
    assert signed.platform.tokens == {}
    assert signed.walker.rows() == []


def test_a_platform_of_the_first_version_is_not_visited(signed: Signed) -> None:
    """OAuth 1.0 confirms no callback: anybody could end the visit in somebody else's account."""
    signed.platform.confirms = False
    page = signed.connect()
    assert page.status == 422
    assert signed.platform.visits == []


def test_a_client_that_is_refused_is_said_before_anybody_leaves(signed: Signed) -> None:
    """On the form itself, without the secret."""
    page = signed.walker.press(signed.set_up("wrong-secret"), "connect")
    assert page.status == 422
    assert "refuses this connector" in page.text
    assert "wrong-secret" not in page.text
    assert signed.platform.refusals == ["the signature"]


@pytest.mark.parametrize(
    ("secret", "said"), [(SECRET, ClientProbe.ACCEPTED), ("wrong", ClientProbe.REFUSED)]
)
def test_a_dry_run_asks_for_a_request_token(signed: Signed, secret: str, said: ClientProbe) -> None:
    """Which costs nothing, and tells whether the client is known."""
    site = signed.walker.site
    connector = site.run(site.services.connectors.get(ORG, "signed"))
    client = ClientCredentials(KEY, (Secret(secret),), "https://id.example/callback")
    plan = Plan(connector.manifest, connector.manifest.auth_options[0], client)
    assert site.run(site.services.upstream.probe_client(plan)) is said
