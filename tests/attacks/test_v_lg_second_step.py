"""V-LG: the second step is not guessed, replayed, skipped, or finished by somebody else."""

from __future__ import annotations

import asyncio
from itertools import product

import httpx2
import pytest

from doorward.http import session_cookie_name
from tests.support.attacks import attack
from tests.support.factories import PASSWORD, make_account
from tests.support.second_steps import Phone, phone_of, read_key
from tests.support.spec import spec
from tests.support.visits import Visit, arrive, form_of, go, post
from tests.support.world import World

pytestmark = pytest.mark.anyio


async def at_the_code(browser: httpx2.AsyncClient, world: World, username: str = "anna") -> Visit:
    """The page that asks for the code, after a right password."""
    visit = await arrive(browser, world.request())
    form = form_of(visit, "password")
    return await post(browser, form, username=username, password=PASSWORD.reveal())


def is_in(visit: Visit) -> bool:
    """Whether this answer let somebody in."""
    return "consent" in visit.path or "code=" in visit.response.headers.get("location", "")


@spec("OWASP ASVS 5.0", "6.5.1", "a code of the second step is accepted once")
async def test_v_lg_a_code_that_was_seen_opens_nothing(world: World) -> None:
    """Read over somebody's shoulder, and sent by another browser that knows the password."""
    phone = await phone_of(world)
    async with world.http() as victim, world.http() as attacker:
        mine, theirs = await at_the_code(victim, world), await at_the_code(attacker, world)
        code = phone.next_code()
        assert is_in(await post(victim, form_of(mine, "code"), code=code))
        assert not is_in(await post(attacker, form_of(theirs, "code"), code=code))
        assert not is_in(await post(attacker, form_of(theirs, "code"), code=phone.code(-1)))


@attack("better-auth 9993")
async def test_v_lg_one_code_sent_by_many_at_once_lets_one_in(world: World) -> None:
    """Eight browsers, one code."""
    phone = await phone_of(world)
    browsers = [world.http() for _ in range(8)]
    pages = [await at_the_code(each, world) for each in browsers]
    code = phone.next_code()
    answers = await asyncio.gather(
        *(
            post(each, form_of(page, "code"), code=code)
            for each, page in zip(browsers, pages, strict=True)
        )
    )
    for each in browsers:
        await each.aclose()
    assert [is_in(each) for each in answers].count(True) == 1


@attack("CVE-2019-5421")
async def test_v_lg_codes_are_not_guessed(world: World) -> None:
    """Two hundred at once: the limit is tried; then the page says to wait, to the owner too."""
    phone = await phone_of(world)
    async with world.http() as browser:
        page = await at_the_code(browser, world)
        form = form_of(page, "code")
        world.clock.advance(seconds=30)
        near = {phone.code(steps) for steps in (-1, 0, 1)}
        guesses = [text for text in (f"{n:06}" for n in range(210)) if text not in near][:200]

        async def guess(text: str) -> int:
            answer = await browser.post(form.action, data={**form.fields, "code": text})
            return answer.status_code

        seen = await asyncio.gather(*(guess(text) for text in guesses))
        assert seen.count(400) == 10
        assert seen.count(429) == 190
        right = await browser.post(form.action, data={**form.fields, "code": phone.code()})
        assert right.status_code == 429
        assert int(right.headers["retry-after"]) > 0


async def test_v_lg_recovery_codes_are_not_guessed_nor_used_twice(world: World) -> None:
    """Under a brake of their own, and one code lets one browser in."""
    phone = await phone_of(world)
    browsers = [world.http() for _ in range(4)]
    pages = [await at_the_code(each, world) for each in browsers]
    answers = await asyncio.gather(
        *(
            post(each, form_of(page, "code"), way="code", code=phone.codes[0])
            for each, page in zip(browsers, pages, strict=True)
        )
    )
    assert sorted(each.response.status_code for each in answers) == [200, 400, 400, 400]
    for each in browsers:
        await each.aclose()
    world.clock.advance(seconds=86_400 * 2)
    async with world.http() as browser:
        form = form_of(await at_the_code(browser, world), "code")
        data = {**form.fields, "way": "code", "code": "x" * 16}
        seen = [(await browser.post(form.action, data=data)).status_code for _ in range(8)]
    assert seen == [400] * 5 + [429] * 3


