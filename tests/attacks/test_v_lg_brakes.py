"""V-LG: guessing is slowed down for whoever guesses, and for nobody else."""

from __future__ import annotations

import asyncio
import re
from collections import Counter

import httpx2
import pytest

from doorward.accounts import AccountKind, Accounts, Doorway, Passwords, SignInRefused
from doorward.audit import SYSTEM
from doorward.brakes import Braked
from doorward.crypto import Secret
from doorward.db import open_database
from tests.support.attacks import asvs, attack
from tests.support.factories import CHEAP, PASSWORD, make_account, make_accounts
from tests.support.house import House
from tests.support.visits import Visit, arrive, authorize, form_of, post
from tests.support.world import World

pytestmark = pytest.mark.anyio

FREE = 10
RIGHT = PASSWORD.reveal()
PERSON = AccountKind.CONSTITUENT
HERE, THERE = "203.0.113.9", "198.51.100.7"


class Counting(Passwords):
    """Passwords that count how many were hashed to see whether they are right."""

    def __init__(self) -> None:
        super().__init__(profile=CHEAP, at_once=2, waiting=400)
        self.hashed = 0

    def _verify(self, stored: str | None, password: str) -> object:  # type: ignore[override]
        self.hashed += 1
        return super()._verify(stored, password)


def at(world: World, address: str = HERE) -> httpx2.AsyncClient:
    """A browser that nobody used before, at ``address``."""
    transport = httpx2.ASGITransport(app=world.app, client=(address, 4711))
    return httpx2.AsyncClient(transport=transport, base_url=world.issuer)


async def enter(browser: httpx2.AsyncClient, world: World, name: str, password: str) -> Visit:
    """One try on a fresh sign-in page."""
    visit = await arrive(browser, world.request(prompt="login"))
    return await post(browser, form_of(visit, "password"), username=name, password=password)


def came_in(visit: Visit) -> bool:
    """Whether the flow went on as somebody."""
    return visit.response.status_code == 303 or visit.path[-1] == "consent"


def known(browser: httpx2.AsyncClient) -> str:
    """What the browser keeps as the proof that somebody signed in there before."""
    return next(each.value or "" for each in browser.cookies.jar if "dwk-" in each.name)


def carry(browser: httpx2.AsyncClient, world: World, proof: str) -> None:
    """Present ``proof`` from now on."""
    browser.cookies.set(f"dwk-{world.org.org_id}", proof, domain="127.0.0.1", path="/")


async def guess(world: World, name: str, times: int, address: str = HERE) -> list[int]:
    """The status of each of so many wrong passwords."""
    async with at(world, address) as browser:
        return [
            (await enter(browser, world, name, "wrong")).response.status_code for _ in range(times)
        ]


@attack("CVE-2019-5421")
async def test_v_lg_two_hundred_wrong_passwords_at_once_hash_as_many_as_the_limit(
    house: House, world: World
) -> None:
    """Half of them in another pool of connections, by all her names, whatever their case."""
    org_id = world.org.org_id
    other = await open_database(house.url, clock=house.clock, pool_size=8)
    counting = [Counting(), Counting()]
    services = [
        make_accounts(db, passwords=each)
        for db, each in zip((house.services.db, other), counting, strict=True)
    ]
    names = ("anna", "ANNA", "anna@example.org", "Anna@EXAMPLE.org", " ａｎｎａ ")

    async def one(number: int) -> object:
        accounts: Accounts = services[number % 2]
        name = names[number % len(names)]
        try:
            return await accounts.verify_password(org_id, PERSON, name, Secret("wrong"))
        except Braked:
            return None

    answers = await asyncio.gather(*(one(number) for number in range(200)))
    assert Counter(map(type, answers)) == {SignInRefused: FREE, type(None): 200 - FREE}
    assert sum(each.hashed for each in counting) == FREE
    for each in counting:
        each.close()
    await asyncio.wait_for(other.close(), 10)


@attack("CVE-2019-5421")
async def test_v_lg_a_right_password_does_not_come_in_while_the_brake_is_closed(
    world: World,
) -> None:
    """Else guessing went on behind it. After the wait it does, and what was counted is gone."""
    assert await guess(world, "anna", FREE + 2) == [400] * FREE + [429] * 2
    async with at(world) as browser:
        refused = await enter(browser, world, "anna", RIGHT)
        assert refused.response.status_code == 429
        assert refused.response.headers["retry-after"] == "30"
        world.clock.advance(seconds=30)
        assert came_in(await enter(browser, world, "anna", RIGHT))
    assert await guess(world, "anna", FREE + 1) == [400] * FREE + [429]


@attack("CVE-2019-5421")
async def test_v_lg_nobody_elsewhere_can_lock_the_owner_out(world: World) -> None:
    """Neither in the browser that she used before nor, until many places try, in a new one."""
    async with at(world, THERE) as own:
        await authorize(own, world.request())
        assert (await guess(world, "anna", FREE + 1))[-1] == 429
        async with at(world, THERE) as new:
            assert came_in(await enter(new, world, "anna", RIGHT))
        for number in range(6):
            await guess(world, "anna", FREE, f"192.0.2.{number}")
        async with at(world, "192.0.2.200") as new:
            assert (await enter(new, world, "anna", RIGHT)).response.status_code == 429
        assert came_in(await enter(own, world, "anna", RIGHT))


