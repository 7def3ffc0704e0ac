"""Regenerating and rotating API keys, and the networks that they may be used from."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from doorward.apikeys import (
    MAX_LIVE_KEYS,
    MAX_NETWORKS,
    AlreadyReplaced,
    ApiKeys,
    ApiSessions,
    BadApiKey,
    BadApiSession,
    BadGrace,
    BadNetworks,
    NotStaff,
    TooManyKeys,
    UnknownApiKey,
)
from doorward.audit import SYSTEM, Audit
from doorward.crypto import Secret
from doorward.db import SECOND, Database
from tests.support.clock import ManualClock
from tests.support.factories import make_accounts

pytestmark = pytest.mark.anyio

HOUR = timedelta(hours=1)


async def opens(keys: ApiKeys, secret: Secret[str], address: str | None = None) -> bool:
    try:
        await keys.authenticate("river", secret.reveal(), address)
    except BadApiKey:
        return False
    return True


async def test_a_regenerated_key_is_worth_nothing_at_once(
    keys: ApiKeys, sessions: ApiSessions, staff_id: int, clock: ManualClock
) -> None:
    """The new one has its label and limits, and its sessions end with it."""
    until = clock.now + 3600 * SECOND
    old, secret = await keys.create("river", staff_id, "job", SYSTEM, until, ["192.0.2.0/24"])
    session_id, _ = await sessions.open("river", secret.reveal(), "192.0.2.1")
    new, fresh = await keys.regenerate("river", old.key_id, SYSTEM)
    assert (new.label, new.expires_at, new.networks) == ("job", until, ("192.0.2.0/24",))
    assert fresh.reveal().endswith(new.last4)
    assert await opens(keys, fresh, "192.0.2.1")
    assert not await opens(keys, secret, "192.0.2.1")
    with pytest.raises(BadApiSession):
        await sessions.authenticate(session_id.reveal(), "192.0.2.1")
    assert (await keys.get("river", old.key_id)).replaced_by == new.key_id
    with pytest.raises(UnknownApiKey):
        await keys.regenerate("river", old.key_id, SYSTEM)


async def test_a_rotated_key_lives_on_until_its_grace_ends(
    keys: ApiKeys, sessions: ApiSessions, staff_id: int, clock: ManualClock
) -> None:
    """So does a session that it opened; it cannot be replaced a second time."""
    old, secret = await keys.create("river", staff_id, "job", SYSTEM)
    new, fresh = await keys.rotate("river", old.key_id, SYSTEM, timedelta(minutes=10))
    session_id, _ = await sessions.open("river", secret.reveal(), None)
    with pytest.raises(AlreadyReplaced):
        await keys.rotate("river", old.key_id, SYSTEM, HOUR)
    clock.advance(seconds=599)
    assert await opens(keys, secret)
    await sessions.authenticate(session_id.reveal(), None)
    clock.advance(seconds=1)
    assert not await opens(keys, secret)
    with pytest.raises(BadApiSession):
        await sessions.authenticate(session_id.reveal(), None)
    assert await opens(keys, fresh)
    assert new.expires_at is None
    with pytest.raises(UnknownApiKey):
        await keys.regenerate("river", old.key_id, SYSTEM)


async def test_a_grace_never_outlives_the_key_itself(
    keys: ApiKeys, staff_id: int, clock: ManualClock
) -> None:
    """A key that ends in a minute ends in a minute."""
    until = clock.now + 60 * SECOND
    old, _ = await keys.create("river", staff_id, "job", SYSTEM, until)
    new, _ = await keys.rotate("river", old.key_id, SYSTEM, HOUR)
    assert (await keys.get("river", old.key_id)).expires_at == until
    assert new.expires_at == until


@pytest.mark.parametrize("grace", [timedelta(seconds=-1), timedelta(days=7, microseconds=1)])
async def test_a_grace_is_from_none_to_a_week(
    keys: ApiKeys, staff_id: int, grace: timedelta
) -> None:
    """None at all is a regeneration."""
    old, secret = await keys.create("river", staff_id, "job", SYSTEM)
    with pytest.raises(BadGrace):
        await keys.rotate("river", old.key_id, SYSTEM, grace)
    await keys.rotate("river", old.key_id, SYSTEM, timedelta())
    assert not await opens(keys, secret)


async def test_a_replacement_keeps_to_the_limits(
    keys: ApiKeys, staff_id: int, db: Database
) -> None:
    """Of the number of keys, of the organization, and of whose account is active."""
    made = [await keys.create("river", staff_id, "job", SYSTEM) for _ in range(MAX_LIVE_KEYS)]
    first = made[0][0].key_id
    with pytest.raises(TooManyKeys):
        await keys.rotate("river", first, SYSTEM, HOUR)
    for org_id, key_id in (("lake", first), ("river", 1), ("river", -1), ("river", 1 << 63)):
        with pytest.raises(UnknownApiKey):
            await keys.regenerate(org_id, key_id, SYSTEM)
        with pytest.raises(UnknownApiKey):
            await keys.restrict(org_id, key_id, [], SYSTEM)
        with pytest.raises(UnknownApiKey):
            await keys.get(org_id, key_id)
    await keys.regenerate("river", first, SYSTEM)
    await make_accounts(db).disable("river", staff_id, SYSTEM)
    with pytest.raises(NotStaff):
        await keys.regenerate("river", made[1][0].key_id, SYSTEM)


async def test_fifty_rotations_of_one_key_leave_one_successor(
    keys: ApiKeys, staff_id: int, clock: ManualClock
) -> None:
    """While it is in use by fifty others, each of whom is let in."""
    old, secret = await keys.create("river", staff_id, "job", SYSTEM)
    answers = await asyncio.gather(
        *(keys.rotate("river", old.key_id, SYSTEM, HOUR) for _ in range(50)),
        *(keys.authenticate("river", secret.reveal(), None) for _ in range(50)),
        return_exceptions=True,
    )
    rotated, used = answers[:50], answers[50:]
    assert sum(isinstance(each, AlreadyReplaced) for each in rotated) == 49
    assert not any(isinstance(each, BaseException) for each in used)
    live = [k for k in await keys.list("river", None, None, 99) if k.is_live(clock.now)]
    assert len(live) == 2
    assert live[0].replaced_by == live[1].key_id


async def test_fifty_regenerations_beside_a_revocation_leave_at_most_one_key(
    keys: ApiKeys, staff_id: int, clock: ManualClock
) -> None:
    """A revoked key has no successor, or the successor was there before."""
    old, secret = await keys.create("river", staff_id, "job", SYSTEM)
    await asyncio.gather(
        *(keys.regenerate("river", old.key_id, SYSTEM) for _ in range(25)),
        keys.revoke("river", old.key_id, SYSTEM),
        *(keys.regenerate("river", old.key_id, SYSTEM) for _ in range(25)),
        return_exceptions=True,
    )
    assert not await opens(keys, secret)
    listed = await keys.list("river", None, None, 99)
    live = [key for key in listed if key.is_live(clock.now)]
    assert len(listed) == 1 + len(live)
    assert len(live) <= 1
    assert (listed[0].replaced_by is None) == (not live)


@pytest.mark.parametrize(
    ("networks", "inside", "outside"),
    [
        (["192.0.2.0/24"], ["192.0.2.1", "::ffff:192.0.2.1"], ["192.0.3.1", "2001:db8::1"]),
        (["192.0.2.7"], ["192.0.2.7"], ["192.0.2.8"]),
        (["::ffff:192.0.2.0/120"], ["192.0.2.1", "::ffff:192.0.2.1"], ["192.0.3.1"]),
        (["2001:DB8::/32"], ["2001:db8:1::1"], ["2001:db9::1", "192.0.2.1"]),
        (["::/0"], ["2001:db8::1"], ["192.0.2.1", "::ffff:192.0.2.1"]),
        (["0.0.0.0/0"], ["192.0.2.1"], ["2001:db8::1"]),
        (["10.0.0.0/8", "fe80::/10"], ["10.9.9.9", "fe80::1%eth0"], ["11.0.0.1"]),
        ([], ["192.0.2.1", "2001:db8::1", None, "a socket"], []),
    ],
)
async def test_a_key_opens_only_from_its_networks(
    keys: ApiKeys,
    staff_id: int,
    networks: list[str],
    inside: list[str | None],
    outside: list[str | None],
) -> None:
    """From elsewhere, and from where nobody knows, it is a bad key like any other."""
    key, secret = await keys.create("river", staff_id, "job", SYSTEM, None, networks)
    for address in inside:
        assert await opens(keys, secret, address), address
    for address in [*outside, None, "", "a socket", "192.0.2.1.5"] if key.networks else []:
        assert not await opens(keys, secret, address), address


async def test_networks_are_kept_in_one_form(keys: ApiKeys, staff_id: int) -> None:
    """Host bits go, repetitions too, and mapped IPv4 is IPv4."""
    given = [" 192.0.2.7/24 ", "192.0.2.0/24", "2001:DB8:0::1", "::ffff:198.51.100.1"]
    key, _ = await keys.create("river", staff_id, "job", SYSTEM, None, given)
    assert key.networks == ("192.0.2.0/24", "2001:db8::1/128", "198.51.100.1/32")
    assert (await keys.get("river", key.key_id)).networks == key.networks


@pytest.mark.parametrize(
    "networks",
    [
        [""],
        ["x"],
        ["192.0.2.0/33"],
        ["192.0.2"],
        ["192.0.2.0/0.0.0.0"],
        ["fe80::1%eth0"],
        ["2001:db8::/129"],
        ["192.0.2.1\x00"],
        ["١٩٢.0.2.1"],
        ["1" * 5000],
        ["192.0.2.1, 192.0.2.2"],
        ["192.0.2.1"] * (MAX_NETWORKS + 1),
    ],
)
async def test_what_is_no_network_is_refused(
    keys: ApiKeys, staff_id: int, networks: list[str]
) -> None:
    """Nothing that is read otherwise than it was meant gets in."""
    with pytest.raises(BadNetworks):
        await keys.create("river", staff_id, "job", SYSTEM, None, networks)
    key, _ = await keys.create("river", staff_id, "job", SYSTEM)
    with pytest.raises(BadNetworks):
        await keys.restrict("river", key.key_id, networks, SYSTEM)


async def test_networks_can_be_changed_and_hold_for_sessions_too(
    keys: ApiKeys, sessions: ApiSessions, staff_id: int
) -> None:
    """At once, in both directions."""
    key, secret = await keys.create("river", staff_id, "job", SYSTEM)
    session_id, _ = await sessions.open("river", secret.reveal(), "192.0.2.1")
    await keys.restrict("river", key.key_id, ["198.51.100.0/24"], SYSTEM)
    assert not await opens(keys, secret, "192.0.2.1")
    with pytest.raises(BadApiSession):
        await sessions.authenticate(session_id.reveal(), "192.0.2.1")
    await keys.restrict("river", key.key_id, [], SYSTEM)
    assert await opens(keys, secret, "192.0.2.1")
    await sessions.authenticate(session_id.reveal(), "192.0.2.1")


async def test_what_replaced_what_and_from_where_a_key_was_used_can_be_read(
    keys: ApiKeys, staff_id: int, db: Database
) -> None:
    """In the record and in the key."""
    old, secret = await keys.create("river", staff_id, "job", SYSTEM)
    await keys.authenticate("river", secret.reveal(), "192.0.2.1")
    assert (await keys.get("river", old.key_id)).last_used_from == "192.0.2.1"
    await keys.restrict("river", old.key_id, ["192.0.2.1"], SYSTEM)
    new, fresh = await keys.rotate("river", old.key_id, SYSTEM, HOUR)
    again, last = await keys.regenerate("river", new.key_id, SYSTEM)
    assert again.last_used_from is None
    events = [each.event for each in await Audit(db=db).list("river", None, 3)]
    assert [(each.action, each.target_id) for each in events] == [
        ("api_key.regenerated", str(new.key_id)),
        ("api_key.rotated", str(old.key_id)),
        ("api_key.restricted", str(old.key_id)),
    ]
    assert events[1].detail["replaced_by"] == str(new.key_id)
    for each in (secret, fresh, last):
        assert each.reveal() not in str(events)
