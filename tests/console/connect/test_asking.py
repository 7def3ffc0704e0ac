"""People ask administrators for a connector: once a day for each, however often they press."""

from __future__ import annotations

import asyncio

import pytest

from doorward.accounts import Account, AccountKind
from doorward.app import Services
from doorward.audit import SYSTEM
from doorward.connectors import Connector
from doorward.console import ConnectorRequests, LetterDesk
from doorward.console.account import Person
from doorward.db import Database
from doorward.mail import Inbox
from doorward.orgs import Organization, Permission, Site
from doorward.sessions import Browser, Session
from tests.mail.letters import rows
from tests.support.clock import ManualClock
from tests.support.factories import make_account, make_org
from tests.support.world import BASE_URL, make_services

pytestmark = pytest.mark.anyio

ORG = "river"
DAY_S = 86_400


def _person(org: Organization, account: Account) -> Person:
    session = Session(
        session_id=1,
        browser_id=1,
        account_id=account.account_id,
        account_kind=account.kind,
        username=account.username,
        email=None,
        name="Anna",
        auth_at=0,
        created_at=0,
        last_seen_at=0,
        address=None,
        user_agent=None,
    )
    return Person(Site.of(BASE_URL).tenant(org), Browser(ORG, 1, (session,)), session)


async def _asked(services: Services) -> int:
    events = await services.audit.list(ORG, None, 100, "connector.asked_for")
    return len(events)


async def _platform(services: Services) -> Connector:
    return await services.connectors.enable(ORG, "calendly", SYSTEM, version=0)


async def test_of_many_who_ask_at_once_one_is_told(db: Database, clock: ManualClock) -> None:
    """Fifty at the same moment are one event and one letter to each administrator."""
    org = await make_org(db, ORG)
    services = make_services(db, clock, carrier=Inbox(clock=clock))
    anna, ben = (
        await make_account(db, "anna", org_id=ORG),
        await make_account(db, "ben", org_id=ORG),
    )
    await make_account(
        db,
        "staff",
        org_id=ORG,
        kind=AccountKind.SYSTEM,
        permissions=(Permission.CONNECTORS_WRITE,),
    )
    desk = LetterDesk(outbox=services.outbox, site=Site.of(BASE_URL))
    requests = ConnectorRequests(db=db, clock=clock, desk=desk)
    connector = await _platform(services)

    async def press(account: Account, times: int) -> list[bool]:
        person = _person(org, account)
        return await asyncio.gather(*(requests.ask(person, connector) for _ in range(times)))

    assert sum(await press(anna, 50)) == 1
    assert (await _asked(services), len(await rows(db))) == (1, 1)
    assert await press(ben, 2) in ([True, False], [False, True])
    clock.advance(seconds=DAY_S - 1)
    assert await press(anna, 1) == [False]
    clock.advance(seconds=1)
    assert sum(await press(anna, 50)) == 1
    assert (await _asked(services), len(await rows(db))) == (3, 3)
