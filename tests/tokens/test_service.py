"""Minting, single use, rotation and revocation, below any endpoint."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from doorward.crypto import Secret, ValueKind, mint
from doorward.db import Sweeper, Transaction
from doorward.tokens import (
    AccessOrder,
    CodeFacts,
    Family,
    MintedAccess,
    RevocationReason,
    Tokens,
    find_id_token_hint,
)
from doorward.tokens.jobs import remove_expired
from tests.support.families import keep_family
from tests.support.programs import get_tokens
from tests.support.world import CALLBACK, World

pytestmark = pytest.mark.anyio

HOUR = 3600 * 1_000_000


def family_of(world: World) -> Family:
    """A family of the Donor Portal and Anna."""
    now = world.clock.now
    return Family(
        family_id=world.services.db.next_id(),
        org_id=world.org.org_id,
        client_id=world.web.client_id,
        account_id=world.person.account_id,
        session_id=1,
        consent_id=7,
        scopes=("openid", "offline_access"),
        resources=(),
        auth_at=now,
        created_at=now,
        expires_at=now + 24 * HOUR,
    )


def order_of(world: World, family: Family | None) -> AccessOrder:
    """An access token of ``family`` for an hour."""
    return AccessOrder(
        org_id=world.org.org_id,
        client_id=world.web.client_id,
        account_id=family.account_id if family else None,
        family_id=family.family_id if family else None,
        scopes=("openid",),
        audience=(),
        lifetime_s=3600,
    )


async def start(world: World) -> tuple[Family, MintedAccess, Secret[str]]:
    """A family with one access and one refresh token."""
    tokens, family = world.services.tokens, family_of(world)
    access = tokens.mint_access(order_of(world, family))
    refresh = tokens.mint_refresh(family, idle_s=3600)
    await keep_family(world.services.db, family, access, refresh)
    return family, access, refresh.text


async def rotate(tokens: Tokens, world: World, family: Family, old: Secret[str]) -> bool:
    """Replace ``old``; whether this call won."""
    facts = await tokens.find_refresh(family.org_id, old.reveal())
    assert facts is not None
    fresh = tokens.mint_refresh(family, idle_s=3600)
    access = tokens.mint_access(order_of(world, family))
    return await tokens.rotate_refresh((facts, old), access, fresh)


async def test_an_access_token_is_found_by_its_whole_text(world: World) -> None:
    """A value of the same row with other random bytes is somebody's guess."""
    tokens, org_id = world.services.tokens, world.org.org_id
    access = tokens.mint_access(order_of(world, None))
    await tokens.store_access(org_id, access)
    found = await tokens.find_active(org_id, access.text.reveal())
    assert found is not None
    assert (found.client_id, found.subject) == (world.web.client_id, world.web.client_id)
    guess = mint(ValueKind.ACCESS, access.token_id, world.services.random)
    assert await tokens.find_active(org_id, guess.reveal()) is None
    assert await tokens.find_holder(org_id, guess.reveal()) is None


async def test_a_token_without_its_family_is_dead(world: World) -> None:
    """If the family's row is gone, nothing can say that it was not revoked."""
    tokens = world.services.tokens
    access = tokens.mint_access(order_of(world, family_of(world)))
    await tokens.store_access(world.org.org_id, access)
    assert await tokens.find_active(world.org.org_id, access.text.reveal()) is None


async def test_only_one_of_two_callers_replaces_a_refresh_token(world: World) -> None:
    """Both read it while it was unused."""
    tokens = world.services.tokens
    family, _, old = await start(world)
    facts = await tokens.find_refresh(family.org_id, old.reveal())
    assert facts is not None
    won = []
    for _ in range(2):
        fresh = tokens.mint_refresh(family, idle_s=3600)
        access = tokens.mint_access(order_of(world, family))
        won.append(await tokens.rotate_refresh((facts, old), access, fresh))
    assert won == [True, False]


async def test_a_family_that_ended_meanwhile_is_not_rotated(world: World) -> None:
    """The caller is not handed a pair that is dead already."""
    tokens = world.services.tokens
    family, _, old = await start(world)
    facts = await tokens.find_refresh(family.org_id, old.reveal())
    assert facts is not None

    async def end(tx: Transaction) -> bool:
        return await tokens.revoke_family(
            tx, family.org_id, family.family_id, RevocationReason.STAFF_REVOKED
        )

    assert await world.services.db.unit(end)
    assert not await world.services.db.unit(end)
    fresh = tokens.mint_refresh(family, idle_s=3600)
    access = tokens.mint_access(order_of(world, family))
    assert not await tokens.rotate_refresh((facts, old), access, fresh)
    assert await tokens.find_refresh(family.org_id, fresh.text.reveal()) is None


