"""The keys of the marks: one for each organization and master key, sealed like any secret.

They stay when a master key is replaced, sealed anew under the next one, so that what was marked
before can still be verified; new links are marked under a key of the new one.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from doorward.audit.store import SealedKey, find_keys, insert_key
from doorward.crypto import KeyRing, Random, SealBroken
from doorward.db import Clock, Database, Transaction

__all__ = ["ChainKeys", "OpenedKeys"]

_KEY_BYTES = 32
_KNOWN = 10_000
"""Organizations whose keys are in memory."""


@dataclass(frozen=True, slots=True)
class OpenedKeys:
    """An organization's keys, by number, and the one that marks now; 0 is none yet."""

    current: int = 0
    keys: dict[int, bytes] = field(default_factory=dict, repr=False)


class ChainKeys:
    """Opens the keys of an organization, and makes one where there is none."""

    def __init__(self, *, db: Database, clock: Clock, ring: KeyRing, random: Random) -> None:
        """Keep them in ``db``, sealed under ``ring``."""
        self._db = db
        self._clock = clock
        self._ring = ring
        self._random = random
        self._known: dict[str, OpenedKeys] = {}

    async def open(self, org_id: str) -> OpenedKeys:
        """Every key of ``org_id`` that opens."""
        opened: dict[int, bytes] = {}
        current = 0
        for row in await find_keys(self._db, org_id):
            # The newest alone, and only if it is of this master key: none is ever taken up again.
            current = row.key_id if row.made_under == self._ring.current else 0
            try:
                opened[row.key_id] = self._ring.open(row.sealed, about=row.about)
            except SealBroken:
                current = 0
        return OpenedKeys(current, opened)

    async def ensure(self, org_id: str) -> OpenedKeys:
        """The keys of ``org_id``, with one that marks from now on; from memory if possible."""
        known = self._known.get(org_id)
        if known is not None:
            return known
        opened = await self.open(org_id)
        if not opened.current:
            # Two processes may make one each: the newer counts, and the other has marked nothing.
            await self._make(org_id)
            opened = await self.open(org_id)
        if len(self._known) >= _KNOWN:
            self._known.pop(next(iter(self._known)))
        self._known[org_id] = opened
        return opened

    def forget(self, org_id: str) -> None:
        """Read the keys of ``org_id`` anew the next time."""
        self._known.pop(org_id, None)

    async def _make(self, org_id: str) -> None:
        bare = SealedKey(org_id, self._db.next_id(), self._ring.current, self._clock(), b"")
        key = self._ring.seal(self._random(_KEY_BYTES), about=bare.about)

        async def work(tx: Transaction) -> None:
            await insert_key(tx, replace(bare, sealed=key))

        await self._db.unit(work)
