"""The letter about a sign-in by a browser that an account never used."""

from __future__ import annotations

import httpx2
import pytest

from doorward.app import build_app
from doorward.audit import SYSTEM
from doorward.db import Database
from doorward.mail import Inbox, render_letter
from tests.support.clock import ManualClock
from tests.support.factories import PASSWORD
from tests.support.visits import form_of, go, post
from tests.support.world import World, make_services, make_world

pytestmark = pytest.mark.anyio
FIREFOX = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko Firefox/150.0"}
DAY = 86_400


@pytest.fixture
async def world(db: Database, clock: ManualClock) -> World:
    """Letters leave, and Anna's account is two days old."""
    use = make_services(db, clock, carrier=Inbox(clock=clock))
    world = await make_world(db, clock, running=(use, build_app(use)))
    clock.advance(seconds=2 * DAY)
    return world


async def enter(browser: httpx2.AsyncClient) -> None:
    """Sign in by a password."""
    form = form_of(await go(browser, "account"), "password")
    done = await post(browser, form, username="anna", password=PASSWORD.reveal())
    assert done.path[-1] == "account"


async def leave(browser: httpx2.AsyncClient, world: World) -> None:
    """Sign out here."""
    for each in await world.services.sessions.list_live(world.org, world.person.account_id):
        await world.services.sessions.end(world.org.org_id, each.session_id, SYSTEM)


async def letters(world: World) -> list[str]:
    """The letters that wait, as they are read."""
    outbox, found = world.services.outbox, []
    for org_id, letter_id in await outbox.find_due(20):
        letter = await outbox.claim(org_id, letter_id, 1)
        assert letter is not None
        parcel = render_letter(letter, outbox.open_link(letter))
        await outbox.note_sent(letter, 1)
        found.append(f"{parcel.subject}\n{parcel.text}")
    return [each for each in found if each.startswith("A new sign-in")]


async def test_a_new_browser_is_told_of_once(world: World) -> None:
    """With the device and the address; again in the same browser it is no news."""
    async with world.http(headers=FIREFOX) as browser:
        await enter(browser)
        (letter,) = await letters(world)
        assert "Firefox on Linux" in letter
        assert "127.0.0.1" in letter
        assert "/account/sessions" in letter
        await leave(browser, world)
        await enter(browser)
        # Even when every session of it is long gone: the browser keeps the proof.
        world.clock.advance(seconds=40 * DAY)
        await enter(browser)
        assert await letters(world) == []
    async with world.http() as another:
        await enter(another)
    assert len(await letters(world)) == 1


async def test_the_first_sign_in_of_a_new_account_is_no_news(world: World) -> None:
    """Whoever has just made an account or chosen a password knows."""
    org_id, number = world.org.org_id, world.person.account_id
    await world.services.accounts.set_password(org_id, number, PASSWORD, SYSTEM)
    async with world.http() as browser:
        await enter(browser)
    assert await letters(world) == []
    async with world.http() as another:
        await enter(another)
    assert len(await letters(world)) == 1
