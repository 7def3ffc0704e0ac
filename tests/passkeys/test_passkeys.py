"""Passkeys as the room keeps them: adding, signing in, naming, removing, offering."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from doorward.accounts import AccountKind, NewAccount
from doorward.audit import SYSTEM
from doorward.db import Sweeper
from doorward.passkeys import (
    MOST_PASSKEYS,
    OFFER_AGAIN_AFTER,
    AnswerRefused,
    BadPasskeyName,
    Ceremony,
    LastWayIn,
    NoPasskeysHere,
    PasskeyProof,
    PasskeyRefused,
    PasskeyTaken,
    Purpose,
    TooManyPasskeys,
    UnknownPasskey,
    find_relying_party,
    remove_expired,
)
from tests.support.authenticator import Algorithm, Authenticator, Lie, unb64
from tests.support.factories import make_account
from tests.support.passkeys import BROWSER, FLOW, HOME, Bench, bench_of, tenant_at
from tests.support.world import World

pytestmark = pytest.mark.anyio

ALGORITHMS: tuple[Algorithm, ...] = ("ES256", "EdDSA", "RS256")
PIXEL = bytes.fromhex("ea9b8d664d011d213ce4b6b48cb575d4")


@pytest.fixture
def bench(world: World) -> Bench:
    """Anna's browser and device."""
    return bench_of(world)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
async def test_a_passkey_signs_in_and_nothing_else_is_needed(
    bench: Bench, algorithm: Algorithm
) -> None:
    """With each kind of key that is asked for; the proof says who, and how it was proved."""
    bench.device.algorithm = algorithm
    kept = await bench.enrol()
    proof = await bench.prove()
    assert isinstance(proof, PasskeyProof)
    assert proof.account.account_id == bench.account.account_id
    assert proof.passkey.passkey_id == kept.passkey_id
    assert proof.methods == ("swk", "user")


async def test_a_page_asks_for_what_was_decided(bench: Bench, world: World) -> None:
    """Kept on the device, no attestation, three algorithms, and no passkey twice on one device."""
    kept = await bench.enrol()
    options: Any = await bench.passkeys.begin_enrolment(bench.tenant, bench.account, BROWSER)
    assert options["rp"] == {"id": "id.river.example", "name": world.org.name}
    assert options["attestation"] == "none"
    assert options["authenticatorSelection"]["residentKey"] == "required"
    assert [each["alg"] for each in options["pubKeyCredParams"]] == [-7, -257, -8]
    assert [unb64(each["id"]) for each in options["excludeCredentials"]] == [kept.credential_id]
    assert options["timeout"] == 300_000
    handle = unb64(options["user"]["id"])
    assert len(handle) == 32
    again: Any = await bench.passkeys.begin_enrolment(bench.tenant, bench.account, BROWSER)
    assert again["user"] == options["user"]
    assert again["challenge"] != options["challenge"]


async def test_the_sign_in_page_names_no_passkey(bench: Bench) -> None:
    """Whoever asks learns nothing about who has one; the device must ask its user."""
    await bench.enrol()
    options = await bench.ask()
    assert options["allowCredentials"] == []
    assert options["userVerification"] == "required"
    second = Ceremony(Purpose.SECOND_STEP, BROWSER, FLOW, bench.account.account_id)
    options = await bench.ask(second)
    assert len(options["allowCredentials"]) == 1
    assert options["userVerification"] == "preferred"


async def test_as_second_step_the_device_need_not_ask_its_user(bench: Bench) -> None:
    """A security key without a PIN is enough beside a password, and not without one."""
    bench.device = Authenticator(HOME, verifies=False, syncs=False)
    kept = await bench.enrol()
    assert not kept.user_verified
    assert isinstance(await bench.prove(), PasskeyRefused)
    second = Ceremony(Purpose.SECOND_STEP, BROWSER, FLOW, bench.account.account_id)
    proof = await bench.send(bench.device.get(await bench.ask(second)), second)
    assert isinstance(proof, PasskeyProof)
    assert proof.methods == ("hwk",)


async def test_a_second_step_is_its_own_person_s(bench: Bench, world: World) -> None:
    """Another person's passkey does not complete it."""
    ben = bench_of(world, await make_account(world.services.db, "ben", org_id=world.org.org_id))
    await bench.enrol()
    await ben.enrol()
    second = Ceremony(Purpose.SECOND_STEP, BROWSER, FLOW, bench.account.account_id)
    options = {**await bench.ask(second), "allowCredentials": []}
    assert isinstance(await bench.send(ben.device.get(options), second), PasskeyRefused)


