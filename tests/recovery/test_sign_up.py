"""Signing up: nothing is kept before the letter's link is used, and nobody else can use it."""

from __future__ import annotations

import re
from dataclasses import replace

import httpx2
import pytest

from doorward.accounts import Account, AccountKind, NewAccount
from doorward.audit import SYSTEM
from doorward.db import statement
from doorward.orgs import OrganizationChange
from doorward.recovery.store import action_links
from tests.support.post import Post, code_in, link_in
from tests.support.programs import Program, verified
from tests.support.visits import Visit, arrive, form_of, go, post
from tests.support.world import World

pytestmark = pytest.mark.anyio

PASSWORD = "lantern pebble orchard"
BO = {"email": "bo@example.net", "name": "Bo Lindqvist", "password": PASSWORD}
PERSON = AccountKind.CONSTITUENT


async def sign_up(http: httpx2.AsyncClient, **typed: str) -> Visit:
    """Fill in the form and send it."""
    form = form_of(await go(http, "signup"), "email")
    return await post(http, form, headers=None, **{**BO, **typed})


_ALL_LINKS = statement(action_links.select())


async def find(world: World, address: str = "bo@example.net") -> Account | None:
    """The account with this address."""
    return await world.services.accounts.find_by_login(world.org.org_id, PERSON, address)


async def _set_policy(world: World, **rules: object) -> World:
    """The organization with other rules."""
    policy = replace(world.org.policy, **rules)  # type: ignore[arg-type]
    change = OrganizationChange(policy=policy)
    org = await world.services.organizations.update(world.org.org_id, change, SYSTEM)
    return replace(world, org=org)


async def _make(world: World, address: str) -> Account:
    new = NewAccount(
        org_id=world.org.org_id, kind=PERSON, username=address, email=address, name="Bo"
    )
    return await world.services.accounts.create(new, SYSTEM)


async def test_a_sign_up_is_confirmed_by_its_link_and_goes_on_in_its_flow(
    world: World, post_of: Post
) -> None:
    """From the application to the form, the letter, and back to the application."""
    async with world.http() as browser:
        asked = await arrive(browser, world.request(prompt="create"))
        assert asked.path[-1] == "signup"
        sent = await post(browser, form_of(asked, "email"), headers=None, **BO)
        assert sent.path[-1] == "signup/sent"
        assert "bo@example.net" in sent.page.text.replace("\u200b", "")
        assert await find(world) is None
        letter = await post_of.only()
        assert letter.template == "sign_up_confirm"
        assert letter.links[0].startswith(f"{world.issuer}/signup/confirm?code=dw_al_")
        opened = await go(browser, link_in(letter))
        assert await find(world) is None
        assert opened.page.form_with("password") is None
        entered = await post(browser, form_of(opened, "code"))
        assert entered.path[-1] == "consent"
        done = await post(browser, form_of(entered, "decision"), decision="allow")
    answer = await Program(world, world.web).redeem(done.parameters["code"])
    claims = await verified(world, answer.json()["id_token"])
    account = await find(world)
    assert account is not None
    assert claims["sub"] == account.subject
    assert account.email_verified


async def test_the_code_of_the_letter_does_the_same(world: World, post_of: Post) -> None:
    """In the browser that began, in whichever width, and five wrong ones close it."""
    async with world.http() as browser:
        sent = await sign_up(browser)
        code = code_in(await post_of.only())
        wrong = await post(browser, form_of(sent, "code"), code="0000 0000", part="code")
        assert wrong.response.status_code == 422
        assert "The code is not right" in wrong.page.text
        wide = "".join(chr(ord(c) + 0xFEE0) if c.isdigit() else "\u3000" for c in code)
        done = await post(browser, form_of(wrong, "code"), code=wide, part="code")
        assert done.path[-1] == "account"
        assert "Your account is ready" in done.page.text
    async with world.http() as another:
        sent = await sign_up(another, email="cy@example.net")
        letter = await post_of.only()
        for _ in range(5):
            await post(another, form_of(sent, "code"), code="1234 5678", part="code")
        late = await post(another, form_of(sent, "code"), code=code_in(letter), part="code")
        assert late.response.status_code == 422
        assert (await go(another, link_in(letter))).response.status_code == 200


async def test_another_browser_has_to_know_the_password(world: World, post_of: Post) -> None:
    """A letter that reaches somebody else opens no account of which a stranger has the password."""
    async with world.http() as stranger, world.http() as owner:
        await sign_up(stranger)
        link = link_in(await post_of.only())
        opened = await go(owner, link)
        without = {k: v for k, v in form_of(opened, "password").fields.items() if k != "password"}
        refused = await owner.post("signup/confirm", data=without)
        assert refused.status_code == 422
        wrong = await post(owner, form_of(opened, "password"), password="something else")
        assert wrong.response.status_code == 422
        assert await find(world) is None
        right = await post(owner, form_of(opened, "password"), password=PASSWORD)
        assert right.path[-1] == "account"
        assert await find(world) is not None


