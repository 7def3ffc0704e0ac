"""V-LG: a passkey proves who is here, to this page, once; nothing else passes for it."""

from __future__ import annotations

import asyncio
import json
import os
from collections import Counter
from dataclasses import replace
from typing import Any

import httpx2
import pytest
from msgspec import structs

from doorward.accounts import AccountKind
from doorward.app import build_app
from doorward.audit import SYSTEM
from doorward.db import open_database
from doorward.passkeys import (
    AnswerRefused,
    Ceremony,
    PasskeyProof,
    PasskeyRefused,
    Purpose,
)
from tests.support.attacks import attack
from tests.support.authenticator import Authenticator, Lie, attest_by_certificate
from tests.support.factories import make_account
from tests.support.house import House
from tests.support.passkey_pages import Keyring, keyring_of
from tests.support.passkeys import BROWSER, FLOW, HOME, Bench, bench_of, sign_in
from tests.support.spec import spec
from tests.support.visits import arrive, form_of, go, post
from tests.support.world import World, make_services

pytestmark = pytest.mark.anyio

FIVE_MINUTES = 300


@pytest.fixture
async def bench(world: World) -> Bench:
    """Anna, with a passkey."""
    bench = bench_of(world)
    await bench.enrol()
    return bench


@pytest.fixture
async def keyring(world: World) -> Keyring:
    """The same, at pages."""
    keyring = await keyring_of(world)
    await keyring.plant()
    return keyring


@attack("CVE-2026-37982")
@spec("WebAuthn 3", "13.4.3", "an answer is good once")
async def test_v_lg_an_answer_is_good_once(keyring: Keyring) -> None:
    """Sent again in the same flow, and in the next, it opens nothing; nor does a failed one."""
    async with keyring.browser() as http:
        visit = await go(http, "signin")
        form = form_of(visit, "credential")
        options = (await keyring.options(http, visit, "signin/passkey/options")).json()
        given = keyring.device.get(options)
        assert (await post(http, form, credential=given)).path[-1] == "account"
    async with keyring.browser() as thief:
        page = await go(thief, "signin")
        seen = await post(thief, form_of(page, "credential"), credential=given)
        assert seen.response.status_code == 400
        options = (await keyring.options(thief, page, "signin/passkey/options")).json()
        wrong = keyring.device.get(options, Lie(origin="https://evil.example"))
        form = form_of(page, "credential")
        assert (await post(thief, form, credential=wrong)).response.status_code == 400
        right = keyring.device.get(options)
        assert (await post(thief, form, credential=right)).response.status_code == 400


@attack("better-auth 9993")
@spec("WebAuthn 3", "13.4.3", "of parallel uses of one challenge exactly one succeeds")
async def test_v_lg_fifty_uses_of_one_challenge_sign_in_once(keyring: Keyring) -> None:
    """On either engine: whoever was first has it, and the others see the form again."""
    async with keyring.browser() as http:
        visit = await go(http, "signin")
        form = form_of(visit, "credential")
        options = (await keyring.options(http, visit, "signin/passkey/options")).json()
        data = {**form.fields, "credential": keyring.device.get(options)}
        passkeys = keyring.world.services.passkeys
        browser, flow = await _browser_and_flow(keyring, http.cookies, form.fields["flow"])
        ceremony = Ceremony(Purpose.SIGN_IN, browser, flow)
        outcomes = await asyncio.gather(
            *(
                passkeys.verify(
                    keyring.tenant, ceremony, data["credential"], address=f"198.51.100.{number}"
                )
                for number in range(50)
            )
        )
    assert Counter(type(each) for each in outcomes) == {PasskeyProof: 1, PasskeyRefused: 49}


@attack("CVE-2026-37982")
async def test_v_lg_a_challenge_belongs_to_its_browser_flow_and_purpose(bench: Bench) -> None:
    """An answer that came from anywhere else opens nothing, and does not use it up."""
    answer = bench.device.get(await bench.ask())
    account_id = bench.account.account_id
    for elsewhere in (
        sign_in(browser_id=BROWSER + 1),
        sign_in(flow_id=FLOW + 1),
        Ceremony(Purpose.SECOND_STEP, BROWSER, FLOW),
        Ceremony(Purpose.SECOND_STEP, BROWSER, FLOW, account_id),
        Ceremony(Purpose.SIGN_IN, BROWSER, FLOW, account_id),
    ):
        assert isinstance(await bench.send(answer, elsewhere), PasskeyRefused)
    assert isinstance(await bench.send(answer), PasskeyProof)