async def test_the_grace_opens_only_with_the_old_token(world: World) -> None:
    """Not with another value of the same row, not later, and not once the new one was used."""
    tokens = world.services.tokens
    family, _, old = await start(world)
    assert await rotate(tokens, world, family, old)
    facts = await tokens.find_refresh(family.org_id, old.reveal())
    assert facts is not None
    pair = tokens.open_grace(facts, old, grace_s=5)
    assert pair is not None
    other = mint(ValueKind.REFRESH, facts.token_id, world.services.random)
    assert tokens.open_grace(facts, other, grace_s=5) is None
    assert tokens.open_grace(facts, old, grace_s=0) is None
    assert tokens.open_grace(replace(facts, successor_used=True), old, grace_s=5) is None
    damaged = replace(facts, successor=b"x" + (facts.successor or b"")[1:])
    assert tokens.open_grace(damaged, old, grace_s=5) is None
    world.clock.advance(seconds=5)
    assert tokens.open_grace(facts, old, grace_s=5) == pair
    world.clock.advance(seconds=0.000_001)
    assert tokens.open_grace(facts, old, grace_s=5) is None


async def test_a_refresh_token_never_outlives_its_family(world: World) -> None:
    """However long it may be idle."""
    family = family_of(world)
    minted = world.services.tokens.mint_refresh(family, idle_s=365 * 86_400)
    assert minted.expires_at == family.expires_at


async def test_a_code_is_won_once(world: World) -> None:
    """By the unit that comes first."""
    tokens, db, org_id = world.services.tokens, world.services.db, world.org.org_id
    minted = tokens.mint_code()
    facts = CodeFacts(
        client_id=world.web.client_id,
        account_id=world.person.account_id,
        session_id=1,
        consent_id=9,
        redirect_uri=CALLBACK,
        scopes=("openid",),
        resources=(),
        code_challenge=None,
        nonce=None,
        auth_at=world.clock.now,
    )
    await db.unit(lambda tx: tokens.insert_code(tx, org_id, minted, facts, lifetime_s=60))
    found = await tokens.find_code(org_id, minted[1].reveal())
    assert found is not None
    code, active = found
    assert active
    assert code.facts == facts
    assert await db.unit(lambda tx: tokens.redeem_code(tx, code, 1))
    assert not await db.unit(lambda tx: tokens.redeem_code(tx, code, 2))
    again = await tokens.find_code(org_id, minted[1].reveal())
    assert again is not None
    assert again[0].family_id == 1


async def test_ending_a_consent_ends_what_hangs_on_it_and_nothing_else(world: World) -> None:
    """By its identifier."""
    tokens = world.services.tokens
    family, access, _ = await start(world)
    await world.services.db.unit(lambda tx: tokens.revoke_consent(tx, family.org_id, 8))
    assert await tokens.find_active(family.org_id, access.text.reveal()) is not None
    await world.services.db.unit(lambda tx: tokens.revoke_consent(tx, family.org_id, 7))
    assert await tokens.find_active(family.org_id, access.text.reveal()) is None


async def test_what_expired_is_removed_a_day_later(world: World) -> None:
    """Until then a reuse is still recognised as one."""
    db, tokens = world.services.db, world.services.tokens
    await remove_expired(Sweeper(db), world.clock.now)
    family, access, refresh = await start(world)
    world.clock.advance(seconds=2 * 86_400 - 1)
    await remove_expired(Sweeper(db), world.clock.now)
    # The access and the refresh token lived for an hour, their family for a day.
    assert await tokens.find_holder(family.org_id, access.text.reveal()) is None
    assert await tokens.find_refresh(family.org_id, refresh.reveal()) is None
    world.clock.advance(seconds=2)
    assert await remove_expired(Sweeper(db), world.clock.now) >= 1


async def test_only_id_tokens_of_this_issuer_are_hints(world: World) -> None:
    """An access token of the same key is not, nor an ID token named for another issuer."""
    services, org_id = world.services, world.org.org_id
    hint = (await get_tokens(world))["id_token"]
    found = await find_id_token_hint(services.keys, org_id, world.issuer, hint)
    assert found is not None
    assert found.subject == str(world.person.account_id)
    assert found.client_id == world.web.client_id
    for issuer, text in (
        ("https://other.example", hint),
        (world.issuer, None),
        (world.issuer, ""),
        (world.issuer, hint + "x"),
        (world.issuer, "x" * 9000),
    ):
        assert await find_id_token_hint(services.keys, org_id, issuer, text) is None
