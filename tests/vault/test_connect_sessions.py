"""A link by which one person connects: made by a server, opened by that person alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

import pytest

from doorward.audit import SYSTEM, Actor, Audit
from doorward.clients import Application
from doorward.connectors import Connector
from doorward.consents import Consents
from doorward.crypto import Secret
from doorward.db import Database, Sweeper
from doorward.tokens import Tokens
from doorward.vault import (
    BadConnectSession,
    Connected,
    ConnectorNotAllowed,
    ConnectSession,
    ConnectSessionOver,
    ConnectSessions,
    NewConnectSession,
    jobs,
)
from tests.support.clock import ManualClock
from tests.support.factories import make_application
from tests.support.randomness import SeededRandom
from tests.support.upstream import UpstreamServer, running_upstream
from tests.vault.crm import OTHER_ADMIN, PERSON
from tests.vault.road import Browser, Road, build_road

pytestmark = pytest.mark.anyio
BACK = "https://tally.example/callback"
SERVER = Actor(kind="client", id="tally")


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


@pytest.fixture
def sessions(road: Road) -> ConnectSessions:
    """The service under test."""
    random = SeededRandom(5)
    return ConnectSessions(
        db=road.db,
        clock=road.clock,
        random=random,
        connectors=road.connectors,
        consents=consents_of(road),
    )


def consents_of(road: Road) -> Consents:
    """What people allowed applications."""
    tokens = Tokens(db=road.db, clock=road.clock, random=SeededRandom(6))
    return Consents(db=road.db, clock=road.clock, tokens=tokens)


@pytest.fixture
async def tally(road: Road) -> Application:
    """An application that the person lets act for them."""
    application, _ = await make_application(road.db)
    wanted = ("river", PERSON.account_id, application.client_id)
    await road.db.unit(lambda tx: consents_of(road).allow(tx, wanted, ("openid",), PERSON.actor))
    return application


@pytest.fixture
async def connector(road: Road) -> Connector:
    """A connector that is set up."""
    connector = await road.register()
    await road.set_up(connector)
    return connector


def wanted(**more: Any) -> NewConnectSession:
    """What the server asks for."""
    given: dict[str, Any] = {
        "account_id": PERSON.account_id,
        "connectors": ("platform",),
        "return_url": BACK,
        **more,
    }
    return NewConnectSession(**given)


async def open_as(
    sessions: ConnectSessions, value: Secret[str], browser: Browser, org_id: str = "river"
) -> ConnectSession:
    """Open the link in a browser."""
    return await sessions.open(
        org_id,
        value.reveal(),
        account_id=browser.author.account_id,
        session_id=browser.session_id,
    )


async def test_a_person_connects_by_a_link_and_returns_to_the_application(
    road: Road, sessions: ConnectSessions, tally: Application, connector: Connector
) -> None:
    """To exactly the address that the server named."""
    session, value = await sessions.create(tally, wanted(), SERVER)
    assert session.return_origin == "https://tally.example"
    browser = Browser()
    opened = await open_as(sessions, value, browser)
    outcome = await road.connect(connector, browser, connect_session=opened)
    assert isinstance(outcome, Connected)
    assert outcome.flow.return_to == BACK
    assert outcome.flow.connect_session_id == session.id
    events = await Audit(db=road.db).list("river", None, 5, "connect_session.created")
    assert value.reveal() not in repr(events)


async def test_it_lives_half_an_hour(
    road: Road, sessions: ConnectSessions, tally: Application, connector: Connector
) -> None:
    """Opened or not; then the sweep takes it."""
    session, value = await sessions.create(tally, wanted(), SERVER)
    browser = Browser()
    opened = await open_as(sessions, value, browser)
    road.clock.advance(seconds=1799)
    assert (await open_as(sessions, value, browser)).id == session.id
    road.clock.advance(seconds=1)
    with pytest.raises(ConnectSessionOver):
        await open_as(sessions, value, browser)
    with pytest.raises(ConnectSessionOver):
        await road.begin(connector, browser, connect_session=opened)
    road.clock.advance(seconds=1)
    assert await jobs.remove_expired(Sweeper(road.db), road.clock()) == 1


async def test_nobody_else_opens_it(
    sessions: ConnectSessions, tally: Application, connector: Connector
) -> None:
    """Another person, another sign-in once it is opened, another organization, a damaged value."""
    _, value = await sessions.create(tally, wanted(), SERVER)
    with pytest.raises(ConnectSessionOver):
        await open_as(sessions, value, Browser(OTHER_ADMIN, 402))
    browser = Browser()
    opened = await open_as(sessions, value, browser)
    assert (await open_as(sessions, value, browser)).id == opened.id
    with pytest.raises(ConnectSessionOver):
        await open_as(sessions, value, Browser(PERSON, 777))
    with pytest.raises(ConnectSessionOver):
        await open_as(sessions, value, browser, "lake")
    for damaged in ("", "\x00", value.reveal()[:-1], value.reveal().replace("cn", "cf")):
        with pytest.raises(ConnectSessionOver):
            await open_as(sessions, Secret(damaged), browser)
    assert connector.enabled


async def test_of_two_sign_ins_at_once_one_opens_it(
    sessions: ConnectSessions, tally: Application, connector: Connector
) -> None:
    """The link is for one use."""
    assert connector.enabled
    _, value = await sessions.create(tally, wanted(), SERVER)
    answers = await asyncio.gather(
        *(open_as(sessions, value, Browser(PERSON, 500 + n)) for n in range(10)),
        return_exceptions=True,
    )
    assert sum(isinstance(each, ConnectSession) for each in answers) == 1
    assert sum(isinstance(each, ConnectSessionOver) for each in answers) == 9


async def test_it_is_for_the_connectors_that_it_names(
    road: Road, sessions: ConnectSessions, tally: Application, connector: Connector
) -> None:
    """And goes on only for who opened it."""
    other = await road.register("other")
    await road.set_up(other)
    session, value = await sessions.create(tally, wanted(), SERVER)
    browser = Browser()
    opened = await open_as(sessions, value, browser)
    with pytest.raises(ConnectorNotAllowed):
        await road.begin(other, browser, connect_session=opened)
    with pytest.raises(ConnectSessionOver):
        await road.begin(connector, Browser(OTHER_ADMIN, 402), connect_session=opened)
    with pytest.raises(ConnectSessionOver):
        await road.begin(connector, browser, connect_session=session)
    whose = {"account_id": PERSON.account_id, "session_id": browser.session_id}
    assert (await sessions.get_open("river", session.id, **whose)).id == session.id
    for wrong in ({**whose, "session_id": 1}, {**whose, "account_id": 1}):
        with pytest.raises(ConnectSessionOver):
            await sessions.get_open("river", session.id, **wrong)
    for number in (0, -1, 1 << 70):
        with pytest.raises(ConnectSessionOver):
            await sessions.get_open("river", number, **whose)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"return_url": "https://tally.example/callback/"}, "return_url"),
        ({"return_url": "https://evil.example/callback"}, "return_url"),
        ({"return_url": "https://tally.example/callback?x=1"}, "return_url"),
        ({"return_url": "javascript:alert(1)"}, "return_url"),
        ({"connectors": ()}, "connectors"),
        ({"connectors": ("nothing",)}, "connectors"),
        ({"connectors": ("nul\x00",)}, "connectors"),
        ({"connectors": ("platform",) * 51}, "connectors"),
        ({"account_id": 4711}, "account_id"),
        ({"account_id": -1}, "account_id"),
        ({"account_id": 1 << 70}, "account_id"),
        ({"reconnect_of": 1 << 70}, "reconnect_of"),
    ],
)
async def test_what_a_server_may_not_ask_for_is_refused_by_its_field(
    sessions: ConnectSessions,
    tally: Application,
    connector: Connector,
    change: dict[str, Any],
    field: str,
) -> None:
    """Only its own people, its own addresses, and connectors that are there."""
    assert connector.enabled
    with pytest.raises(BadConnectSession) as refused:
        await sessions.create(tally, wanted(**change), SERVER)
    assert refused.value.field == field


async def test_a_connector_that_is_off_and_an_application_that_is_not_approved_get_none(
    road: Road, sessions: ConnectSessions, tally: Application, connector: Connector
) -> None:
    """Nor one whose consent was withdrawn."""
    draft = replace(tally, status="draft")  # type: ignore[arg-type] # a word of its kind
    with pytest.raises(BadConnectSession):
        await sessions.create(draft, wanted(), SERVER)
    await road.connectors.disable("river", connector.slug, SYSTEM)
    with pytest.raises(BadConnectSession):
        await sessions.create(tally, wanted(), SERVER)
    await road.connectors.enable("river", connector.slug, SYSTEM, version=1)
    await sessions.create(tally, wanted(), SERVER)
    consents = consents_of(road)
    consent = await consents.find("river", PERSON.account_id, tally.client_id)
    assert consent is not None
    await consents.withdraw("river", consent.consent_id, SYSTEM)
    with pytest.raises(BadConnectSession):
        await sessions.create(tally, wanted(), SERVER)