async def test_v_lg_a_challenge_that_nobody_gave_out_is_none(bench: Bench, world: World) -> None:
    """Made up, of a row that is another's, or five minutes old."""
    options = await bench.ask()
    for made_up in (b"", bytes(32), os.urandom(32), b"\xff" * 32, os.urandom(5000)):
        answer = bench.device.get(options, Lie(challenge=made_up))
        assert isinstance(await bench.send(answer), PasskeyRefused)
    world.clock.advance(seconds=FIVE_MINUTES + 1)
    assert isinstance(await bench.send(bench.device.get(options)), PasskeyRefused)


LIES = [
    pytest.param(Lie(origin="https://evil.example"), id="another site"),
    pytest.param(Lie(origin="https://www.id.river.example"), id="below"),
    pytest.param(Lie(origin="https://river.example"), id="above"),
    pytest.param(Lie(origin="https://id.river.example.evil.example"), id="prefix"),
    pytest.param(Lie(origin="http://id.river.example"), id="no TLS"),
    pytest.param(Lie(origin="https://id.river.example:8443"), id="port"),
    pytest.param(Lie(origin="https://id.river.example/"), id="slash"),
    pytest.param(Lie(origin="HTTPS://ID.RIVER.EXAMPLE"), id="case"),
    pytest.param(Lie(origin="null"), id="no origin"),
    pytest.param(Lie(rp_id="river.example"), id="the domain above"),
    pytest.param(Lie(rp_id="evil.example"), id="another relying party"),
    pytest.param(Lie(kind="webauthn.create"), id="another ceremony"),
    pytest.param(Lie(kind="payment.get"), id="a payment"),
    pytest.param(Lie(cross_origin=True), id="a page inside another"),
    pytest.param(Lie(present=False), id="nobody touched it"),
    pytest.param(Lie(handle=b""), id="nobody's"),
    pytest.param(Lie(handle=b"\x00" * 32), id="somebody's"),
]


@spec("WebAuthn 3", "7.2", "every part of an assertion is verified")
@pytest.mark.parametrize("lie", LIES)
async def test_v_lg_every_part_of_an_answer_has_to_be_right(bench: Bench, lie: Lie) -> None:
    """One lie is enough; without it the same passkey comes in."""
    assert isinstance(await bench.prove(lie), PasskeyRefused)
    assert isinstance(await bench.prove(), PasskeyProof)


NEW_LIES = [
    *LIES[:11],
    pytest.param(Lie(kind="webauthn.get"), id="another ceremony"),
    *LIES[12:15],
]
"""The same of a new passkey; whose it is says our own page."""


@spec("WebAuthn 3", "7.1", "every part of a registration is verified")
@pytest.mark.parametrize("lie", NEW_LIES)
async def test_v_lg_every_part_of_a_new_passkey_has_to_be_right(bench: Bench, lie: Lie) -> None:
    """One lie is enough, and nothing is kept."""
    bench.device = Authenticator(HOME)
    options = await bench.passkeys.begin_enrolment(bench.tenant, bench.account, BROWSER)
    with pytest.raises(AnswerRefused):
        await bench.keep(bench.device.create(options, lie))
    assert len(await bench.passkeys.list_of_account(bench.account.org_id, 1)) == 1


async def test_v_lg_an_attestation_that_nobody_asked_for_is_not_read(bench: Bench) -> None:
    """Neither an unknown one nor a sound one of a maker; browsers leave them out."""
    bench.device = Authenticator(HOME)
    options = await bench.passkeys.begin_enrolment(bench.tenant, bench.account, BROWSER)
    statements: tuple[dict[str, Any], ...] = (
        {"fmt": "android-key", "attStmt": {"alg": -7, "sig": b"x", "x5c": [b"y"]}},
        {"fmt": "tpm", "attStmt": {"ver": "2.0"}},
        {"fmt": "x" * 100, "attStmt": {}},
        {"fmt": "none", "attStmt": {"sig": b"x"}},
    )
    for statement in statements:
        with pytest.raises(AnswerRefused):
            await bench.keep(bench.device.create(options, statement=statement))
        bench.device.credentials.clear()
    sound = attest_by_certificate(bench.device.create(options))
    with pytest.raises(AnswerRefused):
        await bench.keep(sound)


