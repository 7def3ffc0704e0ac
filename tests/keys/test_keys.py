"""Signing keys."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from doorward.audit import SYSTEM, Audit
from doorward.crypto import KeyRing, SealBroken, Secret
from doorward.db import Database
from doorward.keys import (
    PUBLISH_S,
    KeyIsNew,
    Keys,
    KeyStatus,
    NoSigningKey,
    RotationRaced,
    SigningAlg,
    generate_private_jwk,
)
from tests.support.clock import ManualClock
from tests.support.factories import premade_keys, sealing_ring

pytestmark = pytest.mark.anyio


@pytest.fixture
def keys(db: Database, clock: ManualClock) -> Keys:
    return Keys(db=db, clock=clock, ring=sealing_ring(), generate=premade_keys())


async def signed_by(keys: Keys, alg: SigningAlg = "ES256") -> str:
    signer = await keys.signer("river", alg)
    return jwt.encode({"alg": signer.alg, "kid": signer.kid}, {"sub": "1"}, signer.key)


def verifies(token: str, published: bytes | KeySet) -> bool:
    key_set = (
        KeySet.import_key_set(json.loads(published)) if isinstance(published, bytes) else published
    )
    try:
        return jwt.decode(token, key_set, algorithms=["ES256", "RS256"]).claims == {"sub": "1"}
    except JoseError:
        return False


def published_of(jwks: bytes) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(jwks)["keys"]
    return found


@pytest.mark.parametrize("alg", ["RS256", "ES256"])
async def test_what_is_signed_verifies_with_the_published_set(keys: Keys, alg: SigningAlg) -> None:
    """A stranger who has only the published set can verify, and so can we."""
    await keys.ensure("river")
    token = await signed_by(keys, alg)
    assert verifies(token, await keys.jwks("river"))
    assert verifies(token, await keys.public_keys("river"))


async def test_an_organization_gets_a_current_and_a_next_key_of_each_algorithm_once(
    keys: Keys,
) -> None:
    """Ensuring again, even at once from many sides, adds nothing."""
    await asyncio.gather(*(keys.ensure("river") for _ in range(5)))
    await keys.ensure("river")
    assert sorted((k.alg, k.status) for k in await keys.list("river")) == [
        ("ES256", "current"),
        ("ES256", "next"),
        ("RS256", "current"),
        ("RS256", "next"),
    ]


async def test_no_private_part_is_published_or_stored_in_the_clear(
    keys: Keys, db: Database
) -> None:
    """The set holds public members only, and the database holds a sealed private key."""
    await keys.ensure("river")
    for jwk in published_of(await keys.jwks("river")):
        assert not {"d", "p", "q", "dp", "dq", "qi", "k"} & set(jwk)
        assert {"kid", "alg", "use", "kty"} <= set(jwk)
    signer = await keys.signer("river", "ES256")
    private = str(signer.key.as_dict(private=True)["d"])
    for key in await keys.list("river"):
        assert private.encode() not in key.sealed
        assert private not in repr(key)
    assert private not in repr(signer)


async def test_an_organization_without_keys_signs_nothing_and_publishes_an_empty_set(
    keys: Keys,
) -> None:
    """There is no fallback to somebody else's key."""
    await keys.ensure("lake")
    with pytest.raises(NoSigningKey):
        await keys.signer("river", "ES256")
    with pytest.raises(NoSigningKey):
        await keys.rotate("river", "ES256", SYSTEM)
    assert await keys.jwks("river") == b'{"keys":[]}'


async def test_rotation_never_makes_a_verifier_refuse(keys: Keys, clock: ManualClock) -> None:
    """A set fetched before a rotation verifies what is signed after it, and the other way round."""
    await keys.ensure("river", ["ES256"])
    sets, tokens = [await keys.jwks("river")], [await signed_by(keys)]
    for _ in range(3):
        clock.advance(seconds=PUBLISH_S)
        following = next(k for k in await keys.list("river") if k.status is KeyStatus.NEXT)
        activated = await keys.rotate("river", "ES256", SYSTEM)
        assert (activated.kid, activated.status) == (following.kid, KeyStatus.CURRENT)
        assert activated.activated_at == clock.now
        sets.append(await keys.jwks("river"))
        tokens.append(await signed_by(keys))
        assert (await keys.signer("river", "ES256")).kid == following.kid
    for (old_set, new_set), (old_token, new_token) in zip(
        pairwise(sets), pairwise(tokens), strict=True
    ):
        assert verifies(new_token, old_set)
        assert verifies(old_token, new_set)


async def test_a_key_is_not_used_before_verifiers_can_know_it(
    keys: Keys, clock: ManualClock
) -> None:
    """The second of two rotations in a row waits, unless somebody insists."""
    await keys.ensure("river", ["ES256"])
    await keys.rotate("river", "ES256", SYSTEM)
    clock.advance(seconds=PUBLISH_S - 1)
    with pytest.raises(KeyIsNew):
        await keys.rotate("river", "ES256", SYSTEM)
    await keys.rotate("river", "ES256", SYSTEM, although_unseen=True)
    clock.advance(seconds=PUBLISH_S)
    await keys.rotate("river", "ES256", SYSTEM)


