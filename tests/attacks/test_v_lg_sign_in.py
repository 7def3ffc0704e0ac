"""V-LG: the sign-in tells nobody who exists, and nothing is reached out of order."""

from __future__ import annotations

import re

import pytest

from doorward.accounts import AccountKind
from doorward.audit import SYSTEM
from tests.support.attacks import asvs, attack
from tests.support.factories import PASSWORD, make_account
from tests.support.programs import Program, verified
from tests.support.visits import arrive, authorize, form_of, post
from tests.support.world import World

pytestmark = pytest.mark.anyio


@attack("CVE-2026-4633")
@asvs("6.3.8")
async def test_v_lg_every_failed_sign_in_looks_the_same(world: World) -> None:
    """Unknown, wrong password, disabled, staff, somebody of another organization."""
    org_id = world.org.org_id
    off = await make_account(world.services.db, "off", org_id=org_id)
    await world.services.accounts.disable(org_id, off.account_id, SYSTEM)
    await make_account(world.services.db, "staff", org_id=org_id, kind=AccountKind.SYSTEM)
    await make_account(world.services.db, "elsewhere", org_id=f"{org_id}-other")
    seen = set()
    for username, password in (
        ("nobody", PASSWORD.reveal()),
        ("anna", "wrong"),
        ("anna", PASSWORD.reveal() + " "),
        ("anna", PASSWORD.reveal().upper()),
        ("off", PASSWORD.reveal()),
        ("off", "wrong"),
        ("staff", PASSWORD.reveal()),
        ("elsewhere", PASSWORD.reveal()),
        ("anna", "x" * 5000),
    ):
        async with world.http() as browser:
            visit = await arrive(browser, world.request())
            answer = await post(
                browser, form_of(visit, "password"), username=username, password=password
            )
        text = answer.response.text.replace(username, "NAME")
        text = re.sub(r"dw_fl_[\w-]+|(?<=name=\"csrf\" value=\")[\w-]+", "", text)
        seen.add((answer.response.status_code, text))
    assert len(seen) == 1
    assert next(iter(seen))[0] == 400


@attack("CVE-2026-18963")
async def test_v_lg_no_step_can_be_left_out(world: World) -> None:
    """Every address of a flow, in any order, without a password: no code, no session."""
    steps = ("consent", "oauth2/auth/continue", "signin/accounts", "signin")
    async with world.http() as browser:
        visit = await arrive(browser, world.request())
        fields = form_of(visit, "password").fields
        flow, csrf = fields["flow"], fields["csrf"]
        for first in steps:
            for second in steps:
                for path in (first, second):
                    answer = await browser.get(path, params={"flow": flow})
                    assert "code=" not in answer.headers.get("location", "")
                    for extra in ({"decision": "allow"}, {"session": "1"}, {"username": "anna"}):
                        data = {"flow": flow, "csrf": csrf, **extra}
                        answer = await browser.post(path, data=data)
                        assert "code=" not in answer.headers.get("location", "")
        silent = await arrive(browser, world.request(prompt="none"))
    assert silent.parameters["error"] == "login_required"


async def test_v_lg_a_second_proof_is_bound_to_its_person(world: World) -> None:
    """Asked to prove again that she is Anna, the page lets somebody else in only as themselves."""
    ben = await make_account(world.services.db, "ben", org_id=world.org.org_id)
    async with world.http() as browser:
        await authorize(browser, world.request())
        world.clock.advance(seconds=1)
        visit = await arrive(browser, world.request(prompt="login"))
        form = form_of(visit, "password")
        done = await post(browser, form, username="ben", password=PASSWORD.reveal())
        assert done.path[-1] == "consent"
        assert "ben@example.org" in done.page.text
        done = await post(browser, form_of(done, "decision"), decision="allow")
    answer = await Program(world, world.web).redeem(done.parameters["code"])
    claims = await verified(world, answer.json()["id_token"])
    assert claims["sub"] == str(ben.account_id)


async def test_v_lg_a_prepared_sign_in_link_gives_its_author_nothing(world: World) -> None:
    """A flow of the attacker's browser is a dead page in the victim's."""
    async with world.http() as attacker, world.http() as victim:
        visit = await arrive(attacker, world.request(state="attacker's"))
        flow = form_of(visit, "password").fields["flow"]
        seen = await victim.get("signin", params={"flow": flow})
        assert seen.status_code == 410
        assert "password" not in seen.text
        assert "attacker" not in seen.text


@attack("CVE-2025-64484", "CVE-2025-64101")
async def test_v_lg_addresses_are_built_from_the_settings_only(world: World) -> None:
    """Whatever the request says about hosts and protocols."""
    spoofed = {
        "x-forwarded-host": "evil.example",
        "x-forwarded-proto": "https",
        "x-forwarded-for": "203.0.113.9",
        "x-forwarded-prefix": "/evil",
        "forwarded": "host=evil.example;proto=https",
        "x-original-url": "/evil",
        "x_forwarded_host": "evil.example",
    }
    async with world.http(headers=spoofed) as browser:
        visit = await authorize(browser, world.request())
        assert visit.parameters["iss"] == world.issuer
        answer = await browser.get("account/sessions")
        known = await browser.get(".well-known/openid-configuration")
    assert "evil" not in answer.text
    assert "203.0.113.9" not in answer.text
    assert "evil" not in known.text