STEPS = ("signin/second", "signin/second/setup", "oauth2/auth/continue", "consent", "signin")
EXTRAS = (
    {"code": "000000"},
    {"code": "000000", "way": "code"},
    {"code": "000000", "way": "passkey"},
    {"code": ""},
    {"decision": "allow"},
    {"session": "1"},
)


@attack("CVE-2026-18963")
@pytest.mark.parametrize("proven", [False, True])
async def test_v_lg_no_step_is_reached_out_of_order(world: World, proven: bool) -> None:
    """Every address of a flow in every order, with the password and without: nobody is in."""
    await phone_of(world)
    async with world.http() as browser:
        visit = await arrive(browser, world.request())
        form = form_of(visit, "password")
        if proven:
            visit = await post(browser, form, username="anna", password=PASSWORD.reveal())
            form = form_of(visit, "code")
        keys = {name: form.fields[name] for name in ("flow", "csrf")}
        for first, second in product(STEPS, STEPS):
            for path in (first, second):
                answer = await browser.get(path, params={"flow": keys["flow"]})
                assert "code=" not in answer.headers.get("location", "")
                assert "JBSW" not in answer.text
            for extra in EXTRAS:
                answer = await browser.post(second, data={**keys, **extra})
                assert answer.status_code < 500
                assert "code=" not in answer.headers.get("location", "")
        assert (await go(browser, "account")).path[-1] == "signin"
        assert (await arrive(browser, world.request(prompt="none"))).parameters["error"] == (
            "login_required"
        )


async def test_v_lg_without_a_password_no_app_is_set_up(world: World) -> None:
    """Nor with one for an account that has an app already."""
    async with world.http() as browser:
        visit = await arrive(browser, world.request())
        fields = form_of(visit, "password").fields
        for path in ("signin/second/setup", "signin/second"):
            answer = await browser.get(path, params={"flow": fields["flow"]})
            assert answer.headers["location"].startswith(f"/o/{world.org.org_id}/signin?flow=")
        await phone_of(world)
        visit = await post(
            browser, form_of(visit, "password"), username="anna", password=PASSWORD.reveal()
        )
        setup = await browser.get("signin/second/setup", params={"flow": fields["flow"]})
        assert setup.status_code == 303
        assert "/signin/second?" in setup.headers["location"]
        keys = {name: form_of(visit, "code").fields[name] for name in ("flow", "csrf")}
        answer = await browser.post("signin/second/setup", data={**keys, "code": "123456"})
        assert answer.status_code == 303


async def test_v_lg_a_step_belongs_to_the_browser_of_the_first(world: World) -> None:
    """The flow is a dead page elsewhere, and the cookie of before the password is worth nothing."""
    phone = await phone_of(world)
    name = session_cookie_name(world.org.org_id, https=False)
    async with world.http() as victim, world.http() as attacker:
        before = await arrive(victim, world.request())
        planted = victim.cookies[name]
        form = form_of(before, "password")
        page = await post(victim, form, username="anna", password=PASSWORD.reveal())
        code_form = form_of(page, "code")
        seen = await attacker.get("signin/second", params={"flow": code_form.fields["flow"]})
        assert seen.status_code == 410
        assert "anna" not in seen.text
        attacker.cookies.set(name, planted, domain="127.0.0.1")
        data = {**code_form.fields, "code": phone.next_code()}
        refused = await attacker.post("signin/second", data=data)
        assert refused.status_code == 410
        after_password = victim.cookies[name]
        assert after_password != planted
        assert is_in(await post(victim, code_form, code=phone.code()))
        assert victim.cookies[name] not in {planted, after_password}
        attacker.cookies.set(name, after_password, domain="127.0.0.1")
        assert (await go(attacker, "account")).path[-1] == "signin"


