"""Fifty at once: what works once works once, and what follows from it follows every time."""

from __future__ import annotations

import asyncio
from collections import Counter

import httpx2
import pytest
from sqlalchemy import func, select

from doorward.audit import SYSTEM
from doorward.db import statement
from doorward.orgs import Policy
from doorward.tokens.store import families, refresh_tokens
from tests.support.attacks import asvs, attack
from tests.support.factories import PASSWORD
from tests.support.house import House
from tests.support.old_site import register_site
from tests.support.programs import Program, error_of, get_code, get_tokens, verified
from tests.support.spec import spec
from tests.support.visits import arrive, authorize, form_of
from tests.support.world import World

pytestmark = pytest.mark.anyio

FIFTY = 50
_TIPS = statement(
    select(func.count())
    .select_from(refresh_tokens.join(families, families.c.id == refresh_tokens.c.family_id))
    .where(refresh_tokens.c.rotated_at.is_(None), families.c.revoked_at.is_(None))
)


async def live_tips(world: World) -> int:
    """How many refresh tokens of the whole database could still be used."""
    row = await world.services.db.one(_TIPS)
    assert row is not None
    return int(row[0])


def statuses(answers: list[httpx2.Response]) -> Counter[int]:
    """How often each status came."""
    return Counter(answer.status_code for answer in answers)


@attack("GHSA-7w99-5wm4-3g79", "better-auth 9993")
@spec("RFC 9700", "4.13", "of parallel redemptions of a code exactly one succeeds")
async def test_v_co_fifty_redemptions_of_one_code_buy_once(world: World) -> None:
    """One success, and the other forty-nine, being replays, have ended what it bought."""
    program = Program(world, world.web)
    code = await get_code(world)
    answers = await asyncio.gather(*(program.redeem(code) for _ in range(FIFTY)))
    assert statuses(list(answers)) == {200: 1, 400: FIFTY - 1}
    bought = next(answer.json() for answer in answers if answer.status_code == 200)
    assert {error_of(a) for a in answers if a.status_code != 200} == {"invalid_grant"}
    assert not await program.is_active(bought["access_token"])
    assert error_of(await program.refresh(bought["refresh_token"])) == "invalid_grant"
    replays = await world.services.audit.list(world.org.org_id, None, 50, "code.replayed")
    assert len(replays) == 1


@attack("better-auth 10150", "CVE-2026-26232")
@asvs("10.4.2")
async def test_v_co_a_later_replay_ends_what_was_bought(world: World) -> None:
    """Also what was refreshed since."""
    program = Program(world, world.web)
    code = await get_code(world)
    bought = (await program.redeem(code)).json()
    fresh = (await program.refresh(bought["refresh_token"])).json()
    assert await program.is_active(fresh["access_token"])
    answers = await asyncio.gather(*(program.redeem(code) for _ in range(FIFTY)))
    assert statuses(list(answers)) == {400: FIFTY}
    for token in (bought["access_token"], fresh["access_token"], fresh["refresh_token"]):
        assert not await program.is_active(token)


async def test_v_co_fifty_redemptions_at_the_dialect_identify_once(house: House) -> None:
    """At the organization's address and at the root, by a code that only names an account."""
    world = await house.new_world()
    site = await register_site(world)
    code = await site.get_code()
    answers = await asyncio.gather(*(site.redeem(code, n % 2 == 0) for n in range(FIFTY)))
    assert statuses(list(answers)) == {200: 1, 400: FIFTY - 1}
    assert {error_of(a) for a in answers if a.status_code != 200} == {"invalid_request"}


@attack("CVE-2026-1035")
@spec("RFC 9700", "4.14.2", "parallel refreshes leave one live token of the family")
async def test_v_rt_fifty_refreshes_of_one_token_leave_one_tip(world: World) -> None:
    """With a grace everybody gets the one new pair."""
    program = Program(world, world.web)
    before = await live_tips(world)
    token = (await get_tokens(world))["refresh_token"]
    answers = await asyncio.gather(*(program.refresh(token) for _ in range(FIFTY)))
    assert statuses(list(answers)) == {200: FIFTY}
    pairs = {(a.json()["access_token"], a.json()["refresh_token"]) for a in answers}
    assert len(pairs) == 1
    assert await live_tips(world) == before + 1
    (pair,) = pairs
    assert await program.is_active(pair[0])
    assert (await program.refresh(pair[1])).status_code == 200


