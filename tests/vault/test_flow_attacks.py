"""The attacks on services that connect people to many platforms, each as it would be tried.

draft-ietf-oauth-security-topics-update: cross-toolkit account takeover (COAT) and cross-user OAuth
session fixation; RFC 9207 for mix-up.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from doorward.audit import SYSTEM, Audit
from doorward.connectors import write_manifest
from doorward.connectors.requests import Callback, StateRule
from doorward.db import Database, statement
from doorward.orgs import Permission
from doorward.protocol import Refusal
from doorward.vault import Connected, Failed, FlowOver, NotConnected, Returned, Unplannable
from doorward.vault.flows_model import (
    FlowOfAnotherBrowser,
    FlowOfAnotherConnector,
    FlowOfAnotherPerson,
)
from doorward.vault.forms_model import Cause
from doorward.vault.store import connect_flows
from tests.support.attacks import attack
from tests.support.clock import ManualClock
from tests.support.upstream import UpstreamServer, running_upstream
from tests.vault.crm import OTHER_ADMIN, PERSON, author
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


def state_of(url: str) -> str:
    """The state in an authorization address."""
    return parse_qs(urlsplit(url).query)["state"][0]


async def refusals(road: Road) -> list[tuple[str, Any]]:
    """Who was recorded for what, the oldest first."""
    events = await Audit(db=road.db).list("river", None, 50, "connect_flow.refused")
    return [(e.event.actor_id, e.event.detail["reason"]) for e in reversed(events)]


@attack("COAT")
async def test_v_coat_a_code_of_an_honest_platform_never_reaches_a_malicious_connector(
    road: Road,
) -> None:
    """The malicious connector's page sends the person on to the honest platform, with its own
    state: the code comes to the honest one's callback, and is sent to nobody.
    """
    honest, malicious = await road.register("honest"), await road.register("malicious")
    for connector in (honest, malicious):
        await road.set_up(connector)
    victim = Browser()
    begun = await road.begin(malicious, victim)
    # The honest platform knows its client by the honest callback only, and sends the code there.
    stolen = {"code": "honest-code", "state": state_of(begun.url)}
    before = len(road.server.platform.token_requests)
    with pytest.raises(FlowOfAnotherConnector):
        await road.finish(honest, victim, stolen)
    assert len(road.server.platform.token_requests) == before
    assert await refusals(road) == [("7", "other_connector")]
    # What led the browser there knows the state: it is worth nothing any more, anywhere.
    for connector in (honest, malicious):
        with pytest.raises(FlowOver):
            await road.finish(connector, victim, stolen)


@attack("COAT")
async def test_v_coat_each_connector_and_organization_has_a_callback_of_its_own(
    road: Road,
) -> None:
    """So that no platform can be made to send its code to another's."""
    found = set()
    for org_id in ("river", "lake"):
        for slug in ("first", "second"):
            connector = await road.register(slug, org_id=org_id)
            await road.set_up(connector)
            url = (await road.begin(connector, Browser())).url
            found.add(parse_qs(urlsplit(url).query)["redirect_uri"][0])
    assert len(found) == 4


async def test_v_coat_a_flow_of_one_organization_is_unknown_in_another(road: Road) -> None:
    """The same connector, the same browser, the same numbers of account and sign-in."""
    river, lake = await road.register(), await road.register(org_id="lake")
    for connector in (river, lake):
        await road.set_up(connector)
    browser = Browser()
    params = road.server.visit((await road.begin(river, browser)).url)
    with pytest.raises(FlowOver):
        await road.finish(lake, browser, params)
    assert isinstance(await road.finish(river, browser, params), Connected)