async def test_v_lg_another_password_between_the_steps_needs_its_own_code(world: World) -> None:
    """Ben's password after Anna's, in another tab: Anna's code does not let Ben in, nor Anna."""
    anna = await phone_of(world)
    account = await make_account(world.services.db, "ben", org_id=world.org.org_id)
    ben = await phone_of(world, account)
    async with world.http() as browser:
        first = await arrive(browser, world.request())
        page = await post(
            browser, form_of(first, "password"), username="anna", password=PASSWORD.reveal()
        )
        code_form = form_of(page, "code")
        again = await go(browser, first.page.url)
        await post(browser, form_of(again, "password"), username="ben", password=PASSWORD.reveal())
        world.clock.advance(seconds=30)
        assert not is_in(await post(browser, code_form, code=anna.code()))
        done = await post(browser, code_form, code=ben.code())
        assert is_in(done)
        assert "ben@example.org" in done.page.text


async def test_v_lg_a_proof_of_the_password_does_not_last(world: World) -> None:
    """Ten minutes; and it ends with the password, and with the account."""
    phone = await phone_of(world)
    use, org_id = world.services, world.org.org_id
    by = phone.by
    async with world.http() as browser:
        page = await at_the_code(browser, world)
        world.clock.advance(seconds=601)
        late = await post(browser, form_of(page, "code"), code=phone.code())
        assert late.path[-1] == "signin"
        page = await at_the_code(browser, world)
        world.clock.advance(seconds=30)
        await use.accounts.set_password(org_id, world.person.account_id, PASSWORD, by)
        changed = await post(browser, form_of(page, "code"), code=phone.code())
        assert changed.path[-1] == "signin"
        page = await at_the_code(browser, world)
        world.clock.advance(seconds=30)
        await use.accounts.disable(org_id, world.person.account_id, by)
        closed = await post(browser, form_of(page, "code"), code=phone.code())
        assert closed.path[-1] == "signin"


async def test_v_lg_a_key_that_somebody_else_began_is_not_taken_over(world: World) -> None:
    """Who knows the password begins a setup; the owner gets a key that only they have seen."""
    two = world.request(acr_values="urn:doorward:acr:2")
    pages = []
    async with world.http() as attacker, world.http() as owner:
        for browser in (attacker, owner):
            form = form_of(await arrive(browser, two), "password")
            pages.append(await post(browser, form, username="anna", password=PASSWORD.reveal()))
        planted, own = (read_key(page) for page in pages)
        assert planted != own
        phone = Phone(world, world.person, key=own)
        shown = await post(owner, form_of(pages[1], "code"), code=phone.code())
        assert shown.response.status_code == 200
    assert await phone.factors.is_set_up(*phone.whose)


async def test_v_lg_what_is_sent_as_recovery_codes_is_not_sent_back(world: World) -> None:
    """The file holds codes and nothing else that a form of somebody's says."""
    phone = await phone_of(world)
    async with world.http() as browser:
        page = await at_the_code(browser, world)
        await post(browser, form_of(page, "code"), code=phone.next_code())
        home = await go(browser, "account/two-step")
        csrf = form_of(home, "part").fields["csrf"]
        evil = "<script>alert(1)</script> =cmd|calc " + phone.codes[0]
        answer = await browser.post("account/two-step/codes", data={"csrf": csrf, "codes": evil})
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        assert phone.codes[0] in answer.text
        assert "script" not in answer.text
        assert "cmd" not in answer.text
        forged = await browser.post("account/two-step/codes", data={"codes": evil})
        assert forged.status_code == 403


async def test_v_lg_the_password_alone_makes_no_old_second_step_new(world: World) -> None:
    """A sign-in that somebody took over, and the password: the phone is asked for all the same."""
    phone = await phone_of(world)
    async with world.http() as browser:
        page = await at_the_code(browser, world)
        await post(browser, form_of(page, "code"), code=phone.next_code())
        form = form_of(await go(browser, "account/password"), "current")
        world.clock.advance(seconds=601)
        new, old = "another password that is long", PASSWORD.reveal()
        refused = await post(browser, form, current=old, password=new, again=new)
        assert refused.path[-1] == "signin"
        assert (await go(browser, "account/password")).path[-1] == "signin"
        assert (await go(browser, "account/two-step/app")).path[-1] == "signin"
