"""A forgotten password: the letter, the link, the new password, and what it ends."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import httpx2
import pytest

from doorward.accounts import AccountKind, NewAccount, SignInRefused
from doorward.audit import SYSTEM
from doorward.crypto import Secret
from tests.support.factories import PASSWORD, make_account
from tests.support.post import Post, link_in
from tests.support.visits import Visit, arrive, authorize, form_of, go, post
from tests.support.world import World

pytestmark = pytest.mark.anyio

NEW = "lantern pebble orchard"


async def forget(
    http: httpx2.AsyncClient, address: str = "anna@example.org", path: str = "forgot"
) -> Visit:
    """Ask for a letter."""
    return await post(http, form_of(await go(http, path), "email"), email=address)


async def choose(http: httpx2.AsyncClient, link: str, password: str = NEW, **more: str) -> Visit:
    """Follow the link and choose a password."""
    form = form_of(await go(http, link), "password")
    typed = {"password": password, "again": password, **more}
    return await post(http, form, headers=None, **typed)


async def knows(world: World, password: str, kind: AccountKind = AccountKind.CONSTITUENT) -> bool:
    """Whether it is Anna's password."""
    found = await world.services.accounts.verify_password(
        world.org.org_id, kind, "anna", Secret(password)
    )
    return not isinstance(found, SignInRefused)


async def test_a_forgotten_password_is_replaced_by_way_of_a_letter(
    world: World, post_of: Post
) -> None:
    """Nobody is signed in by it, every other sign-in ends, and the person is told."""
    async with world.http() as elsewhere, world.http() as browser:
        await authorize(elsewhere, world.request())
        await post_of.arrived()
        world.clock.advance(seconds=60)
        sent = await forget(browser)
        assert sent.path[-1] == "forgot/sent"
        letter = await post_of.only()
        assert letter.template == "password_reset"
        assert letter.links[0].startswith(f"{world.issuer}/reset?code=dw_al_")
        world.clock.advance(seconds=60)
        done = await choose(browser, link_in(letter), others="yes")
        assert done.path[-1] == "reset/done"
        assert await knows(world, NEW)
        assert not await knows(world, PASSWORD.reveal())
        assert (await post_of.only()).template == "password_changed"
        assert (await go(browser, "account")).path[-1] == "signin"
        assert (await go(elsewhere, "account")).path[-1] == "signin"


async def test_other_sign_ins_stay_where_the_person_wants_so(world: World, post_of: Post) -> None:
    """The box is ticked by default, and can be emptied."""
    async with world.http() as elsewhere, world.http() as browser:
        await authorize(elsewhere, world.request())
        await post_of.arrived()
        world.clock.advance(seconds=60)
        await forget(browser)
        link = link_in(await post_of.only())
        world.clock.advance(seconds=60)
        page = await go(browser, link)
        assert "checked" in page.response.text
        await choose(browser, link, others="")
        assert await knows(world, NEW)
        assert (await go(elsewhere, "account")).path[-1] == "account"


async def test_it_goes_on_in_the_flow_that_it_came_from(world: World, post_of: Post) -> None:
    """From the sign-in of an application, and back to it; staff from theirs."""
    async with world.http() as browser:
        asked = await arrive(browser, world.request())
        (forgot,) = {each for each in asked.page.links if "/forgot" in each}
        await forget(browser, path=forgot)
        done = await choose(browser, link_in(await post_of.only()))
        (onward,) = {each for each in done.page.links if "/signin" in each}
        again = await go(browser, onward)
        form = form_of(again, "password")
        entered = await post(browser, form, username="anna", password=NEW)
        assert entered.path[-1] == "consent"


async def test_staff_have_their_own_passwords(world: World, post_of: Post) -> None:
    """A letter for one kind changes nothing of the other with the same address."""
    await make_account(world.services.db, "anna", org_id=world.org.org_id, kind=AccountKind.SYSTEM)
    async with world.http() as browser:
        await forget(browser, path="forgot?sign_in=staff")
        link = link_in(await post_of.only())
        done = await choose(browser, link)
        assert any(each.endswith("/admin") for each in done.page.links)
    assert await knows(world, NEW, AccountKind.SYSTEM)
    assert not await knows(world, NEW)
    letter = await post_of.only()
    assert letter.links[0].endswith("/forgot?sign_in=staff")


async def test_a_person_without_a_password_gets_one(world: World, post_of: Post) -> None:
    """Whom staff entered or an import brought in: the letter proves the mailbox."""
    services, org_id = world.services, world.org.org_id
    bo = await services.accounts.create(_without_password(org_id), SYSTEM)
    async with world.http() as browser:
        await forget(browser, "bo@example.net")
        await choose(browser, link_in(await post_of.only()))
    after = await services.accounts.get(org_id, bo.account_id)
    assert after.email_verified
    assert after.password_changed_at == world.clock.now