async def test_v_rt_without_a_grace_at_most_one_refresh_succeeds(house: House) -> None:
    """The others are reuse, and end the family."""
    world = await house.new_world(Policy(refresh_grace_s=0))
    program = Program(world, world.web)
    before = await live_tips(world)
    token = (await get_tokens(world))["refresh_token"]
    answers = await asyncio.gather(*(program.refresh(token) for _ in range(FIFTY)))
    assert statuses(list(answers)) == {200: 1, 400: FIFTY - 1}
    assert await live_tips(world) == before


async def test_v_rt_a_chain_of_refreshes_beside_replays_never_forks(world: World) -> None:
    """Whoever presents older tokens meanwhile ends the family; nobody gets a second branch."""
    program = Program(world, world.web)
    before = await live_tips(world)
    first = (await get_tokens(world))["refresh_token"]
    second = (await program.refresh(first)).json()["refresh_token"]
    answers = await asyncio.gather(
        *(program.refresh(second) for _ in range(10)), *(program.refresh(first) for _ in range(10))
    )
    tips = {a.json()["refresh_token"] for a in answers if a.status_code == 200}
    assert len(tips - {second}) <= 1
    assert await live_tips(world) <= before + 1


@attack("keycloak 51312")
@spec("RFC 7009", "2", "a revocation wins against refreshes at the same time")
async def test_v_rt_a_revocation_beside_refreshes_ends_revoked(world: World) -> None:
    """Whoever comes first: afterwards nothing lives."""
    program = Program(world, world.web)
    before = await live_tips(world)
    for position in (0, 3, 7, 10):
        tokens = await get_tokens(world)
        work = [program.refresh(tokens["refresh_token"]) for _ in range(10)]
        work.insert(position, program.revoke(tokens["refresh_token"]))
        answers = await asyncio.gather(*work)
        assert {a.status_code for a in answers} <= {200, 400}
        assert answers[position].status_code == 200
        held = [tokens["access_token"], tokens["refresh_token"]]
        for answer in answers:
            if answer.status_code == 200 and answer.content:
                held += [answer.json()["access_token"], answer.json()["refresh_token"]]
        for token in held:
            assert not await program.is_active(token)
        assert await live_tips(world) == before


async def test_v_rt_a_withdrawal_beside_everything_leaves_nothing_alive(world: World) -> None:
    """A code is redeemed, tokens are refreshed, and consent is withdrawn, all at once."""
    program, consents = Program(world, world.web), world.services.consents
    who = (world.org.org_id, world.person.account_id, world.web.client_id)
    before = await live_tips(world)
    for position in range(5):
        tokens = await get_tokens(world)
        code = await get_code(world)
        consent = await consents.find(*who)
        assert consent is not None
        work = [
            program.redeem(code),
            program.refresh(tokens["refresh_token"]),
            program.redeem(code),
            program.refresh(tokens["refresh_token"]),
        ]
        earlier = [asyncio.ensure_future(each) for each in work[:position]]
        ending = asyncio.ensure_future(consents.withdraw(who[0], consent.consent_id, SYSTEM))
        later = [asyncio.ensure_future(each) for each in work[position:]]
        answers = await asyncio.gather(*earlier, *later)
        await ending
        held = [tokens["access_token"], tokens["refresh_token"]]
        for answer in answers:
            if answer.status_code == 200:
                held += [answer.json()["access_token"], answer.json()["refresh_token"]]
        for token in held:
            assert not await program.is_active(token)
        assert error_of(await program.redeem(code)) == "invalid_grant"
        assert await live_tips(world) == before


async def test_a_withdrawal_beside_a_silent_request_is_not_undone(world: World) -> None:
    """Nobody was asked, so nothing is granted again."""
    program, consents = Program(world, world.web), world.services.consents
    who = (world.org.org_id, world.person.account_id, world.web.client_id)
    async with world.http() as browser:
        for position in range(6):
            await authorize(browser, world.request())
            consent = await consents.find(*who)
            assert consent is not None
            jobs = [arrive(browser, world.request(prompt="none")) for _ in range(5)]
            earlier = [asyncio.ensure_future(each) for each in jobs[:position]]
            ending = asyncio.ensure_future(consents.withdraw(who[0], consent.consent_id, SYSTEM))
            later = [asyncio.ensure_future(each) for each in jobs[position:]]
            visits = await asyncio.gather(*earlier, *later)
            await ending
            assert await consents.find(*who) is None
            for visit in visits:
                code = visit.parameters.get("code")
                if code is None:
                    assert visit.parameters["error"] == "consent_required"
                else:
                    assert error_of(await program.redeem(code)) == "invalid_grant"