async def test_v_lg_the_challenge_of_a_new_passkey_is_one_account_s(
    bench: Bench, world: World
) -> None:
    """Another person in the same browser cannot use it, nor another browser, nor twice."""
    ben = bench_of(world, await make_account(world.services.db, "ben", org_id=world.org.org_id))
    bench.device = Authenticator(HOME)
    options = await bench.passkeys.begin_enrolment(bench.tenant, bench.account, BROWSER)
    answer = bench.device.create(options)
    with pytest.raises(AnswerRefused):
        await ben.keep(answer)
    elsewhere = Ceremony(Purpose.ENROL, BROWSER + 1, account_id=bench.account.account_id)
    with pytest.raises(AnswerRefused):
        await bench.passkeys.enrol(bench.tenant, elsewhere, answer, name="x", by=SYSTEM)
    await bench.keep(answer)
    with pytest.raises(AnswerRefused):
        await bench.keep(bench.device.create({**options, "excludeCredentials": []}))


async def test_v_lg_an_organization_s_passkey_is_unknown_at_its_neighbour(
    bench: Bench, house: House
) -> None:
    """On one shared host browsers show both: neither opens the other, under any account."""
    other = await house.new_world()
    there = bench_of(other)
    assert there.account.account_id == bench.account.account_id
    assert there.tenant.origin == bench.tenant.origin
    await there.enrol()
    assert isinstance(await there.send(bench.device.get(await there.ask())), PasskeyRefused)
    here = bench.device.get(await bench.ask())
    assert isinstance(await there.send(here), PasskeyRefused)
    theirs = there.device.credentials[-1].handle
    lie = Lie(handle=theirs)
    assert isinstance(await there.send(bench.device.get(await there.ask(), lie)), PasskeyRefused)
    # A challenge of one organization is none of the other's.
    crossed = bench.device.get({**await bench.ask(), **await there.ask()})
    assert isinstance(await bench.send(crossed), PasskeyRefused)


async def test_v_lg_a_credential_id_in_two_organizations_is_two_passkeys(
    bench: Bench, house: House
) -> None:
    """Whoever registers another's credential id elsewhere gets in as themselves only."""
    other = await house.new_world()
    there = bench_of(other)
    options = await there.passkeys.begin_enrolment(there.tenant, there.account, BROWSER)
    copied = Lie(credential_id=bench.device.credentials[-1].credential_id)
    await there.keep(there.device.create(options, copied))
    assert isinstance(await bench.prove(), PasskeyProof)
    assert isinstance(await there.prove(), PasskeyProof)
    assert isinstance(await bench.send(there.device.get(await bench.ask())), PasskeyRefused)


async def test_v_lg_another_host_s_passkey_is_refused(bench: Bench) -> None:
    """Even where device and browser were fooled: it was kept for one host."""
    elsewhere = "https://login.river.example"
    moved = structs.replace(bench.tenant, issuer=elsewhere, base="", origin=elsewhere)
    there = replace(bench, tenant=moved, device=replace(bench.device, origin=elsewhere))
    options = {**await there.ask(), "rpId": "id.river.example"}
    answer = there.device.get(options, Lie(rp_id="login.river.example"))
    assert isinstance(await there.send(answer), PasskeyRefused)


async def test_v_lg_alone_a_passkey_has_to_ask_its_user(bench: Bench) -> None:
    """Found on a table, a key without a finger or a PIN opens nothing."""
    bench.device.verifies = False
    assert isinstance(await bench.prove(), PasskeyRefused)


async def test_v_lg_a_passkey_does_not_become_another_kind(bench: Bench) -> None:
    """Whether it can be synced was said once, and never changes."""
    bench.device.syncs = False
    assert isinstance(await bench.prove(), PasskeyRefused)


async def test_v_lg_a_count_that_goes_back_is_refused_and_told(world: World) -> None:
    """Also from very high, and back to none."""
    bench = bench_of(world)
    bench.device.syncs = False
    await bench.enrol()
    assert isinstance(await bench.prove(Lie(sign_count=4_000_000_000)), PasskeyProof)
    for count in (4_000_000_000, 3_999_999_999, 1, 0):
        assert isinstance(await bench.prove(Lie(sign_count=count)), PasskeyRefused)
    events = await world.services.audit.list(world.org.org_id, None, 50, "passkey.count_went_back")
    assert len(events) == 4


