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
    KeyBook,
    KeyNotRetired,
    KeyStatus,
    NoSigningKey,
    RotationRaced,
    Signer,
    SigningAlg,
    SigningKey,
    import_private,
    public_part,
    verify_published_long_enough,
)
from doorward.keys.store import (
    activate,
    delete_expired,
    delete_retired,
    insert_key,
    list_keys,
    lock_keys,
    retire,
)

__all__ = ["Keys"]

_EMPTY = KeyBook.of((), {}, 0)
# Inside the class, the name ``list`` is its own method.
_Keys = list[SigningKey]


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
        self._books: Cache[str, KeyBook] = Cache(db, self._load)
        self._opened: dict[str, dict[str, Signer]] = {}

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
        signer = (await self._book(org_id)).signers.get(alg)
        if signer is None:
            raise NoSigningKey
        return signer

    async def jwks(self, org_id: str) -> bytes:
        """The published set as JSON (RFC 7517 5): next, current, and retired keys still needed."""
        return (await self._book(org_id)).jwks

    async def public_keys(self, org_id: str) -> KeySet:
        """The published set, for verifying what this installation signed itself."""
        return (await self._book(org_id)).public

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

    async def _book(self, org_id: str) -> KeyBook:
        book = await self._books.get(org_id)
        return _EMPTY if book is None else book.at(self._clock())

    async def _load(self, org_id: str) -> KeyBook | None:
        keys = await list_keys(self._db, org_id)
        if not keys:
            return None
        current = [key for key in keys if key.status is KeyStatus.CURRENT]
        signers = {str(key.alg): self._signer(key) for key in current}
        self._opened[org_id] = signers
        return KeyBook.of(keys, signers, self._clock())

    def _signer(self, key: SigningKey) -> Signer:
        opened = self._opened.get(key.org_id, {}).get(key.alg)
        if opened is not None and opened.kid == key.kid:
            # Opening and checking an RSA key costs more than everything else here.
            return opened
        private = self._ring.open(key.sealed, about=key.about)
        return Signer(kid=key.kid, alg=key.alg, key=import_private(private, key.alg))

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