async def test_what_is_shown_of_a_passkey_is_kept(bench: Bench, world: World) -> None:
    """Where it lives, whether it syncs, when it was made and used."""
    kept = await bench.enrol()
    assert (kept.backup_eligible, kept.backed_up, kept.used_at) == (True, True, None)
    assert kept.transports == ("hybrid", "internal")
    assert kept.rp_id == "id.river.example"
    world.clock.advance(seconds=60)
    await bench.prove()
    (shown,) = await bench.passkeys.list_of_account(*_whose(bench))
    assert shown == replace(kept, used_at=world.clock())


async def test_a_known_keeper_gives_its_name_and_others_take_the_browser_s(bench: Bench) -> None:
    """The make is a hint for people, and nothing else."""
    bench.device.aaguid = PIXEL
    assert (await bench.enrol("Chrome on Android")).name == "Google Password Manager"
    bench.device = Authenticator(HOME, aaguid=bytes(15) + b"\x01")
    assert (await bench.enrol("Chrome on Android")).name == "Chrome on Android"


async def test_a_device_that_counts_has_to_count_up(bench: Bench, world: World) -> None:
    """A copy that was used is found out by the next use of the original, and the other way."""
    bench.device.syncs = False
    await bench.enrol()
    thief = bench.device.copy()
    assert isinstance(await bench.prove(), PasskeyProof)
    answer = thief.get(await bench.ask())
    assert isinstance(await bench.send(answer), PasskeyRefused)
    (kept,) = await bench.passkeys.list_of_account(*_whose(bench))
    assert kept.sign_count == 1
    assert (await _recorded(world))[-1] == "passkey.count_went_back"


async def test_twenty_are_enough(bench: Bench) -> None:
    """The next one is refused before the device makes it, and also after."""
    options = await bench.passkeys.begin_enrolment(bench.tenant, bench.account, BROWSER)
    early = Authenticator(HOME).create(options)
    for _ in range(MOST_PASSKEYS):
        bench.device = Authenticator(HOME)
        await bench.enrol()
    with pytest.raises(TooManyPasskeys):
        await bench.passkeys.begin_enrolment(bench.tenant, bench.account, BROWSER)
    with pytest.raises(TooManyPasskeys):
        await bench.keep(early)


async def test_one_passkey_is_one_account_s(bench: Bench, world: World) -> None:
    """A device that claims another's credential id gets nothing by it."""
    kept = await bench.enrol()
    ben = bench_of(world, await make_account(world.services.db, "ben", org_id=world.org.org_id))
    options = await ben.passkeys.begin_enrolment(ben.tenant, ben.account, BROWSER)
    answer = ben.device.create(options, Lie(credential_id=kept.credential_id))
    with pytest.raises(PasskeyTaken):
        await ben.keep(answer)


async def test_a_passkey_is_renamed_by_its_owner_alone(bench: Bench, world: World) -> None:
    """To one line of text."""
    kept = await bench.enrol()
    await bench.passkeys.rename(*_whose(bench), kept.passkey_id, "  鍵 ", bench.actor)
    (shown,) = await bench.passkeys.list_of_account(*_whose(bench))
    assert shown.name == "鍵"
    for bad in ("", " ", "x" * 61, "a\nb", "a\u202eb", "a\x00b"):
        with pytest.raises(BadPasskeyName):
            await bench.passkeys.rename(*_whose(bench), kept.passkey_id, bad, bench.actor)
    ben = await make_account(world.services.db, "ben", org_id=world.org.org_id)
    with pytest.raises(UnknownPasskey):
        await bench.passkeys.rename(
            world.org.org_id, ben.account_id, kept.passkey_id, "mine", bench.actor
        )


async def test_a_removed_passkey_opens_nothing(bench: Bench, world: World) -> None:
    """At once, and for its owner alone to do."""
    kept = await bench.enrol()
    ben = await make_account(world.services.db, "ben", org_id=world.org.org_id)
    with pytest.raises(UnknownPasskey):
        await bench.passkeys.remove(bench.tenant, ben.account_id, kept.passkey_id, bench.actor)
    answer = bench.device.get(await bench.ask())
    account_id = bench.account.account_id
    await bench.passkeys.remove(bench.tenant, account_id, kept.passkey_id, bench.actor)
    assert isinstance(await bench.send(answer), PasskeyRefused)
    with pytest.raises(UnknownPasskey):
        await bench.passkeys.remove(bench.tenant, account_id, kept.passkey_id, bench.actor)
    assert (await _recorded(world))[-1] == "passkey.removed"