@attack("better-auth 9993")
async def test_v_cs_a_consent_form_sent_many_times_answers_once(world: World) -> None:
    """A double click gets one code; the others see that the page was used."""
    async with world.http() as browser:
        await authorize(browser, world.request(scope="openid"))
        form = form_of(await arrive(browser, world.request()), "decision")
        data = {**form.fields, "decision": "allow"}
        answers = await asyncio.gather(*(browser.post(form.action, data=data) for _ in range(20)))
        assert statuses(list(answers)) == {303: 1, 410: 19}
        form = form_of(await arrive(browser, world.request(prompt="consent")), "decision")
        allow, deny = {**form.fields, "decision": "allow"}, {**form.fields, "decision": "deny"}
        answers = await asyncio.gather(
            *(browser.post(form.action, data=data) for data in (allow, deny) * 5)
        )
    assert statuses(list(answers)) == {303: 1, 410: 9}


async def test_two_tabs_that_allow_at_once_share_one_consent(world: World) -> None:
    """The first consent is one row with both tabs' scopes, and both codes are good."""
    program = Program(world, world.web)
    who = (world.org.org_id, world.person.account_id, world.web.client_id)
    asked = ("openid", "openid profile", "openid email", "openid offline_access")
    async with world.http() as browser:
        other = await world.register("Other")
        await authorize(browser, world.request(client_id=other.client_id))
        forms = [
            form_of(await arrive(browser, world.request(scope=scope)), "decision")
            for scope in asked
        ]
        answers = await asyncio.gather(
            *(browser.post(f.action, data={**f.fields, "decision": "allow"}) for f in forms)
        )
    assert statuses(list(answers)) == {303: 4}
    consent = await world.services.consents.find(*who)
    assert consent is not None
    assert set(consent.scopes) == {"openid", "profile", "email", "offline_access"}
    for answer in answers:
        code = httpx2.URL(answer.headers["location"]).params["code"]
        assert (await program.redeem(code)).status_code == 200


async def test_tabs_that_widen_one_consent_at_once_all_count(world: World) -> None:
    """No tab's scopes are lost because another one wrote in between."""
    who = (world.org.org_id, world.person.account_id, world.web.client_id)
    async with world.http() as browser:
        await authorize(browser, world.request(scope="openid"))
        forms = [
            form_of(await arrive(browser, world.request(scope=f"openid {scope}")), "decision")
            for scope in ("profile", "email", "offline_access")
        ]
        await asyncio.gather(
            *(browser.post(f.action, data={**f.fields, "decision": "allow"}) for f in forms)
        )
    consent = await world.services.consents.find(*who)
    assert consent is not None
    assert set(consent.scopes) == {"openid", "profile", "email", "offline_access"}


async def test_a_sign_in_form_sent_many_times_signs_in_once(world: World) -> None:
    """Whichever answer the browser keeps, the person is signed in, in one session."""
    async with world.http() as browser:
        form = form_of(await arrive(browser, world.request()), "password")
        data = {**form.fields, "username": "anna", "password": PASSWORD.reveal()}
        answers = await asyncio.gather(*(browser.post(form.action, data=data) for _ in range(10)))
        assert {a.status_code for a in answers} <= {303, 410}
        assert any(a.status_code == 303 for a in answers)
    live = await world.services.sessions.list_live(world.org, world.person.account_id)
    assert len(live) == 1


async def test_keys_that_rotate_under_load_refuse_no_token(world: World) -> None:
    """Every ID token verifies by the keys published before and after."""
    program = Program(world, world.web)
    world.clock.advance(seconds=2 * 86_400)
    tokens = [await get_tokens(world) for _ in range(5)]
    answers, _ = await asyncio.gather(
        asyncio.gather(*(program.refresh(each["refresh_token"]) for each in tokens * 4)),
        world.services.keys.rotate(world.org.org_id, "RS256", SYSTEM),
    )
    for answer in answers:
        claims = await verified(world, answer.json()["id_token"])
        assert claims["sub"] == str(world.person.account_id)
