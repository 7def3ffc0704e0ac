"""V-LG: what hangs on a letter tells nobody who exists, and opens nothing to anybody else."""

from __future__ import annotations

import asyncio
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from doorward.accounts import AccountChange, AccountKind, NewAccount, SignInRefused
from doorward.audit import SYSTEM
from doorward.crypto import Secret
from doorward.orgs import Policy, Tenant
from doorward.recovery import LinkGone, NewPassword
from tests.support.attacks import asvs, attack
from tests.support.factories import PASSWORD, make_account
from tests.support.house import House, mail_house
from tests.support.post import Post, link_in
from tests.support.second_steps import phone_of
from tests.support.visits import form_of, go, post
from tests.support.world import World

__all__ = ["mail_house"]

pytestmark = pytest.mark.anyio

NEW = "lantern pebble orchard"
SPOOFED = {
    "x-forwarded-host": "evil.example",
    "x-forwarded-proto": "https",
    "x-forwarded-prefix": "/evil",
    "forwarded": "host=evil.example;proto=https",
    "x-original-url": "/evil",
    "x_forwarded_host": "evil.example",
}


@pytest.fixture
async def world(mail_house: House) -> World:
    """An organization with mail where people may sign up."""
    return await mail_house.new_world(Policy(sign_up=True))


@pytest.fixture
def letters(mail_house: House, world: World) -> Post:
    """Its letters."""
    return Post.of(mail_house, world)


async def everybody(world: World) -> dict[str, str]:
    """An address of each kind of person, by what is particular about them."""
    accounts, org_id = world.services.accounts, world.org.org_id
    off = await make_account(world.services.db, "off", org_id=org_id)
    await accounts.disable(org_id, off.account_id, SYSTEM)
    shy = await make_account(world.services.db, "shy", org_id=org_id)
    await accounts.update(org_id, shy.account_id, AccountChange(email_verified=False), SYSTEM)
    await make_account(world.services.db, "staff", org_id=org_id, kind=AccountKind.SYSTEM)
    await make_account(world.services.db, "far", org_id=f"{org_id}-other")
    new = NewAccount(
        org_id=org_id, kind=AccountKind.CONSTITUENT, username="imported", email="im@example.org"
    )
    await accounts.create(new, SYSTEM)
    return {
        "unknown": "nobody@example.org",
        "known": "anna@example.org",
        "disabled": "off@example.org",
        "unverified": "shy@example.org",
        "without a password": "im@example.org",
        "staff": "staff@example.org",
        "elsewhere": "far@example.org",
    }


def _plain(text: str, address: str) -> str:
    text = text.replace("<wbr>", "").replace(address, "ADDRESS")
    return re.sub(r"dw_fl_[\w-]+|(?<=name=\"csrf\" value=\")[\w-]+", "", text)


@attack("CVE-2026-4633")
@attack("CVE-2026-4633")
@asvs("6.3.8")
async def test_v_lg_asking_for_a_letter_tells_nobody_who_exists(
    world: World, letters: Post
) -> None:
    """Status, body, headers, work and the number of letters are the same for everybody."""
    people, db = await everybody(world), world.services.db
    for path, typed in (
        ("forgot", {}),
        ("signup", {"name": "Bo Lindqvist", "password": NEW}),
    ):
        seen, work, templates = set(), set(), {}
        for who, address in people.items():
            async with world.http() as browser:
                form = form_of(await go(browser, path), "email")
                data = {**form.fields, "email": address, **typed}
                before = db.statements_run
                answer = await browser.post(form.action, data=data)
                work.add(db.statements_run - before)
                after = await go(browser, answer.headers["location"])
            names = tuple(sorted(name for name in answer.headers if name != "x-request-id"))
            place = re.sub(r"flow=[\w-]+", "", answer.headers["location"])
            seen.add((answer.status_code, place, names, _plain(after.response.text, address)))
            letter = await letters.only()
            assert letter.address == address
            templates[who] = letter.template
        assert len(seen) == 1
        assert len(work) == 1
        assert len(set(templates.values())) > 1, templates


