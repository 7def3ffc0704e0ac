"""Over the platform's page and back: once, and only for who began where they began."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from doorward.audit import SYSTEM
from doorward.connectors import ConnectorDisabled
from doorward.crypto import Secret
from doorward.db import Database, Sweeper, statement
from doorward.vault import BadConnection, Status, UnknownConnection, jobs
from doorward.vault.credentials_model import CredentialsChange, Submission
from doorward.vault.credentials_refusals import AskAdmin, CredentialsEnded, CredentialsOvertaken
from doorward.vault.flows_model import (
    Connected,
    Declined,
    Failed,
    FlowOfAnotherBrowser,
    FlowOfAnotherPerson,
    FlowOver,
    StartElsewhere,
)
from doorward.vault.forms_model import Cause, NotConnected
from doorward.vault.store import connect_flows
from tests.support.clock import ManualClock
from tests.support.upstream import UpstreamServer, running_upstream
from tests.support.upstream.platform import CLIENT_ID, SECRET
from tests.vault.crm import ADMIN, OTHER_ADMIN, PERSON
from tests.vault.road import Browser, Road, build_road

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def platform() -> Iterator[UpstreamServer]:
    """A real platform on loopback."""
    with running_upstream() as server:
        yield server


@pytest.fixture
async def road(db: Database, clock: ManualClock, platform: UpstreamServer) -> AsyncIterator[Road]:
    """The whole road over a fresh database."""
    platform.configure()
    platform.clock.now = clock.now
    platform.platform.clock = clock
    async with build_road(db, clock, platform) as built:
        yield built


def query_of(url: str) -> dict[str, str]:
    """The parameters of an authorization address."""
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


async def test_somebody_connects_with_what_an_administrator_set_up(road: Road) -> None:
    """The state is long, the challenge S256, and the account is the one at the platform."""
    connector = await road.register()
    await road.set_up(connector)
    browser = Browser()
    begun = await road.begin(connector, browser)
    asked = query_of(begun.url)
    assert len(asked["state"]) >= 43
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == ("https://id.example.org/o/river/connect/callback/platform")
    outcome = await road.finish(connector, browser, road.server.visit(begun.url))
    assert isinstance(outcome, Connected)
    row = outcome.kept.connection
    assert (row.account_id, row.party_id, row.status) == (7, "acct-1", Status.ACTIVE)
    assert row.credentials_id is not None
    held = road.desk.connections.open(row)
    assert held.tokens.refresh is not None


async def test_nothing_of_a_flow_is_in_the_database_in_the_open(road: Road) -> None:
    """Not the state, not the cookie, not the verifier: hashes and a seal."""
    connector = await road.register()
    await road.set_up(connector)
    begun = await road.begin(connector, Browser())
    rows = await road.db.all(statement(connect_flows.select()))
    shown = repr(rows)
    assert len(rows) == 1
    for secret in (query_of(begun.url)["state"], begun.cookie.reveal()):
        assert secret not in shown


async def test_a_state_is_used_once(road: Road) -> None:
    """A second callback with the same state is over, whatever code it brings."""
    connector = await road.register()
    await road.set_up(connector)
    browser = Browser()
    params = road.server.visit((await road.begin(connector, browser)).url)
    assert isinstance(await road.finish(connector, browser, params), Connected)
    with pytest.raises(FlowOver):
        await road.finish(connector, browser, params)
    assert len(await road.connections()) == 2


async def test_of_many_callbacks_at_once_one_is_answered(road: Road) -> None:
    """And the platform is asked for tokens once."""
    connector = await road.register()
    await road.set_up(connector)
    browser = Browser()
    params = road.server.visit((await road.begin(connector, browser)).url)
    before = len(road.server.platform.token_requests)
    answers = await asyncio.gather(
        *(road.finish(connector, browser, params) for _ in range(20)), return_exceptions=True
    )
    assert sum(isinstance(each, Connected) for each in answers) == 1
    assert sum(isinstance(each, FlowOver) for each in answers) == 19
    assert len(road.server.platform.token_requests) == before + 1


async def test_a_flow_ends_after_ten_minutes(road: Road) -> None:
    """And its row goes with the sweep."""
    connector = await road.register()
    await road.set_up(connector)
    browser = Browser()
    params = road.server.visit((await road.begin(connector, browser)).url)
    road.clock.advance(seconds=600)
    with pytest.raises(FlowOver):
        await road.finish(connector, browser, params)
    road.clock.advance(seconds=1)
    assert await jobs.remove_expired(Sweeper(road.db), road.clock()) == 1


async def test_two_tabs_have_two_flows(road: Road) -> None:
    """Either may come back first, and both count."""
    connector = await road.register()
    await road.set_up(connector)
    browser = Browser()
    first = await road.begin(connector, browser, return_to="/connect/first")
    second = await road.begin(connector, browser, return_to="/connect/second")
    assert first.cookie != second.cookie
    for begun, path in ((second, "/connect/second"), (first, "/connect/first")):
        outcome = await road.finish(connector, browser, road.server.visit(begun.url))
        assert isinstance(outcome, Connected)
        assert outcome.flow.return_to == path


async def test_only_so_many_flows_of_a_sign_in_are_remembered(road: Road) -> None:
    """The oldest goes first."""
    connector = await road.register()
    await road.set_up(connector)
    browser = Browser()
    begun = [await road.begin(connector, browser) for _ in range(12)]
    with pytest.raises(FlowOver):
        await road.finish(connector, browser, road.server.visit(begun[0].url))
    outcome = await road.finish(connector, browser, road.server.visit(begun[11].url))
    assert isinstance(outcome, Connected)


async def test_a_person_who_says_no_is_told_so(road: Road) -> None:
    """Nothing is kept, and the state is used up."""
    connector = await road.register()
    await road.set_up(connector)
    browser = Browser()
    begun = await road.begin(connector, browser)
    params = {"state": query_of(begun.url)["state"], "error": "access_denied"}
    assert isinstance(await road.finish(connector, browser, params), Declined)
    with pytest.raises(FlowOver):
        await road.finish(connector, browser, params)


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        ("server_error", Cause.NETWORK),
        ("unauthorized_client", Cause.CLIENT_REFUSED),
        ("invalid_request", Cause.NOT_UNDERSTOOD),
        ("<script>alert(1)</script>", Cause.NOT_UNDERSTOOD),
        ("consent_required", Cause.LACKS_PERMISSION),
    ],
)
async def test_what_the_platform_says_is_put_into_our_words(
    road: Road, error: str, cause: Cause
) -> None:
    """Its own words are never repeated to anybody."""
    connector = await road.register()
    await road.set_up(connector)
    browser = Browser()
    begun = await road.begin(connector, browser)
    params = {
        "state": query_of(begun.url)["state"],
        "error": error,
        "error_description": "<b>up_access_1</b>",
    }
    outcome = await road.finish(connector, browser, params)
    assert isinstance(outcome, Failed)
    assert isinstance(outcome.refusal, NotConnected)
    assert outcome.refusal.cause is cause
    assert "<" not in outcome.refusal.sentence


async def test_without_credentials_one_asks_an_administrator(road: Road) -> None:
    """And with the connector switched off nobody begins or ends anything."""
    connector = await road.register()
    with pytest.raises(AskAdmin):
        await road.begin(connector, Browser())
    await road.set_up(connector)
    browser = Browser()
    params = road.server.visit((await road.begin(connector, browser)).url)
    off = await road.connectors.disable("river", "platform", SYSTEM)
    with pytest.raises(ConnectorDisabled):
        await road.begin(off, Browser())
    outcome = await road.finish(off, browser, params)
    assert isinstance(outcome, Failed)
    assert len(await road.connections()) == 1


async def test_a_manifests_own_client_serves_where_nobody_set_up_another(road: Road) -> None:
    """The organization's own comes before it."""
    road.server.configure(client_auth="none")
    connector = await road.register(client_id=CLIENT_ID)
    outcome = await road.connect(connector, Browser())
    assert isinstance(outcome, Connected)
    assert outcome.kept.connection.credentials_id is None
    managed = await road.register("managed", client_id=CLIENT_ID, admin_managed=True)
    with pytest.raises(AskAdmin):
        await road.begin(managed, Browser())