async def test_v_coat_a_connector_that_took_a_name_again_gets_no_flow_and_no_secret(
    road: Road,
) -> None:
    """Neither a code under way, nor a renewal of what was connected with the one before."""
    connector = await road.register()
    await road.set_up(connector)
    browser = Browser()
    kept = await road.connect(connector, browser)
    assert isinstance(kept, Connected)
    params = road.server.visit((await road.begin(connector, browser)).url)
    await road.connectors.remove("river", "platform", SYSTEM)
    again = await road.register()
    before = len(road.server.platform.token_requests)
    with pytest.raises(FlowOfAnotherConnector):
        await road.finish(again, browser, params)
    assert len(road.server.platform.token_requests) == before
    row = kept.kept.connection
    with pytest.raises(Unplannable):
        await road.plans.plan(row, road.desk.connections.open(row).tokens)


async def test_v_coat_a_manifest_changed_by_its_owner_gets_nothing_until_staff_looked(
    road: Road,
) -> None:
    """Its addresses may be others by now: it is off, and nothing leaves."""
    written = write_manifest(road.server.manifest("mine", client_auth="custom"))
    await road.connectors.register("river", written, author(9, Permission.CONNECTORS_WRITE))
    connector = await road.connectors.enable("river", "mine", SYSTEM, version=1)
    road.server.configure(client_auth="custom")
    await road.set_up(connector)
    kept = await road.connect(connector, Browser())
    assert isinstance(kept, Connected)
    row = kept.kept.connection
    tokens = road.desk.connections.open(row).tokens
    assert (await road.plans.plan(row, tokens)).client is not None
    # They are no longer one of those who keep connectors; it is still theirs to change.
    changed = await road.connectors.change("river", "mine", written, author(9), version=1)
    assert not changed.enabled
    with pytest.raises(Unplannable):
        await road.plans.plan(row, tokens)


@attack("session fixation", "CVE-2025-68158")
async def test_v_fixation_a_link_that_somebody_else_began_connects_nothing(road: Road) -> None:
    """The attacker begins, sends the platform's address to the victim, who allows it there: the
    victim's account would become the attacker's connection.
    """
    connector = await road.register()
    await road.set_up(connector)
    attacker, victim = Browser(OTHER_ADMIN, 402), Browser(PERSON, 501)
    begun = await road.begin(connector, attacker)
    params = road.server.visit(begun.url)
    before = len(road.server.platform.token_requests)
    with pytest.raises(FlowOfAnotherBrowser):
        await road.finish(connector, victim, params)
    assert len(road.server.platform.token_requests) == before
    assert len(await road.connections()) == 1
    for _ in range(5):
        with pytest.raises(FlowOfAnotherBrowser):
            await road.finish(connector, victim, params)
    assert await refusals(road) == [("7", "other_browser")]


@attack("session fixation")
async def test_v_fixation_a_finished_visit_cannot_be_given_to_somebody_else(road: Road) -> None:
    """The attacker allows their own account and hands the callback to the victim, who would keep
    secrets in the attacker's account from then on.
    """
    connector = await road.register()
    await road.set_up(connector)
    attacker, victim = Browser(OTHER_ADMIN, 402), Browser(PERSON, 501)
    params = road.server.visit((await road.begin(connector, attacker)).url)
    # The victim is in the middle of connecting the very same platform.
    await road.begin(connector, victim)
    with pytest.raises(FlowOfAnotherBrowser):
        await road.finish(connector, victim, params)
    assert isinstance(await road.finish(connector, attacker, params), Connected)
    assert [row.account_id for row in await road.connections()] == [1, 2]


async def test_v_fixation_a_planted_cookie_does_not_make_it_the_victims(road: Road) -> None:
    """Whoever can set cookies still is not signed in as the other person."""
    connector = await road.register()
    await road.set_up(connector)
    attacker = Browser(OTHER_ADMIN, 402)
    params = road.server.visit((await road.begin(connector, attacker)).url)
    victim = Browser(PERSON, 501, dict(attacker.cookies))
    with pytest.raises(FlowOfAnotherPerson):
        await road.finish(connector, victim, params)
    nobody = Returned(
        place=road.place(connector),
        params=params,
        cookies=attacker.cookies,
        account_id=None,
        session_id=None,
    )
    with pytest.raises(FlowOfAnotherPerson):
        await road.flows.finish(nobody)
    assert await refusals(road) == [("7", "other_person")]
    assert isinstance(await road.finish(connector, attacker, params), Connected)


