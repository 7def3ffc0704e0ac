"""Per-process caches that are dropped, in every process, by the unit that changes their rows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

from doorward.db.database import Database, Transaction
from doorward.db.installation import BUMP_CACHES, NOTIFY_CACHES

__all__ = ["Cache", "touch_caches"]

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
        self._db = db
        self._load = load
        self._size = size
        self._version = -1
        self._kept: dict[K, V] = {}

    async def get(self, key: K) -> V | None:
        """The value of ``key``, from memory when nothing changed since it was read."""
        version = await self._db.cache_version()
        if version != self._version:
            self._kept = {}
            self._version = version
        found = self._kept.get(key)
        if found is not None:
            return found
        loaded = await self._load(key)
        # A change may have landed while we read: what was read then belongs to no version.
        if loaded is not None and version == self._version == await self._db.cache_version():
            if len(self._kept) >= self._size:
                self._kept.pop(next(iter(self._kept)))
            self._kept[key] = loaded
        return loaded


async def touch_caches(tx: Transaction) -> None:
    """Make every process drop its caches when this unit commits."""
    await tx.run(BUMP_CACHES)
    announce = getattr(tx, "announce", None)
    if announce is not None:
        await announce(NOTIFY_CACHES)
