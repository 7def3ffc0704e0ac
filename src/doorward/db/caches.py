"""Per-process caches that are dropped, in every process, by the unit that changes their rows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

from doorward.db.database import Database, Transaction
from doorward.db.installation import BUMP_CACHES, NOTIFY_CACHES

__all__ = ["Cache", "Memory", "touch_caches"]

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
_SIZE = 12_000
"""Organizations with their scopes, and applications, take about 1 KB each: tens of MB in all."""


class Cache(Generic[K, V]):
    """Keeps what ``load`` answered until any process calls ``touch_caches``.

    On SQLite nothing stale is ever answered. On PostgreSQL another process's change arrives with
    its notification, and while that channel is down every look-up compares versions itself.
    """

    def __init__(
        self, db: Database, load: Callable[[K], Awaitable[V | None]], *, size: int = _SIZE
    ) -> None:
        """Cache at most ``size`` answers of ``load``; a None is never kept."""
        self._load = load
        self._memory: Memory[K, V] = Memory(db, size=size)

    async def get(self, key: K) -> V | None:
        """The value of ``key``, from memory when nothing changed since it was read."""
        found = await self._memory.recall(key)
        if found is not None:
            return found
        version = self._memory.version
        loaded = await self._load(key)
        if loaded is not None:
            await self._memory.keep(key, loaded, version)
        return loaded


class Memory(Generic[K, V]):
    """Keeps what its owner found out until any process calls ``touch_caches``."""

    def __init__(self, db: Database, *, size: int = 5_000) -> None:
        """Keep at most ``size`` values; the oldest goes first."""
        self._db = db
        self._size = size
        self._kept: dict[K, V] = {}
        self.version = -1
        """As of the last look: whoever finds something out notes it first, and keeps by it."""

    async def recall(self, key: K) -> V | None:
        """What is kept for ``key``, when nothing changed since it was found out."""
        version = self._db.known_cache_version
        if version is None:
            version = await self._db.cache_version()
        if version != self.version:
            self._kept = {}
            self.version = version
        return self._kept.get(key)

    async def keep(self, key: K, value: V, version: int) -> None:
        """Keep ``value``, found out since ``version``, unless something changed meanwhile."""
        # What was read while a change landed belongs to no version.
        if version == self.version == await self._db.cache_version():
            if len(self._kept) >= self._size:
                self._kept.pop(next(iter(self._kept)))
            self._kept[key] = value


async def touch_caches(tx: Transaction) -> None:
    """Make every process drop its caches when this unit commits."""
    await tx.run(BUMP_CACHES)
    announce = getattr(tx, "announce", None)
    if announce is not None:
        await announce(NOTIFY_CACHES)