@attack("CVE-2025-64101")
@attack("CVE-2025-64101", "CVE-2025-64484")
async def test_v_lg_links_are_built_from_the_settings_only(world: World, letters: Post) -> None:
    """Whatever the request says about hosts and protocols."""
    async with world.http() as browser:
        await post(
            browser, form_of(await go(browser, "forgot"), "email"), email="anna@example.org",
            headers=SPOOFED,
        )  # fmt: skip
        await post(
            browser,
            form_of(await go(browser, "signup"), "email"),
            headers=SPOOFED,
            email="bo@example.net",
            name="Bo",
            password=NEW,
        )
        # At the shared address another Host is no organization's, and nothing is sent.
        form = form_of(await go(browser, "forgot"), "email")
        await browser.post(form.action, data=form.fields, headers={"host": "evil.example"})
    arrived = await letters.arrived()
    assert len(arrived) == 2
    for letter in arrived:
        assert all(each.startswith(f"{world.issuer}/") for each in letter.links)
        assert "evil" not in letter.text + letter.html


@attack("CVE-2022-39263")
@attack("CVE-2022-39263")
async def test_v_lg_a_wrong_link_with_the_right_address_changes_nothing(
    world: World, letters: Post
) -> None:
    """The link alone says whose account it is; what the form says besides is not read."""
    await make_account(world.services.db, "bo", org_id=world.org.org_id)
    async with world.http() as browser:
        await post(browser, form_of(await go(browser, "forgot"), "email"), email="bo@example.org")
        link = link_in(await letters.only())
        form = form_of(await go(browser, link), "password")
        typed = {"password": NEW, "again": NEW}
        tampered = form.fields["code"][:-4] + "AAAA"
        wrong = await browser.post(
            form.action, data={**form.fields, **typed, "code": tampered, "email": "bo@example.org"}
        )
        assert wrong.status_code == 410
        extra = {"email": "anna@example.org", "username": "anna", "account_id": "1"}
        await browser.post(form.action, data={**form.fields, **typed, **extra})
    assert isinstance(await _verify(world, "anna", NEW), SignInRefused)
    assert not isinstance(await _verify(world, "bo", NEW), SignInRefused)


async def _verify(world: World, name: str, password: str) -> object:
    return await world.services.accounts.verify_password(
        world.org.org_id, AccountKind.CONSTITUENT, name, Secret(password)
    )


@attack("CVE-2026-37982", "better-auth 9993")
@attack("CVE-2026-37982")
async def test_v_lg_of_fifty_uses_of_a_link_one_counts(world: World, letters: Post) -> None:
    """Whoever was first; the password is theirs, and nobody else's."""
    async with world.http() as browser:
        await post(browser, form_of(await go(browser, "forgot"), "email"), email="anna@example.org")
    link = (await letters.only()).links[0].partition("code=")[2]
    tenant = Tenant(world.org, world.issuer, "/o/x", "http://127.0.0.1:8400")
    passwords = world.services.recovery.passwords

    async def use(number: int) -> str | None:
        chosen = f"{NEW} number {number}"
        try:
            await passwords.reset(tenant, link, NewPassword(Secret(chosen)), SYSTEM)
        except LinkGone:
            return None
        return chosen

    won = [each for each in await asyncio.gather(*(use(n) for n in range(50))) if each]
    assert len(won) == 1
    assert not isinstance(await _verify(world, "anna", won[0]), SignInRefused)
    assert [each.template for each in await letters.arrived()] == ["password_changed"]


@attack("CVE-2026-1529")
@attack("CVE-2026-1529")
async def test_v_lg_a_tampered_invitation_lets_nobody_in(world: World) -> None:
    """Every letter of it counts."""
    new = NewAccount(
        org_id=world.org.org_id,
        kind=AccountKind.CONSTITUENT,
        username="bo",
        email="bo@example.net",
    )
    _, link = await world.services.invitations.invite(new, SYSTEM)
    code = link.reveal()
    async with world.http() as browser:
        opened = await go(browser, f"invitation?code={code}")
        form = form_of(opened, "password")
        for place in range(6, len(code), 7):
            other = "A" if code[place] != "A" else "B"
            bad = code[:place] + other + code[place + 1 :]
            assert (await go(browser, f"invitation?code={bad}")).response.status_code == 410
            data = {**form.fields, "code": bad, "password": NEW, "again": NEW}
            assert (await browser.post(form.action, data=data)).status_code == 410
        weak = await post(browser, form, password="password1", again="password1")
        assert weak.response.status_code == 422
        assert "easy to guess" in weak.page.text