async def test_a_submitter_goes_with_what_they_submitted_and_others_with_what_is_used(
    road: Road,
) -> None:
    """Until it is proved nobody else notices it."""
    connector = await road.register()
    await road.set_up(connector)
    place = road.place(connector)
    active = await road.desk.credentials.find_active(place)
    assert active is not None
    road.server.platform.secrets.add("second")
    waiting = await road.desk.credentials.submit(place, _submission("second"), OTHER_ADMIN)
    outcome = await road.connect(connector, Browser())
    assert isinstance(outcome, Connected)
    assert outcome.kept.connection.credentials_id == active.credentials_id
    outcome = await road.connect(connector, Browser(OTHER_ADMIN, 402))
    assert isinstance(outcome, Connected)
    assert outcome.kept.connection.credentials_id == waiting.credentials_id
    assert await road.desk.credentials.find_pending(place, OTHER_ADMIN.account_id) is None


async def test_a_wrong_submission_never_becomes_active(road: Road) -> None:
    """The platform refuses the client; the cause says who must act."""
    connector = await road.register()
    await road.submit(connector, client_secret=Secret("wrong"))
    outcome = await road.connect(connector, Browser(ADMIN, 401))
    assert isinstance(outcome, Failed)
    assert isinstance(outcome.refusal, NotConnected)
    assert outcome.refusal.cause is Cause.CLIENT_REFUSED
    assert await road.desk.credentials.find_active(road.place(connector)) is None
    assert await road.connections() == []