@pytest.mark.parametrize(
    ("password", "again", "says"),
    [
        ("short", "short", "8 to 256"),
        (NEW, "lantern pebble", "not the same"),
        ("qwertyuiop", "qwertyuiop", "easy to guess"),
        ("anna lantern orchard", "anna lantern orchard", "your name"),
    ],
)
async def test_what_is_wrong_with_the_new_password_is_said(
    world: World, post_of: Post, password: str, again: str, says: str
) -> None:
    """The link stays good for another try."""
    async with world.http() as browser:
        await forget(browser)
        link = link_in(await post_of.only())
        wrong = await choose(browser, link, password, again=again)
        assert wrong.response.status_code == 422
        assert says in wrong.page.text
        assert not await knows(world, password)
        assert (await choose(browser, link)).path[-1] == "reset/done"


def _without_password(org_id: str) -> NewAccount:
    kind = AccountKind.CONSTITUENT
    return NewAccount(org_id=org_id, kind=kind, username="bo", email="bo@example.net", name="Bo")


Overtake = Callable[[World, Post, httpx2.AsyncClient], Awaitable[None]]


async def _newer(world: World, post_of: Post, http: httpx2.AsyncClient) -> None:
    await forget(http)
    await post_of.only()


async def _hour(world: World, post_of: Post, http: httpx2.AsyncClient) -> None:
    world.clock.advance(seconds=3600)


async def _used(world: World, post_of: Post, http: httpx2.AsyncClient) -> None:
    await choose(http, _LINKS[-1], "another orchard lantern")


async def _changed(world: World, post_of: Post, http: httpx2.AsyncClient) -> None:
    world.clock.advance(seconds=1)
    await world.services.accounts.set_password(
        world.org.org_id, world.person.account_id, Secret("pebbles in a lantern"), SYSTEM
    )


async def _disabled(world: World, post_of: Post, http: httpx2.AsyncClient) -> None:
    await world.services.accounts.disable(world.org.org_id, world.person.account_id, SYSTEM)


_LINKS: list[str] = []


@pytest.mark.parametrize("overtaken", [_newer, _hour, _used, _changed, _disabled])
async def test_a_link_that_was_overtaken_is_dead(
    world: World, post_of: Post, overtaken: Overtake
) -> None:
    """By a newer one, its hour, its use, a new password from elsewhere, the end of the account."""
    async with world.http() as browser:
        await forget(browser)
        link = link_in(await post_of.only())
        form = form_of(await go(browser, link), "password")
        _LINKS.append(link)
        await overtaken(world, post_of, browser)
        opened = await go(browser, link)
        assert opened.response.status_code == 410
        late = await post(browser, form, password=NEW, again=NEW)
        assert late.response.status_code == 410
        assert any("/forgot" in each for each in late.page.links)
    assert not await knows(world, NEW)


async def test_no_link_of_another_purpose_or_organization_is_taken(
    world: World, post_of: Post
) -> None:
    """Nor one that is damaged; and a scanner that opens a link leaves it as it was."""
    other = await make_account(world.services.db, "bo", org_id=world.org.org_id)
    async with world.http() as browser:
        await forget(browser)
        link = link_in(await post_of.only())
        code = link.partition("code=")[2]
        for path in ("signup/confirm", "email/verify", "email/confirm", "email/undo"):
            assert (await go(browser, f"{path}?code={code}")).response.status_code == 410
        assert (await go(browser, f"invitation?code={code}")).response.status_code == 410
        for bad in (code[:-1], code + "A", code[:-2] + "AA", "", "dw_iv_x", "%00", "%F0%9F%90%B1"):
            assert (await browser.get(f"reset?code={bad}")).status_code in {400, 410}
        base = str(browser.base_url).replace(world.org.org_id, "operators")
        assert (await browser.get(f"{base}reset?code={code}")).status_code in {404, 410}
        for _ in range(3):
            assert (await browser.head(link)).status_code == 200
        assert (await choose(browser, link)).path[-1] == "reset/done"
    assert await knows(world, NEW)
    assert other.email == "bo@example.org"


async def test_password_managers_find_the_page(world: World) -> None:
    """The well-known address leads to it."""
    async with world.http() as browser:
        answer = await browser.get(".well-known/change-password")
    assert answer.status_code == 303
    assert answer.headers["location"].endswith("/account/password")