async def test_v_lg_a_known_browser_has_tries_of_its_own_and_no_more(world: World) -> None:
    """Whoever sits at her machine is slowed down there, for her account alone."""
    await make_account(world.services.db, "ben", org_id=world.org.org_id)
    async with at(world, THERE) as own:
        await authorize(own, world.request())
        cookie = known(own)
    async with at(world) as browser:
        carry(browser, world, cookie)
        seen = [
            (await enter(browser, world, "anna", "wrong")).response.status_code
            for _ in range(FREE + 1)
        ]
        assert seen == [400] * FREE + [429]
        assert (await enter(browser, world, "ben", "wrong")).response.status_code == 400
    assert await guess(world, "anna", 1) == [400]


@pytest.mark.parametrize("cookie", ["", "AA", "A" * 76, "~.-_", "A" * 4000])
async def test_v_lg_a_made_up_proof_of_a_known_browser_is_none(world: World, cookie: str) -> None:
    """It neither opens tries of its own nor breaks the page."""
    async with at(world) as browser:
        carry(browser, world, cookie)
        seen = [
            (await enter(browser, world, "anna", "wrong")).response.status_code
            for _ in range(FREE + 1)
        ]
    assert seen[-1] == 429


async def test_v_lg_a_proof_of_another_organization_is_none(house: House, world: World) -> None:
    """The same account number there is somebody else."""
    other = await house.new_world()
    async with at(other) as own:
        await authorize(own, other.request())
        cookie = known(own)
    async with at(world) as browser:
        carry(browser, world, cookie)
        for _ in range(FREE):
            await enter(browser, world, "anna", "wrong")
    assert await guess(world, "anna", 1) == [429]


@attack("CVE-2026-4633")
@asvs("6.3.8")
async def test_v_lg_who_is_slowed_down_does_not_learn_who_exists(world: World) -> None:
    """Unknown, wrong, disabled, staff: the same number of tries, then the same page."""
    org_id = world.org.org_id
    off = await make_account(world.services.db, "off", org_id=org_id)
    await world.services.accounts.disable(org_id, off.account_id, SYSTEM)
    await make_account(world.services.db, "staff", org_id=org_id, kind=AccountKind.SYSTEM)
    seen = set()
    tries = (("nobody", RIGHT), ("anna", "wrong"), ("off", RIGHT), ("off", "wrong"))
    for number, (name, password) in enumerate((*tries, ("staff", RIGHT))):
        shown = []
        async with at(world, f"192.0.2.{number}") as browser:
            for _ in range(FREE + 1 if name != "off" or password == RIGHT else 1):
                answer = (await enter(browser, world, name, password)).response
                text = answer.text.replace(name, "NAME")
                text = re.sub(r"dw_fl_[\w-]+|(?<=name=\"csrf\" value=\")[\w-]+", "", text)
                shown.append((answer.status_code, answer.headers.get("retry-after"), text))
        seen.add(tuple(shown[:1]))
        if len(shown) > 1:
            seen.add(tuple(shown[-1:]))
    assert sorted(status for ((status, _, _),) in seen) == [400, 429]


async def test_v_lg_one_network_is_slowed_down_whoever_it_tries(world: World) -> None:
    """A hundred names from one line; its neighbour signs in, and so does a known browser."""
    accounts, org_id = world.services.accounts, world.org.org_id
    line = Doorway("2001:db8:0:1::/64")
    for number in range(100):
        await accounts.verify_password(org_id, PERSON, f"n{number}", Secret("wrong"), line)
    for name in ("anna", "nobody"):
        with pytest.raises(Braked):
            await accounts.verify_password(org_id, PERSON, name, Secret("wrong"), line)
    async with at(world, "2001:db8:0:2::1") as browser:
        assert came_in(await enter(browser, world, "anna", RIGHT))
    async with at(world, "2001:db8:0:1::7") as browser:
        assert (await enter(browser, world, "anna", RIGHT)).response.status_code == 429


async def test_v_lg_a_right_password_does_not_clear_what_its_network_tried(world: World) -> None:
    """Else an attacker signs in to an account of their own now and then."""
    accounts, org_id = world.services.accounts, world.org.org_id
    line = Doorway(HERE)
    for number in range(99):
        await accounts.verify_password(org_id, PERSON, f"n{number}", Secret("wrong"), line)
        await accounts.verify_password(org_id, PERSON, "anna", PASSWORD, line)
    await accounts.verify_password(org_id, PERSON, "n99", Secret("wrong"), line)
    with pytest.raises(Braked):
        await accounts.verify_password(org_id, PERSON, "n100", Secret("wrong"), line)


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "Wait 30 seconds, then try again."), ("ja", "30秒ほど待ってから")],
)
async def test_v_lg_the_page_says_how_long(world: World, language: str, words: str) -> None:
    """In the reader's language, beside the form that may be sent then."""
    await guess(world, "anna", FREE)
    async with at(world) as browser:
        browser.headers["accept-language"] = language
        shown = await enter(browser, world, "anna", "wrong")
    assert words in shown.page.text
    assert form_of(shown, "password").fields["flow"]
