"""A person's own password and address: what is asked for, who is told, and the way back."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import httpx2
import pytest

from doorward.accounts import Account, AccountChange, AccountKind, SignInRefused
from doorward.audit import SYSTEM
from doorward.crypto import Secret
from doorward.orgs import Tenant
from doorward.recovery import AddressTaken, Asker, LinkGone, Purpose
from tests.support.factories import PASSWORD, make_account
from tests.support.post import Post, code_in, link_in
from tests.support.visits import Visit, authorize, form_of, go, post
from tests.support.world import World

pytestmark = pytest.mark.anyio

OLD, NEW = PASSWORD.reveal(), "lantern pebble orchard"


async def signed_in(world: World, post_of: Post, http: httpx2.AsyncClient) -> None:
    """Anna is signed in, and what that caused is read."""
    await authorize(http, world.request())
    await post_of.arrived()


async def anna(world: World) -> Account:
    """Her account now."""
    return await world.services.accounts.get(world.org.org_id, world.person.account_id)


async def change_address(http: httpx2.AsyncClient, address: str) -> Visit:
    """Ask for another address."""
    form = form_of(await go(http, "account/email"), "email")
    return await post(http, form, email=address)


async def test_a_password_is_changed_and_this_sign_in_goes_on(world: World, post_of: Post) -> None:
    """Under another cookie; the others end, and the person is told."""
    async with world.http() as browser, world.http() as elsewhere:
        await signed_in(world, post_of, browser)
        await signed_in(world, post_of, elsewhere)
        before = dict(browser.cookies)
        world.clock.advance(seconds=60)
        form = form_of(await go(browser, "account/password"), "current")
        done = await post(browser, form, current=OLD, password=NEW, again=NEW)
        assert "Your password is changed." in done.page.text
        assert dict(browser.cookies) != before
        assert (await go(browser, "account")).path[-1] == "account"
        assert (await go(elsewhere, "account")).path[-1] == "signin"
        letter = await post_of.only()
        assert letter.template == "password_changed"
        assert letter.links[0] == f"{world.issuer}/forgot"


async def test_other_sign_ins_may_stay(world: World, post_of: Post) -> None:
    """Where the box is emptied."""
    async with world.http() as browser, world.http() as elsewhere:
        await signed_in(world, post_of, browser)
        await signed_in(world, post_of, elsewhere)
        world.clock.advance(seconds=60)
        form = form_of(await go(browser, "account/password"), "current")
        await post(browser, form, current=OLD, password=NEW, again=NEW, others="")
        assert (await go(elsewhere, "account")).path[-1] == "account"


@pytest.mark.parametrize(
    ("current", "password", "again", "says"),
    [
        ("not it at all", NEW, NEW, "not your current password"),
        ("", NEW, NEW, "not your current password"),
        (OLD, NEW, "another one", "not the same"),
        (OLD, "password123", "password123", "easy to guess"),
        (OLD, "anna's orchard lantern", "anna's orchard lantern", "your name"),
    ],
)
async def test_what_is_wrong_is_said(
    world: World, post_of: Post, current: str, password: str, again: str, says: str
) -> None:
    """Nothing is changed by it."""
    async with world.http() as browser:
        await signed_in(world, post_of, browser)
        form = form_of(await go(browser, "account/password"), "current")
        wrong = await post(browser, form, current=current, password=password, again=again)
    assert wrong.response.status_code == 422
    assert says in wrong.page.text
    assert await post_of.arrived() == []


async def test_an_address_changes_when_the_new_one_confirms_it(world: World, post_of: Post) -> None:
    """The old one is told, with a way back; a user name that is the address changes along."""
    services, org_id = world.services, world.org.org_id
    named = AccountChange(username="anna@example.org")
    await services.accounts.update(org_id, world.person.account_id, named, SYSTEM)
    async with world.http() as browser, world.http() as anywhere:
        await authorize(browser, world.request(), username="anna@example.org")
        await post_of.arrived()
        asked = await change_address(browser, "anna@new.example")
        assert "We have written to" in asked.page.text
        assert (await anna(world)).email == "anna@example.org"
        letter = await post_of.only()
        assert (letter.template, letter.address) == ("email_confirm", "anna@new.example")
        opened = await go(anywhere, link_in(letter))
        assert (await anna(world)).email == "anna@example.org"
        done = await post(anywhere, form_of(opened, "code"))
        assert "confirmed" in done.page.text
        after = await anna(world)
        assert (after.email, after.username) == ("anna@new.example", "anna@new.example")
        assert after.email_verified
        told = await post_of.only()
        assert (told.template, told.address) == ("email_changed", "anna@example.org")
        assert "anna@new.example" in told.text
        world.clock.advance(seconds=6 * 86_400)
        back = await go(anywhere, link_in(told))
        undone = await post(anywhere, form_of(back, "code"))
        assert "anna@example.org" in undone.page.text.replace("\u200b", "")
        restored = await anna(world)
        assert (restored.email, restored.username) == ("anna@example.org", "anna@example.org")
        assert (await go(browser, "account")).path[-1] == "signin"
        assert (await post_of.only()).template == "email_restored"


async def test_the_code_confirms_too_and_a_change_can_be_cancelled(
    world: World, post_of: Post
) -> None:
    """On the page where it was asked for."""
    async with world.http() as browser:
        await signed_in(world, post_of, browser)
        await change_address(browser, "anna@new.example")
        letter = await post_of.only()
        page = await go(browser, "account/email")
        early = await post(browser, form_of(page, "code"), part="resend")
        assert early.response.status_code == 422
        wrong = await post(browser, form_of(page, "code"), part="code", code="00000000")
        assert "not right" in wrong.page.text
        cancelled = await post(browser, form_of(page, "code"), part="cancel")
        assert "cancelled" in cancelled.page.text
        assert (await go(browser, link_in(letter))).response.status_code == 410
        await change_address(browser, "anna@new.example")
        code = code_in(await post_of.only())
        page = await go(browser, "account/email")
        done = await post(browser, form_of(page, "code"), part="code", code=code)
        assert "Your email address is confirmed" in done.page.text
    assert (await anna(world)).email == "anna@new.example"


async def test_an_address_is_proved_by_its_letter(world: World, post_of: Post) -> None:
    """One that staff entered."""
    await world.services.accounts.update(
        world.org.org_id, world.person.account_id, AccountChange(email_verified=False), SYSTEM
    )
    async with world.http() as browser:
        await signed_in(world, post_of, browser)
        page = await go(browser, "account/email")
        assert "not confirmed yet" in page.page.text
        await post(browser, form_of(page, "part"), part="verify")
        letter = await post_of.only()
        assert letter.template == "email_verify"
        opened = await go(browser, link_in(letter))
        assert not (await anna(world)).email_verified
        await post(browser, form_of(opened, "code"))
        assert (await anna(world)).email_verified


async def test_a_change_wants_a_recent_proof(world: World, post_of: Post) -> None:
    """Whoever finds a browser signed in signs in anew; what was typed is still there."""
    async with world.http() as browser:
        await signed_in(world, post_of, browser)
        form = form_of(await go(browser, "account/email"), "email")
        world.clock.advance(seconds=660)
        asked = await post(browser, form, email="anna@new.example")
        assert asked.path[-1] == "signin"
        assert await post_of.arrived() == []
        back = await post(browser, form_of(asked, "password"), password=OLD)
        assert back.path[-1] == "account/email"
        again = form_of(back, "email")
        assert again.fields["email"] == "anna@new.example"
        await post(browser, again)
        assert (await post_of.only()).address == "anna@new.example"


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("anna", "name@example.org"),
        ("ANNA@example.org", "have already"),
        ("a@" + "x" * 400, "name@example.org"),
    ],
)
async def test_a_change_that_cannot_be_is_refused(
    world: World, post_of: Post, address: str, says: str
) -> None:
    """Beside its field, and no letter is written."""
    async with world.http() as browser:
        await signed_in(world, post_of, browser)
        wrong = await change_address(browser, address)
    assert wrong.response.status_code == 422
    assert says in wrong.page.text
    assert await post_of.arrived() == []


async def test_an_address_of_somebody_else_is_told_to_them_alone(
    world: World, post_of: Post
) -> None:
    """The page says the same as for any other."""
    await make_account(world.services.db, "bo", org_id=world.org.org_id)
    seen = set()
    async with world.http() as browser:
        await signed_in(world, post_of, browser)
        for address in ("free@example.org", "bo@example.org"):
            answer = await change_address(browser, address)
            seen.add(answer.page.text.replace("\u200b", "").replace(address, "ADDRESS"))
        letters = await post_of.arrived()
    assert len(seen) == 1
    assert [each.template for each in letters] == ["email_confirm", "email_in_use"]


def _tenant(world: World) -> Tenant:
    return Tenant(world.org, world.issuer, "/o/x", "http://127.0.0.1:8400")


async def test_of_fifty_confirmations_at_once_one_counts(world: World, post_of: Post) -> None:
    """Whatever they are of: the same link, or fifty changes asked for in the same moment."""
    addresses, tenant = world.services.recovery.addresses, _tenant(world)
    asker = Asker(by=SYSTEM, locale="en")
    links = []
    for number in range(4):
        wanted = f"anna{number}@new.example"
        await addresses.ask_to_change(tenant, world.person.account_id, wanted, asker)
        (letter,) = await post_of.arrived()
        links.append(letter.links[0].partition("code=")[2])

    async def confirm(link: str) -> str | None:
        try:
            after = await addresses.confirm(tenant, Purpose.CHANGE, link, SYSTEM)
        except LinkGone:
            return None
        return after.email

    tries = [confirm(links[number % 4]) for number in range(50)]
    done = [each for each in await asyncio.gather(*tries) if each is not None]
    assert done == ["anna3@new.example"]
    assert (await anna(world)).email == "anna3@new.example"
    assert [each.template for each in await post_of.arrived()] == ["email_changed"]


async def test_fifty_people_cannot_take_one_address(world: World, post_of: Post) -> None:
    """Each of them confirmed that it is theirs; one has it afterwards."""
    services, tenant = world.services, _tenant(world)
    asker = Asker(by=SYSTEM, locale="en")
    links = []
    for number in range(10):
        person = await make_account(services.db, f"p{number}", org_id=world.org.org_id)
        world.clock.advance(seconds=3600)
        await services.recovery.addresses.ask_to_change(
            tenant, person.account_id, "wanted@new.example", asker
        )
        links.append((await post_of.only()).links[0].partition("code=")[2])

    async def confirm(link: str) -> bool:
        try:
            await services.recovery.addresses.confirm(tenant, Purpose.CHANGE, link, SYSTEM)
        except (AddressTaken, LinkGone):
            return False
        return True

    won = await asyncio.gather(*(confirm(links[number % 10]) for number in range(50)))
    assert sum(won) == 1


async def test_a_thief_cannot_keep_the_owner_from_taking_it_back(
    world: World, post_of: Post
) -> None:
    """Two changes and a new password later, the first way back still works, and theirs does not."""
    services, tenant, person = world.services, _tenant(world), world.person.account_id
    addresses, asker = services.recovery.addresses, Asker(by=SYSTEM, locale="en")

    async def become(address: str) -> str:
        await addresses.ask_to_change(tenant, person, address, asker)
        link = (await post_of.only()).links[0].partition("code=")[2]
        await addresses.confirm(tenant, Purpose.CHANGE, link, SYSTEM)
        return (await post_of.only()).links[0].partition("code=")[2]

    owners = await become("thief@one.example")
    thiefs = await become("thief@two.example")
    world.clock.advance(seconds=60)
    await services.accounts.set_password(tenant.org_id, person, Secret(NEW), SYSTEM)
    restored = await addresses.undo(tenant, owners, SYSTEM)
    assert restored.email == "anna@example.org"
    with pytest.raises(LinkGone):
        await addresses.undo(tenant, thiefs, SYSTEM)
    with pytest.raises(LinkGone):
        await addresses.undo(tenant, owners, SYSTEM)


async def test_old_sign_ins_and_passwords_are_worth_nothing_after_it(
    world: World, post_of: Post
) -> None:
    """The password that the person changed here lets nobody in any more."""
    async with world.http() as browser:
        await signed_in(world, post_of, browser)
        form = form_of(await go(browser, "account/password"), "current")
        await post(browser, form, current=OLD, password=NEW, again=NEW)
    outcome = await world.services.accounts.verify_password(
        world.org.org_id, AccountKind.CONSTITUENT, "anna", PASSWORD
    )
    assert isinstance(outcome, SignInRefused)
    assert replace(await anna(world), name=None).password_changed_at == world.clock.now