async def test_the_last_way_in_stays(world: World) -> None:
    """Who has no password keeps a passkey, unless staff take it."""
    new = NewAccount(org_id=world.org.org_id, kind=AccountKind.CONSTITUENT, username="keyless")
    account = await world.services.accounts.create(new, SYSTEM)
    bench = bench_of(world, account)
    first = await bench.enrol()
    bench.device = Authenticator(HOME)
    second = await bench.enrol()
    whose = bench.tenant, account.account_id
    await bench.passkeys.remove(*whose, first.passkey_id, bench.actor)
    with pytest.raises(LastWayIn):
        await bench.passkeys.remove(*whose, second.passkey_id, bench.actor)
    await bench.passkeys.remove(*whose, second.passkey_id, SYSTEM, keeps_way_in=False)
    assert await bench.passkeys.list_of_account(*_whose(bench)) == []


async def test_an_offer_is_made_once_in_thirty_days(bench: Bench, world: World) -> None:
    """To who has none here, and not after a no; a no does not change who they are to browsers."""
    before: Any = await bench.passkeys.begin_enrolment(bench.tenant, bench.account, BROWSER)
    assert await bench.passkeys.may_offer(bench.tenant, bench.account)
    await bench.passkeys.put_off(*_whose(bench))
    assert not await bench.passkeys.may_offer(bench.tenant, bench.account)
    after: Any = await bench.passkeys.begin_enrolment(bench.tenant, bench.account, BROWSER)
    assert after["user"] == before["user"]
    world.clock.advance(seconds=OFFER_AGAIN_AFTER // 1_000_000)
    assert await bench.passkeys.may_offer(bench.tenant, bench.account)
    await bench.enrol()
    assert not await bench.passkeys.may_offer(bench.tenant, bench.account)


async def test_a_passkey_works_at_the_host_that_it_was_made_at(bench: Bench, world: World) -> None:
    """An organization's other hosts are other relying parties: they exclude and offer apart."""
    await bench.enrol()
    elsewhere = replace(
        bench,
        tenant=tenant_at(world.org, "https://login.river.example"),
        device=Authenticator("https://login.river.example"),
    )
    assert await bench.passkeys.has_any(bench.tenant, bench.account.account_id)
    assert not await bench.passkeys.has_any(elsewhere.tenant, bench.account.account_id)
    assert await bench.passkeys.may_offer(elsewhere.tenant, bench.account)
    await elsewhere.enrol()
    assert isinstance(await elsewhere.prove(), PasskeyProof)
    assert isinstance(await bench.prove(), PasskeyProof)


@pytest.mark.parametrize(
    ("base_url", "expected"),
    [
        ("https://id.example.org", ("id.example.org", "https://id.example.org")),
        ("https://ID.example.org:443", ("id.example.org", "https://id.example.org")),
        ("https://id.example.org:8443", ("id.example.org", "https://id.example.org:8443")),
        ("http://localhost:8400", ("localhost", "http://localhost:8400")),
        ("http://river.localhost", ("river.localhost", "http://river.localhost")),
        ("http://127.0.0.1:8400", None),
        ("https://192.0.2.7", None),
        ("https://[2001:db8::1]", None),
        ("http://id.example.org", None),
        ("http://localhost.example.org", None),
    ],
)
async def test_browsers_keep_passkeys_for_names_and_with_tls(
    world: World, base_url: str, expected: tuple[str, str] | None
) -> None:
    """And for this machine's own name without it."""
    party = find_relying_party(tenant_at(world.org, base_url))
    assert (party and (party.rp_id, party.origin)) == expected


async def test_where_there_are_none_nobody_is_asked(bench: Bench, world: World) -> None:
    """Every ceremony is refused, and none is offered."""
    tenant = tenant_at(world.org, "http://127.0.0.1:8400")
    here = replace(bench, tenant=tenant)
    with pytest.raises(NoPasskeysHere):
        await here.enrol()
    with pytest.raises(NoPasskeysHere):
        await here.ask()
    with pytest.raises(NoPasskeysHere):
        await here.send("{}")
    assert not await here.passkeys.may_offer(tenant, bench.account)
    assert not await here.passkeys.has_any(tenant, bench.account.account_id)


async def test_challenges_go_when_they_are_over(bench: Bench, world: World) -> None:
    """Nothing is left of those that nobody answered."""
    options = await bench.passkeys.begin_enrolment(bench.tenant, bench.account, BROWSER)
    world.clock.advance(seconds=301)
    assert await remove_expired(Sweeper(world.services.db), world.clock()) >= 1
    with pytest.raises(AnswerRefused):
        await bench.keep(bench.device.create(options))


async def _recorded(world: World) -> list[str]:
    """What was done in the organization, the oldest first."""
    events = await world.services.audit.list(world.org.org_id, None, 50)
    return [each.event.action for each in reversed(events)]


def _whose(bench: Bench) -> tuple[str, int]:
    return bench.account.org_id, bench.account.account_id