async def test_a_retired_key_is_published_as_long_as_told(keys: Keys, clock: ManualClock) -> None:
    """It leaves the published set at its time; its row leaves at the next rotation."""
    await keys.ensure("river", ["ES256"])
    token = await signed_by(keys)
    await keys.rotate("river", "ES256", SYSTEM, keep_s=3600)
    clock.advance(seconds=3599)
    assert verifies(token, await keys.jwks("river"))
    clock.advance(seconds=1)
    assert not verifies(token, await keys.jwks("river"))
    assert not verifies(token, await keys.public_keys("river"))
    assert verifies(await signed_by(keys), await keys.jwks("river"))


async def test_many_rotations_at_once_rotate_once(keys: Keys) -> None:
    """Whoever comes second is refused, and one current and one next key remain."""
    await keys.ensure("river", ["ES256"])
    answers = await asyncio.gather(
        *(keys.rotate("river", "ES256", SYSTEM) for _ in range(5)), return_exceptions=True
    )
    assert sum(not isinstance(a, BaseException) for a in answers) == 1
    assert all(isinstance(a, KeyIsNew | RotationRaced) for a in answers if isinstance(a, Exception))
    statuses = sorted(k.status for k in await keys.list("river"))
    assert statuses == ["current", "next", "retired"]


async def test_a_key_opens_only_as_the_key_it_was_sealed_as(
    keys: Keys, db: Database, clock: ManualClock
) -> None:
    """A sealed key that is moved to another organization's row does not open there."""
    await keys.ensure("river", ["ES256"])
    (key, *_) = await keys.list("river")
    moved = replace(key, org_id="lake")
    with pytest.raises(SealBroken):
        sealing_ring().open(moved.sealed, about=moved.about)
    assert sealing_ring().open(key.sealed, about=key.about)


async def test_generated_keys_are_strong_and_named_by_their_thumbprint(
    db: Database, clock: ManualClock
) -> None:
    """RSA of 2048 bits and P-256, made afresh each time."""
    rsa, ec = (json.loads(generate_private_jwk(alg)) for alg in ("RS256", "ES256"))
    assert (rsa["kty"], len(rsa["n"])) == ("RSA", 342)
    assert (ec["kty"], ec["crv"]) == ("EC", "P-256")
    keys = Keys(db=db, clock=clock, ring=sealing_ring())
    await keys.ensure("river", ["ES256"])
    kids = [jwk["kid"] for jwk in published_of(await keys.jwks("river"))]
    assert len(set(kids)) == 2
    assert all(len(kid) == 43 for kid in kids)


async def test_every_change_of_keys_is_recorded_without_key_material(
    keys: Keys, db: Database
) -> None:
    """The record names keys by their kid."""
    await keys.ensure("river", ["ES256"])
    await keys.rotate("river", "ES256", SYSTEM, keep_s=1)
    events = await Audit(db=db).list("river", None, 10)
    assert [e.event.action for e in reversed(events)] == [
        "key.created",
        "key.created",
        "key.rotated",
    ]


async def test_a_rotation_removes_what_nothing_living_was_signed_with(
    keys: Keys, clock: ManualClock
) -> None:
    """Rotating for years keeps only the keys that may still be needed."""
    await keys.ensure("river", ("ES256",))
    for _ in range(4):
        await keys.rotate("river", "ES256", SYSTEM, keep_s=100)
        clock.advance(seconds=1_000)
    statuses = sorted(key.status for key in await keys.list("river"))
    assert statuses == ["current", "next", "retired"]


async def test_private_keys_in_memory_are_few_however_many_organizations_sign(
    keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one that was opened first is let go of, and opened again when it is needed."""
    monkeypatch.setattr("doorward.keys.service._OPEN", 2)
    places = ["river", "lake", "pond"]
    for org_id in places:
        await keys.ensure(org_id, ["ES256"])
    kids = [(await keys.signer(org_id, "ES256")).kid for org_id in places]
    assert [org_id for org_id, _ in keys._opened] == places[1:]
    assert [(await keys.signer(org_id, "ES256")).kid for org_id in places] == kids


async def test_a_published_set_is_read_without_opening_a_private_key(
    keys: Keys, db: Database, clock: ManualClock
) -> None:
    """An organization's set costs one statement, and no secret of it comes into memory."""
    await keys.ensure("river", ["ES256"])
    strange = Keys(
        db=db, clock=clock, ring=KeyRing((Secret(bytes(range(1, 33))),)), generate=premade_keys()
    )
    before = db.statements_run
    assert await strange.jwks("river") == await keys.jwks("river")
    assert db.statements_run - before <= 4
    with pytest.raises(SealBroken):
        await strange.signer("river", "ES256")