async def test_v_fixation_a_fixed_state_is_bound_by_cookie_and_challenge(road: Road) -> None:
    """Everybody's state is the same there; nobody's cookie and verifier are."""
    road.server.configure(state="custom", pkce="required")
    connector = await road.register(admin_managed=True)
    await road.set_up(connector)
    attacker, victim = Browser(OTHER_ADMIN, 402), Browser(PERSON, 501)
    stolen = road.server.visit((await road.begin(connector, attacker)).url)
    assert stolen["state"] == "fixed"
    with pytest.raises(FlowOver):
        await road.finish(connector, victim, stolen)
    # A state that is not the fixed one is nobody's.
    with pytest.raises(FlowOver):
        await road.finish(connector, attacker, {**stolen, "state": "another"})
    # With a flow of their own, the victim's verifier does not answer the attacker's challenge.
    await road.begin(connector, victim)
    outcome = await road.finish(connector, victim, stolen)
    assert isinstance(outcome, Failed)
    params = road.server.visit((await road.begin(connector, victim)).url)
    assert isinstance(await road.finish(connector, victim, params), Connected)
    assert [row.account_id for row in await road.connections()] == [1, 7]


async def test_v_fixation_with_a_fixed_state_a_second_tab_replaces_the_first(road: Road) -> None:
    """Nothing else could tell them apart."""
    road.server.configure(state="custom", pkce="required")
    connector = await road.register()
    await road.set_up(connector)
    browser = Browser()
    first = road.server.visit((await road.begin(connector, browser)).url)
    second = road.server.visit((await road.begin(connector, browser)).url)
    assert isinstance(await road.finish(connector, browser, second), Connected)
    with pytest.raises(FlowOver):
        await road.finish(connector, browser, first)


async def test_v_fixation_a_platform_without_state_is_bound_by_the_cookie(road: Road) -> None:
    """And an ordinary flow is never found by its cookie alone."""
    road.server.configure(state="none", pkce="required")
    bare = await road.register("bare")
    await road.set_up(bare)
    browser = Browser()
    params = road.server.visit((await road.begin(bare, browser)).url)
    assert "state" not in params
    assert isinstance(await road.finish(bare, browser, params), Connected)
    ordinary = await road.register("ordinary")
    road.server.configure()
    plain = msgspec.structs.replace(
        ordinary.manifest.auth_options[0],
        authorize=msgspec.structs.replace(
            ordinary.manifest.auth_options[0].authorize,  # type: ignore[type-var] # it has one
            state=StateRule(),
        ),
    )
    manifest = msgspec.structs.replace(ordinary.manifest, slug="plain", auth_options=(plain,))
    other = await road.install(manifest)
    await road.set_up(other)
    params = road.server.visit((await road.begin(other, browser)).url)
    del params["state"]
    with pytest.raises(FlowOver):
        await road.finish(other, browser, params)


@pytest.mark.parametrize(
    ("sent", "works"),
    [
        ("https://platform.example", True),
        (None, True),
        ("https://evil.example", False),
        ("https://platform.example/", False),
        ("", False),
    ],
)
async def test_v_mix_up_an_answer_with_another_issuer_is_not_the_platforms(
    road: Road, sent: str | None, works: bool
) -> None:
    """RFC 9207 2.4: exactly equal where it is sent, and the code goes nowhere otherwise."""
    connector = await road.register(callback=Callback(check_issuer="https://platform.example"))
    await road.set_up(connector)
    browser = Browser()
    params = road.server.visit((await road.begin(connector, browser)).url)
    if sent is not None:
        params["iss"] = sent
    before = len(road.server.platform.token_requests)
    outcome = await road.finish(connector, browser, params)
    if works:
        assert isinstance(outcome, Connected)
    else:
        assert isinstance(outcome, Failed)
        assert isinstance(outcome.refusal, NotConnected)
        assert outcome.refusal.cause is Cause.MIXED_UP
        assert len(road.server.platform.token_requests) == before