async def test_a_link_works_once_and_a_newer_one_ends_it(world: World, post_of: Post) -> None:
    """Another letter is sent after a minute, not before."""
    async with world.http() as browser:
        sent = await sign_up(browser)
        first = link_in(await post_of.only())
        early = await post(browser, form_of(sent, "part"), part="resend")
        assert early.response.status_code == 429
        world.clock.advance(seconds=61)
        again = await post(browser, sent.page.forms[-1], part="resend")
        assert "Another letter is on its way" in again.page.text
        second = link_in(await post_of.only())
        assert (await go(browser, first)).response.status_code == 410
        opened = await go(browser, second)
        await post(browser, form_of(opened, "code"))
        assert (await post(browser, form_of(opened, "code"))).response.status_code == 410
        assert (await go(browser, second)).response.status_code == 410


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"name": ""}, "Write your name"),
        ({"name": "a\nb"}, "one line"),
        ({"name": "x" * 201}, "one line"),
        ({"email": ""}, "name@example.org"),
        ({"email": "bo"}, "name@example.org"),
        ({"email": "b@" + "x" * 5000}, "name@example.org"),
        ({"password": ""}, "8 to 256"),
        ({"password": "x" * 257}, "8 to 256"),
        ({"password": "password1"}, "easy to guess"),
        ({"password": "lindqvist orchard lantern"}, "your name"),
        ({"password": "river trust orchard"}, "your name"),
        ({"password": "bo@example.net!"}, "your name"),
    ],
)
async def test_what_cannot_be_kept_is_said_beside_its_field(
    world: World, post_of: Post, typed: dict[str, str], says: str
) -> None:
    """What was typed stays, but for the password, and no letter is written."""
    async with world.http() as browser:
        answer = await sign_up(browser, **typed)
    assert answer.response.status_code == 422
    assert answer.page.title.startswith("Error: ")
    assert says in answer.page.text
    assert PASSWORD not in answer.response.text
    assert await post_of.arrived() == []


async def test_nobody_signs_up_where_it_is_not_allowed(world: World, post_of: Post) -> None:
    """Off by default; on, for domains that the organization names."""
    closed = await _set_policy(world, sign_up=False)
    async with closed.http() as browser:
        page = await go(browser, "signup")
        assert page.response.status_code == 403
        signin = await go(browser, "signin")
        assert not any("/signup" in each for each in signin.page.links)
        refused = await arrive(browser, closed.request(prompt="create"))
        assert refused.parameters["error"] == "invalid_request"
    narrow = await _set_policy(world, sign_up=True, sign_up_domains=("River.Example",))
    async with narrow.http() as browser:
        answer = await sign_up(browser)
        assert "river.example" in answer.page.text
        assert answer.response.status_code == 422
        kept = await sign_up(browser, email="bo@RIVER.example")
        assert kept.path[-1] == "signup/sent"
    assert [each.address for each in await post_of.arrived()] == ["bo@RIVER.example"]


async def test_a_policy_turned_off_ends_what_waits(world: World, post_of: Post) -> None:
    """A link from before makes no account afterwards."""
    async with world.http() as browser:
        await sign_up(browser)
        opened = await go(browser, link_in(await post_of.only()))
        await _set_policy(world, sign_up=False)
        late = await post(browser, form_of(opened, "code"))
    assert late.response.status_code == 410
    assert await find(world) is None


async def test_an_address_that_was_given_away_meanwhile_is_not_taken(
    world: World, post_of: Post
) -> None:
    """Staff made an account with it while the letter was on its way."""
    async with world.http() as browser:
        await sign_up(browser)
        opened = await go(browser, link_in(await post_of.only()))
        await _make(world, "bo@example.net")
        late = await post(browser, form_of(opened, "code"))
    assert late.response.status_code == 410


async def test_a_link_says_nothing_about_its_row(world: World, post_of: Post) -> None:
    """Neither the link, the code nor the password is in the database as it was typed."""
    async with world.http() as browser:
        await sign_up(browser)
    letter = await post_of.only()
    rows = await world.services.db.all(_ALL_LINKS)
    kept = repr(rows)
    assert re.search(r"bo@example\.net", kept)
    for secret in (link_in(letter).partition("code=")[2][:40], code_in(letter), PASSWORD):
        assert secret not in kept
        assert secret.replace(" ", "") not in kept