STEPS: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("GET", "signup/sent", {}),
    ("POST", "signup/sent", {"part": "code", "code": "00000000"}),
    ("POST", "signup/sent", {"part": "resend"}),
    ("GET", "signup/confirm", {}),
    ("POST", "signup/confirm", {"password": NEW}),
    ("GET", "forgot/sent", {}),
    ("GET", "reset", {}),
    ("POST", "reset", {"password": NEW, "again": NEW, "others": "yes"}),
    ("GET", "reset/done", {}),
    ("POST", "email/verify", {}),
    ("POST", "email/confirm", {}),
    ("POST", "email/undo", {}),
    ("POST", "account/password", {"password": NEW, "again": NEW, "current": NEW}),
    ("POST", "account/email", {"part": "change", "email": "evil@example.net"}),
    ("POST", "account/email", {"part": "code", "for": "change", "code": "00000000"}),
    ("GET", "account", {}),
    ("GET", "signin/second", {}),
    ("POST", "signin/second", {"code": "000000"}),
)
CODES = ("", "dw_al_" + "A" * 48, "dw_iv_" + "A" * 48, "waiting")


@attack("CVE-2026-18963")
@attack("CVE-2026-18963")
@pytest.mark.parametrize("path", ["forgot", "signup"])
async def test_v_lg_no_step_is_reached_without_the_letter(
    world: World, letters: Post, path: str
) -> None:
    """Whatever is sent in whatever order by whoever began, but has not read the letter.

    No password is set, no address changed, no account made, nobody signed in.
    """
    typed = {"email": "anna@example.org"} if path == "forgot" else {"email": "bo@example.net"}
    more = {} if path == "forgot" else {"name": "Bo", "password": NEW}
    async with world.http() as browser:
        form = form_of(await go(browser, path), "email")
        await post(browser, form, headers=None, **typed, **more)
        csrf = form.fields["csrf"]
        steps = st.lists(
            st.tuples(st.sampled_from(STEPS), st.sampled_from(CODES)), min_size=1, max_size=12
        )
        orders: list[list[tuple[tuple[str, str, dict[str, str]], str]]] = []

        @settings(max_examples=25, database=None, suppress_health_check=list(HealthCheck))
        @given(steps)
        def collect(order: list[tuple[tuple[str, str, dict[str, str]], str]]) -> None:
            orders.append(order)

        collect()
        for order in orders:
            for (method, address, data), code in order:
                answer = await browser.request(
                    method,
                    address,
                    params={"code": code} if method == "GET" else None,
                    data={"csrf": csrf, "code": code, **data} if method == "POST" else None,
                )
                assert answer.status_code < 500
                assert "/account?done=welcome" not in answer.headers.get("location", "")
        assert (await go(browser, "account")).path[-1] == "signin"
    kept = await world.services.accounts.get(world.org.org_id, world.person.account_id)
    assert kept == world.person
    found = await world.services.accounts.find_by_login(
        world.org.org_id, AccountKind.CONSTITUENT, "bo@example.net"
    )
    assert found is None
    assert not isinstance(await _verify(world, "anna", PASSWORD.reveal()), SignInRefused)


async def test_v_lg_letters_are_braked_by_address(world: World, letters: Post) -> None:
    """Nobody's mailbox is filled, and who is asked about does not matter."""
    for address in ("anna@example.org", "nobody@example.org"):
        statuses = []
        for _ in range(7):
            async with world.http() as browser:
                form = form_of(await go(browser, "forgot"), "email")
                answer = await browser.post(form.action, data={**form.fields, "email": address})
                statuses.append(answer.status_code)
        assert statuses == [303] * 5 + [429] * 2
        assert len(await letters.arrived()) == 5


async def test_v_lg_a_new_password_does_not_pass_the_second_step(
    world: World, letters: Post
) -> None:
    """Whoever reads somebody's mail has the password afterwards, and not the session."""
    phone = await phone_of(world)
    await letters.arrived()
    async with world.http() as browser:
        await post(browser, form_of(await go(browser, "forgot"), "email"), email="anna@example.org")
        world.clock.advance(seconds=60)
        form = form_of(await go(browser, link_in(await letters.only())), "password")
        done = await post(browser, form, password=NEW, again=NEW)
        assert done.path[-1] == "reset/done"
        asked = await go(browser, "account")
        assert asked.path[-1] == "signin"
        second = await post(browser, form_of(asked, "password"), username="anna", password=NEW)
        assert second.path[-1] == "signin/second"
        assert (await go(browser, "account")).path[-1] != "account"
        inside = await post(browser, form_of(second, "code"), code=phone.next_code())
        assert inside.path[-1] == "account"