async def test_v_replay_a_code_is_not_redeemed_under_another_flow(road: Road) -> None:
    """A code of one visit with the state of another: the verifier does not answer."""
    connector = await road.register()
    await road.set_up(connector)
    browser = Browser()
    first = road.server.visit((await road.begin(connector, browser)).url)
    second = road.server.visit((await road.begin(connector, browser)).url)
    mixed = {**second, "code": first["code"]}
    outcome = await road.finish(connector, browser, mixed)
    assert isinstance(outcome, Failed)
    assert isinstance(await road.finish(connector, browser, first), Connected | Failed)


async def test_v_replay_a_flows_cookie_is_no_state_and_a_state_no_cookie(road: Road) -> None:
    """Each is compared with its own digest only."""
    connector = await road.register()
    await road.set_up(connector)
    browser = Browser()
    begun = await road.begin(connector, browser)
    params = road.server.visit(begun.url)
    swapped = Browser(cookies=dict.fromkeys(browser.cookies, params["state"]))
    with pytest.raises(FlowOfAnotherBrowser):
        await road.finish(connector, swapped, params)
    with pytest.raises(FlowOver):
        await road.finish(connector, browser, {**params, "state": begun.cookie.reveal()})


async def test_v_replay_a_tampered_seal_ends_the_flow(road: Road) -> None:
    """What was sealed for another flow does not open for this one."""
    connector = await road.register()
    await road.set_up(connector)
    browser = Browser()
    params = road.server.visit((await road.begin(connector, browser)).url)
    await road.db.run(statement(connect_flows.update().values(sealed=b"\x01damaged")))
    with pytest.raises(FlowOver):
        await road.finish(connector, browser, params)


async def test_whatever_a_callback_brings_is_refused_or_an_outcome(road: Road) -> None:
    """Names, values and cookies that nobody would send are no failure of ours."""
    connector = await road.register()
    await road.set_up(connector)
    browser = Browser()
    begun = await road.begin(connector, browser)
    name = next(iter(browser.cookies))
    odd = ("", "\x00", "a" * 5000, "\ud800", "é", begun.cookie.reveal()[:-1], "dw_cf_" + "A" * 48)
    for value in odd:
        for params in ({}, {"state": value}, {"state": value, "code": value, "error": value}):
            for cookies in ({}, {name: value}, {"dw-connect-1": value}, {value: value}):
                returned = Returned(road.place(connector), params, cookies, 7, 501)
                with pytest.raises(Refusal):
                    await road.flows.finish(returned)
    outcome = await road.finish(
        connector, browser, {"state": state_of(begun.url), "code": "\x00\ud800" + "x" * 9000}
    )
    assert isinstance(outcome, Failed)


def test_what_a_callback_brings_is_not_printed() -> None:
    """Neither the parameters nor the cookies show in a traceback."""
    place: Any = None
    shown = repr(Returned(place, {"code": "the-code"}, {"c": "the-cookie"}, None, None))
    assert "the-code" not in shown
    assert "the-cookie" not in shown


async def test_a_program_ends_a_flow_of_its_own_account_only(road: Road) -> None:
    """It has no cookie: the account, which its token proved, and the state are what counts."""
    connector = await road.register()
    await road.set_up(connector)
    begun = await road.begin(connector, Browser())
    params = road.server.visit(begun.url)
    place = road.place(connector)
    with pytest.raises(FlowOfAnotherPerson):
        await road.flows.finish(Returned(place, params, {}, 8, None, by_token=True))
    with pytest.raises(FlowOfAnotherBrowser):
        await road.flows.finish(Returned(place, params, {}, 7, 501))
    outcome = await road.flows.finish(Returned(place, params, {}, 7, None, by_token=True))
    assert isinstance(outcome, Connected)
