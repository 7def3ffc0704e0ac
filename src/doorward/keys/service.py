"""Ensuring, using, publishing, rotating and removing signing keys."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace

from joserfc.jwk import KeySet

from doorward.audit import SYSTEM, Actor, record
from doorward.crypto import KeyRing
from doorward.db import SECOND, Cache, Clock, Conflict, Database, Transaction, touch_caches
from doorward.keys.generation import generate_private_jwk
from doorward.keys.model import (
    DEFAULT_KEEP_S,
    KeyNotRetired,
    KeyStatus,
    NoSigningKey,
    PrivateKey,
    PublishedSet,
    RotationRaced,
    Signer,
    SigningAlg,
    SigningKey,
    import_private,
    import_public,
    public_part,
    verify_published_long_enough,
)
from doorward.keys.store import (
    activate,
    delete_expired,
    delete_retired,
    insert_key,
    list_keys,
    list_published,
    lock_keys,
    retire,
)

__all__ = ["Keys"]

_EMPTY = PublishedSet.of((), 0)
_OPEN = 500
"""Private keys in memory, each with what OpenSSL worked out for it: 16 KB of an RSA key."""
_SETS = 2_500
_VERIFIERS = 256
# Inside the class, the name ``list`` is its own method.
_Keys = list[SigningKey]
_Place = tuple[str, SigningAlg]
_Verifiers = tuple[tuple[PrivateKey, int | None], ...]
"""The keys that verify, each with when it leaves the published set (microseconds)."""


class Keys:
    """The signing keys of every organization."""

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        ring: KeyRing,
        generate: Callable[[SigningAlg], bytes] = generate_private_jwk,
    ) -> None:
        """Keep keys in ``db``, sealed under ``ring``; ``generate`` makes them, in a thread."""
        self._db = db
        self._clock = clock
        self._ring = ring
        self._generate = generate
        self._sets: Cache[str, PublishedSet] = Cache(db, self._load_set, size=_SETS)
        self._verifiers: Cache[str, _Verifiers] = Cache(db, self._load_verifiers, size=_VERIFIERS)
        self._signers: Cache[_Place, Signer] = Cache(db, self._load_signer, size=_OPEN)
        self._opened: dict[_Place, Signer] = {}

    async def ensure(
        self,
        org_id: str,
        algs: Sequence[SigningAlg] = ("RS256", "ES256"),
        by: Actor = SYSTEM,
    ) -> None:
        """Give ``org_id`` a current and a next key of each of ``algs`` that it lacks."""
        have = {(key.alg, key.status) for key in await list_keys(self._db, org_id)}
        for alg in algs:
            missing = [s for s in (KeyStatus.CURRENT, KeyStatus.NEXT) if (alg, s) not in have]
            if missing:
                await self._add([await self._new_key(org_id, alg, s) for s in missing], by)

    async def signer(self, org_id: str, alg: SigningAlg) -> Signer:
        """The key that signs now, from memory. Raises ``NoSigningKey``."""
        signer = await self._signers.get((org_id, alg))
        if signer is None:
            raise NoSigningKey
        return signer

    async def jwks(self, org_id: str) -> bytes:
        """The published set as JSON (RFC 7517 5): next, current, and retired keys still needed."""
        published = await self._sets.get(org_id)
        return (_EMPTY if published is None else published.at(self._clock())).jwks

    async def public_keys(self, org_id: str) -> KeySet:
        """The published set, for verifying what this installation signed itself."""
        held, now = await self._verifiers.get(org_id) or (), self._clock()
        return KeySet([key for key, expires_at in held if expires_at is None or now < expires_at])

    async def list(self, org_id: str) -> _Keys:
        """Every key of ``org_id``, by algorithm, the youngest first."""
        return await list_keys(self._db, org_id)

    async def rotate(
        self,
        org_id: str,
        alg: SigningAlg,
        by: Actor,
        *,
        keep_s: int = DEFAULT_KEEP_S,
        although_unseen: bool = False,
    ) -> SigningKey:
        """Sign with the next key from now on; answers it.

        The one used so far stays published for ``keep_s`` seconds: give the longest life of
        anything that it signed. A new next key is published. ``although_unseen`` rotates even if
        verifiers may not have seen the next key, for a leaked current one.
        Raises ``NoSigningKey``, ``KeyIsNew``, ``RotationRaced``.
        """
        fresh = await self._new_key(org_id, alg, KeyStatus.NEXT)
        now = fresh.created_at

        async def work(tx: Transaction) -> SigningKey:
            keys = await lock_keys(tx, org_id, alg)
            current, following = keys.get(KeyStatus.CURRENT), keys.get(KeyStatus.NEXT)
            if current is None:
                raise NoSigningKey
            if following is None:
                # Another unit that this one waited for has just made it the current one.
                raise RotationRaced
            if not although_unseen:
                verify_published_long_enough(following, current, now)
            # The order matters: there is never a second current key, nor a second next one.
            if not (
                await retire(tx, current, now=now, expires_at=now + keep_s * SECOND)
                and await activate(tx, following, now=now)
            ):
                raise RotationRaced
            # Younger than the one before, whatever the clock does: its age decides later.
            created_at = max(now, following.created_at + 1)
            await insert_key(tx, replace(fresh, created_at=created_at))
            await delete_expired(tx, org_id, now=now)
            event = by.did("key.rotated", org_id, ("key", following.kid), alg=alg, was=current.kid)
            await record(tx, event, event_id=self._db.next_id(), now=now)
            await touch_caches(tx)
            return following

        try:
            activated = await self._db.unit(work)
        except Conflict as conflict:
            raise RotationRaced from conflict
        kept = await list_keys(self._db, org_id)
        return next((key for key in kept if key.kid == activated.kid), activated)

    async def withdraw(self, org_id: str, kid: str, by: Actor) -> None:
        """Take a retired key out of the published set before its time, for one that has leaked.

        What it signed is refused from then on. Raises ``KeyNotRetired``.
        """
        now = self._clock()

        async def work(tx: Transaction) -> None:
            if not await delete_retired(tx, org_id, kid):
                raise KeyNotRetired
            event = by.did("key.withdrawn", org_id, ("key", kid))
            await record(tx, event, event_id=self._db.next_id(), now=now)
            await touch_caches(tx)

        await self._db.unit(work)

    async def _load_set(self, org_id: str) -> PublishedSet | None:
        keys = await list_published(self._db, org_id)
        return PublishedSet.of(keys, self._clock()) if keys else None

    async def _load_verifiers(self, org_id: str) -> _Verifiers | None:
        keys = await list_keys(self._db, org_id)
        return tuple((import_public(key), key.expires_at) for key in keys) or None

    async def _load_signer(self, place: _Place) -> Signer | None:
        org_id, alg = place
        for key in await list_keys(self._db, org_id):
            if key.alg == alg and key.status is KeyStatus.CURRENT:
                return self._signer(place, key)
        return None

    def _signer(self, place: _Place, key: SigningKey) -> Signer:
        # They outlast the cache: what OpenSSL has worked out for a key makes its signatures faster.
        opened = self._opened.pop(place, None)
        if opened is None or opened.kid != key.kid:
            private = self._ring.open(key.sealed, about=key.about)
            opened = Signer(kid=key.kid, alg=key.alg, key=import_private(private, key.alg))
        if len(self._opened) >= _OPEN:
            self._opened.pop(next(iter(self._opened)))
        self._opened[place] = opened
        return opened

    async def _new_key(self, org_id: str, alg: SigningAlg, status: KeyStatus) -> SigningKey:
        private = await asyncio.to_thread(self._generate, alg)
        public = public_part(private, alg)
        now = self._clock()
        bare = SigningKey(
            org_id=org_id,
            kid=public["kid"],
            alg=alg,
            status=status,
            created_at=now,
            activated_at=None,
            retired_at=None,
            expires_at=None,
            public_jwk=public,
            sealed=b"",
        )
        return replace(bare, sealed=self._ring.seal(private, about=bare.about))

    async def _add(self, keys: Sequence[SigningKey], by: Actor) -> None:
        # Published together, so that the next one is known before the current one is used.
        now = self._clock()

        async def work(tx: Transaction) -> None:
            for key in keys:
                activated_at = now if key.status is KeyStatus.CURRENT else None
                await insert_key(tx, replace(key, created_at=now, activated_at=activated_at))
                detail = {"alg": str(key.alg), "status": str(key.status)}
                event = by.did("key.created", key.org_id, ("key", key.kid), **detail)
                await record(tx, event, event_id=self._db.next_id(), now=now)
            await touch_caches(tx)

        try:
            await self._db.unit(work)
        except Conflict:
            # Another process ensured the same at the same time, and one key is what was wanted.
            return
