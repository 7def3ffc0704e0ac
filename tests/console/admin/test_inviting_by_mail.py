"""Inviting somebody where mail is set up: the letter, its link, and what the page says."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

import pytest

from doorward.accounts import NewAccount
from doorward.app import build_app
from doorward.audit import SYSTEM
from doorward.db import Database
from doorward.mail import Inbox, Parcel
from tests.console.admin.desk import at_desk
from tests.mail.letters import rows, work_off
from tests.support.clock import ManualClock
from tests.support.factories import PASSWORD
from tests.support.visits import form_of, go, post
from tests.support.world import World, make_services, make_world

pytestmark = pytest.mark.anyio

BO = {"given_name": "Bo", "family_name": "Li", "email": "bo@example.org", "locale": "en"}


@dataclass(frozen=True)
class Place:
    """A world whose letters arrive in memory."""

    world: World
    inbox: Inbox

    async def letters(self) -> list[Parcel]:
        """What arrived by now, the newest first."""
        await work_off(self.world.services.outbox, self.inbox, self.world.services.db)
        return [each.parcel for each in self.inbox.newest()]


@pytest.fixture
async def place(db: Database, clock: ManualClock) -> Place:
    """Mail is on."""
    inbox = Inbox(clock=clock)
    services = make_services(db, clock, carrier=inbox)
    running = services, build_app(services)
    return Place(await make_world(db, clock, running=running), inbox)


async def test_an_invited_person_comes_in_by_the_letter(place: Place) -> None:
    """The letter has the link that the page shows, until when it is good, and no password."""
    async with at_desk(place.world) as desk:
        asked = await desk.open("constituents/invite")
        assert "They get a letter with a link" in asked.page.text
        shown = await desk.send("constituents/invite", "constituents/invite", **BO)
    assert "The link is on its way to bo@example.org." in shown.page.text
    (letter,) = await place.letters()
    assert (letter.address, letter.sender) == ("bo@example.org", place.world.org.name)
    assert letter.subject == f"Your invitation to {place.world.org.name}"
    found = re.search(r'id="invitation-link">([^<]+)<', shown.response.text)
    assert found is not None
    link = letter.links[0]
    assert link == html.unescape(found[1])
    assert link.startswith(f"{place.world.issuer}/invitation?code=dw_iv_")
    assert "The link works once, until" in letter.text
    secret = PASSWORD.reveal()
    async with place.world.http() as theirs:
        form = form_of(await go(theirs, link), "again")
        arrived = await post(theirs, form, password=secret, again=secret)
        assert arrived.path[-1] == "account"


async def test_a_new_link_is_a_new_letter_in_the_persons_language(place: Place) -> None:
    """The old link has ended, and says so."""
    world = place.world
    async with at_desk(world) as desk:
        person = {**BO, "given_name": "陽翔", "family_name": "佐藤", "locale": "ja"}
        await desk.send("constituents/invite", "constituents/invite", **person)
        account = await world.services.accounts.find_by_login(
            world.org.org_id, world.person.kind, "bo@example.org"
        )
        assert account is not None
        await desk.send(
            f"constituents/account?id={account.subject}",
            "constituents/invitation",
            decision="renew",
        )
    newest, oldest = await place.letters()
    assert newest.locale == "ja"
    assert newest.text.startswith("佐藤 陽翔様\n")
    async with world.http() as theirs:
        assert (await go(theirs, oldest.links[0])).response.status_code == 410
        assert (await go(theirs, newest.links[0])).response.status_code == 200


async def test_an_invitation_that_was_refused_sends_nothing(place: Place) -> None:
    """The address belongs to somebody already."""
    async with at_desk(place.world) as desk:
        taken = {**BO, "email": "anna@example.org"}
        refused = await desk.send("constituents/invite", "constituents/invite", **taken)
        assert refused.response.status_code == 422
    assert await place.letters() == []


async def test_who_has_no_address_gets_no_letter(place: Place) -> None:
    """The link is shown, and the page claims nothing."""
    world = place.world
    new = NewAccount(org_id=world.org.org_id, kind=world.person.kind, username="bo")
    account = await world.services.accounts.create(new, SYSTEM)
    async with at_desk(world) as desk:
        page = f"constituents/account?id={account.subject}"
        shown = await desk.send(page, "constituents/invitation", decision="renew")
        assert "Copy the link now and send it yourself." in shown.page.text
    assert await place.letters() == []
    assert await rows(world.services.db) == []