async def test_a_rotated_secret_that_works_drops_the_old_one(road: Road) -> None:
    """And one that does not is passed over for the old one: nobody notices."""
    connector = await road.register()
    await road.set_up(connector)
    place = road.place(connector)
    await road.desk.credentials.rotate(place, Secret("mistyped"), ADMIN)
    assert isinstance(await road.connect(connector, Browser()), Connected)
    active = await road.desk.credentials.find_active(place)
    assert active is not None
    assert len(road.desk.credentials.hints(active)) == 2
    road.server.platform.secrets.add("new")
    await road.desk.credentials.rotate(place, Secret("new"), ADMIN)
    assert isinstance(await road.connect(connector, Browser()), Connected)
    active = await road.desk.credentials.find_active(place)
    assert active is not None
    assert road.desk.credentials.open(active).secrets.newest_first == (Secret("new"),)


async def test_an_edit_while_somebody_is_away_refuses_them_and_sends_no_code(road: Road) -> None:
    """The client that they left with is no longer the organization's."""
    connector = await road.register()
    await road.set_up(connector)
    browser = Browser()
    params = road.server.visit((await road.begin(connector, browser)).url)
    change = CredentialsChange(client_id="other", client_secret=Secret("other"))
    await road.desk.credentials.change(road.place(connector), change, ADMIN)
    before = len(road.server.platform.token_requests)
    outcome = await road.finish(connector, browser, params)
    assert isinstance(outcome, Failed)
    assert isinstance(outcome.refusal, CredentialsEnded)
    assert len(road.server.platform.token_requests) == before


async def test_who_is_overtaken_keeps_no_grant_at_the_platform(road: Road) -> None:
    """What was granted to the losing submission is taken back."""
    connector = await road.register()
    await road.submit(connector)
    await road.desk.credentials.submit(road.place(connector), _submission(), OTHER_ADMIN)
    assert isinstance(await road.connect(connector, Browser(OTHER_ADMIN, 402)), Connected)
    before = len(road.server.platform.revoked)
    outcome = await road.connect(connector, Browser(ADMIN, 401))
    assert isinstance(outcome, Failed)
    assert isinstance(outcome.refusal, CredentialsOvertaken)
    assert len(road.server.platform.revoked) > before


@pytest.mark.parametrize(
    "path",
    [
        "https://evil.example.net/",
        "//evil.example.net/",
        "/\\evil.example.net",
        "javascript:alert(1)",
        "/x\r\nSet-Cookie: a=b",
        "/\x00",
        "x",
        "/" + "x" * 3000,
    ],
)
async def test_one_returns_to_our_own_pages_only(road: Road, path: str) -> None:
    """A callback leads nowhere else."""
    connector = await road.register()
    await road.set_up(connector)
    with pytest.raises(BadConnection):
        await road.begin(connector, Browser(), return_to=path)


async def test_who_will_come_back_elsewhere_starts_there(road: Road) -> None:
    """Cookies do not cross the organization's addresses."""
    connector = await road.register()
    await road.submit(connector, redirect_uri="https://river.example.org/connect/callback/platform")
    with pytest.raises(StartElsewhere) as refused:
        await road.begin(connector, Browser(ADMIN, 401))
    assert refused.value.issuer == "https://river.example.org"


async def test_a_reconnect_renews_the_same_connection(road: Road) -> None:
    """Under its number, when the platform says it is the same account."""
    connector = await road.register()
    await road.set_up(connector)
    first = await road.connect(connector, Browser())
    assert isinstance(first, Connected)
    number = first.kept.connection.connection_id
    again = await road.connect(connector, Browser(), reconnect_of=number)
    assert isinstance(again, Connected)
    assert again.kept.is_reconnected
    assert again.kept.connection.connection_id == number
    for stolen in (number, 4711, -1, 1 << 70):
        with pytest.raises(UnknownConnection):
            await road.begin(connector, Browser(OTHER_ADMIN, 402), reconnect_of=stolen)


def _submission(secret: str | None = None) -> Any:
    return Submission(client_id=CLIENT_ID, client_secret=Secret(secret or SECRET))


async def test_another_sign_in_of_the_same_person_is_another_sign_in(road: Road) -> None:
    """Who signed out meanwhile begins again."""
    connector = await road.register()
    await road.set_up(connector)
    browser = Browser()
    params = road.server.visit((await road.begin(connector, browser)).url)
    later = Browser(PERSON, 777, browser.cookies)
    with pytest.raises(FlowOfAnotherPerson):
        await road.finish(connector, later, params)
    with pytest.raises(FlowOfAnotherBrowser):
        await road.finish(connector, Browser(), params)
    assert isinstance(await road.finish(connector, browser, params), Connected)