@attack("CVE-2026-4633")
async def test_v_lg_every_refused_passkey_looks_the_same(keyring: Keyring) -> None:
    """Unknown, removed, wrong, of staff, of somebody disabled: one page, and no session."""
    world = keyring.world
    org_id = world.org.org_id
    off = replace(keyring, account=await make_account(world.services.db, "off", org_id=org_id))
    off.device = Authenticator(keyring.home)
    await off.plant()
    await world.services.accounts.disable(org_id, off.account.account_id, SYSTEM)
    staff = replace(
        keyring,
        account=await make_account(
            world.services.db, "sam", org_id=org_id, kind=AccountKind.SYSTEM
        ),
        device=Authenticator(keyring.home),
    )
    await staff.plant()
    seen = set()
    for ring, lie in (
        (keyring, Lie(credential_id=os.urandom(32))),
        (keyring, Lie(origin="https://evil.example")),
        (off, Lie()),
        (staff, Lie()),
    ):
        async with ring.browser() as http:
            answer = await ring.use(http, lie)
            flow = form_of(answer, "credential").fields
            text = answer.response.text
            for secret in (flow["flow"], flow["csrf"]):
                text = text.replace(secret, "")
            seen.add((answer.response.status_code, text))
    assert len(seen) == 1
    assert next(iter(seen))[0] == 400


async def test_v_lg_the_options_tell_nothing_of_anybody(keyring: Keyring) -> None:
    """They differ by the challenge alone, whoever is named in the form or by the application."""
    told = set()
    for hint in ("anna", "nobody"):
        async with keyring.browser() as http:
            visit = await arrive(http, keyring.world.request(login_hint=hint))
            options = (await keyring.options(http, visit, "signin/passkey/options")).json()
            options.pop("challenge")
            told.add(json.dumps(options, sort_keys=True))
    assert len(told) == 1


async def test_v_lg_pages_of_passkeys_want_their_own_form(keyring: Keyring) -> None:
    """A form without its token, from another site, or of another browser's flow does nothing."""
    async with keyring.browser() as http, keyring.browser() as other:
        visit = await go(http, "signin")
        form = form_of(visit, "credential")
        await go(other, "signin")
        for path in ("signin/passkey/options", "signin/passkey", "signin/passkey/offer"):
            address = f"{keyring.home}/{path}"
            bare = {**form.fields, "csrf": ""}
            assert (await http.post(address, data=bare)).status_code == 403
            strange = {"sec-fetch-site": "cross-site"}
            answer = await http.post(address, data=form.fields, headers=strange)
            assert answer.status_code == 403
            assert (await other.post(address, data=form.fields)).status_code == 410
            assert (await other.post(address, data={"flow": "x\x00"})).status_code == 400


async def test_v_lg_a_removed_passkey_is_refused_at_once_by_another_process(
    keyring: Keyring, house: House
) -> None:
    """Nothing about passkeys is remembered beside the database."""
    db = await open_database(house.url, clock=house.clock, pool_size=2)
    services = make_services(db, house.clock)
    there = replace(keyring, world=replace(keyring.world, services=services))
    there.world = replace(there.world, app=build_app(services))
    try:
        async with there.browser() as http:
            assert (await there.use(http)).path[-1] == "account"
        async with there.browser() as http:
            page = await go(http, "signin")
            options = (await there.options(http, page, "signin/passkey/options")).json()
            whose = keyring.world.org.org_id, keyring.account.account_id
            (kept,) = await keyring.world.services.passkeys.list_of_account(*whose)
            await keyring.world.services.passkeys.remove(
                keyring.tenant, whose[1], kept.passkey_id, SYSTEM
            )
            answer = there.device.get(options)
            seen = await post(http, form_of(page, "credential"), credential=answer)
            assert seen.response.status_code == 400
    finally:
        await asyncio.wait_for(db.close(), 10)


async def _browser_and_flow(
    keyring: Keyring, cookies: httpx2.Cookies, handle: str
) -> tuple[int, int]:
    """The rows that a browser's cookie and a page's flow stand for."""
    services = keyring.world.services
    name = f"dw-{keyring.world.org.org_id}"
    cookie = cookies.get(name)
    browser = await services.sessions.find_browser(keyring.world.org, cookie)
    flow = await services.sessions.get_flow(keyring.world.org.org_id, browser, handle)
    assert browser is not None
    return browser.browser_id, flow.flow_id
