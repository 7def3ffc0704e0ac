"""Master keys: known again at every start, counted, replaced while everything goes on."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from doorward.audit import Actor, record
from doorward.crypto import KeyRing, SealBroken
from doorward.db import Clock, Conflict, Database, Transaction
from doorward.orgs import OPERATORS
from doorward.vault import store
from doorward.vault.refusals import VaultRefusal

__all__ = ["KeyInUse", "KeyStanding", "MasterKeys", "Progress", "UnknownKey", "UnknownMasterKey"]

log = logging.getLogger("doorward")

_CANARY: Final = b"doorward"
_BATCH: Final = 100


class UnknownMasterKey(SealBroken):
    """Something here is sealed under a master key that is not set. The text says which."""


class UnknownKey(VaultRefusal):
    """No key of this fingerprint has sealed anything here."""

    code = "unknown_master_key"
    status = 404
    sentence = "No master key of this fingerprint is known here."


class KeyInUse(VaultRefusal):
    """The key seals new values, or something is still sealed under it."""

    code = "master_key_in_use"
    sentence = "Something is still sealed under this master key."


@dataclass(frozen=True, slots=True)
class KeyStanding:
    """A master key: its fingerprint in hexadecimal, and what is sealed under it, by table."""

    fingerprint: str
    is_current: bool
    is_set: bool
    sealed: dict[str, int]

    @property
    def total(self) -> int:
        """How many values are sealed under it."""
        return sum(self.sealed.values())


@dataclass(frozen=True, slots=True)
class Progress:
    """How far sealing again has come.

    ``overtaken`` were changed by somebody else at that moment; ``unreadable`` open under no key.
    """

    place: str = ""
    done: int = 0
    overtaken: int = 0
    unreadable: int = 0


class MasterKeys:
    """The keys under which this installation seals."""

    def __init__(self, *, db: Database, clock: Clock, ring: KeyRing) -> None:
        """Look after the keys of ``ring``."""
        self._db = db
        self._clock = clock
        self._ring = ring

    async def verify(self) -> None:
        """Prove that what is sealed here opens, and remember the key that seals from now on.

        Call it before anything is served. Raises ``UnknownMasterKey``.
        """
        known = dict(await store.find_keys(self._db))
        for fingerprint, canary in known.items():
            self._verify(fingerprint, canary)
        current = self._ring.current
        if current in known:
            return
        canary = self._ring.seal(_CANARY, about=_about(current))

        async def work(tx: Transaction) -> None:
            await store.insert_key(tx, current, canary, now=self._clock())

        try:
            await self._db.unit(work)
        except Conflict:
            log.info("another process has just begun to seal under the same master key")

    async def status(self) -> list[KeyStanding]:
        """Every key that is set or has sealed something, the current one first."""
        counts = {place.name: await place.count(self._db) for place in store.PLACES}
        known = {fingerprint for fingerprint, _ in await store.find_keys(self._db)}
        known |= {fingerprint for each in counts.values() for fingerprint in each}
        known |= set(self._ring.fingerprints)
        standings = [
            KeyStanding(
                fingerprint=fingerprint.hex(),
                is_current=fingerprint == self._ring.current,
                is_set=fingerprint in self._ring.fingerprints,
                sealed={
                    name: each[fingerprint] for name, each in counts.items() if fingerprint in each
                },
            )
            for fingerprint in sorted(known)
        ]
        return sorted(standings, key=lambda each: not each.is_current)

    async def reencrypt(
        self, by: Actor, tell: Callable[[Progress], None] | None = None
    ) -> Progress:
        """Seal everything again under the current key, while everything goes on.

        It may be stopped at any moment and begun again: what is done is done. A value that is
        renewed meanwhile is left as it is then. ``tell`` hears of each batch.
        """
        progress = Progress()
        for place in store.PLACES:
            progress = replace(progress, place=place.name)
            after = None
            while page := await place.page(
                self._db, after, current=self._ring.current, limit=_BATCH
            ):
                progress = await self._reseal(place, page, progress)
                after = page[-1].key
                if tell is not None:
                    tell(progress)
                await asyncio.sleep(0)
        await self._record(by, "master_key.reencrypted", self._ring.current, done=progress.done)
        return progress

    async def retire(self, fingerprint: str, by: Actor) -> None:
        """Forget a key under which nothing is sealed any more: it may be taken out of the ring.

        Raises ``UnknownKey``, ``KeyInUse``.
        """
        standing = {each.fingerprint: each for each in await self.status()}.get(fingerprint)
        if standing is None:
            raise UnknownKey
        if standing.is_current or standing.total:
            raise KeyInUse

        async def work(tx: Transaction) -> None:
            await store.delete_key(tx, bytes.fromhex(fingerprint))

        await self._db.unit(work)
        await self._record(by, "master_key.retired", bytes.fromhex(fingerprint))

    def _verify(self, fingerprint: bytes, canary: bytes) -> None:
        if fingerprint not in self._ring.fingerprints:
            raise UnknownMasterKey(
                f"The database holds values under the master key {fingerprint.hex()}, which is not "
                "set. Add it after the current one, in master_key_file or master_keys."
            )
        try:
            opened = self._ring.open(canary, about=_about(fingerprint))
        except SealBroken as broken:
            raise UnknownMasterKey(
                f"The database's mark of the master key {fingerprint.hex()} is damaged."
            ) from broken
        if opened != _CANARY:
            raise UnknownMasterKey(
                f"The database's mark of the master key {fingerprint.hex()} is not ours."
            )

    async def _reseal(
        self, place: store.Place, page: list[store.Sealed], progress: Progress
    ) -> Progress:
        opened: list[tuple[store.Sealed, bytes]] = []
        unreadable = progress.unreadable
        for value in page:
            try:
                plain = self._ring.open(value.sealed, about=value.about)
            except SealBroken:
                log.error("a value of %s cannot be opened", place.name)  # noqa: TRY400
                unreadable += 1
                continue
            opened.append((value, self._ring.seal(plain, about=value.about)))

        async def work(tx: Transaction) -> int:
            return sum([await place.replace(tx, value, sealed) for value, sealed in opened])

        done = await self._db.unit(work)
        return Progress(
            place=place.name,
            done=progress.done + done,
            overtaken=progress.overtaken + len(opened) - done,
            unreadable=unreadable,
        )

    async def _record(self, by: Actor, action: str, fingerprint: bytes, **detail: int) -> None:
        event = by.did(action, str(OPERATORS), ("master_key", fingerprint.hex()), **detail)

        async def work(tx: Transaction) -> None:
            await record(tx, event, event_id=self._db.next_id(), now=self._clock())

        await self._db.unit(work)


def _about(fingerprint: bytes) -> bytes:
    return b"vault||vault_keys|" + fingerprint.hex().encode() + b"|canary"
