"""When connections were used last: noted in memory, kept in batches, to the hour."""

from __future__ import annotations

from typing import Final

from doorward.db import SECOND, Clock, Database, Transaction
from doorward.vault import store
from doorward.vault.model import Connection

__all__ = ["Uses"]

_APART: Final = 3600 * SECOND
_MOST: Final = 20_000
_BATCH: Final = 200


class Uses:
    """A read never waits for its note. A process that is killed loses its last few."""

    def __init__(self, *, db: Database, clock: Clock) -> None:
        """Keep times in ``db``."""
        self._db = db
        self._clock = clock
        self._noted: dict[tuple[str, int], int] = {}

    def note(self, row: Connection) -> None:
        """``row`` is used now. What was noted within the hour is not noted again."""
        now = self._clock()
        if row.last_used_at is not None and now - row.last_used_at < _APART:
            return
        if len(self._noted) < _MOST:
            self._noted[row.key] = now

    async def flush(self) -> int:
        """Keep what was noted; how many connections. Raises ``DatabaseError``."""
        # In one order everywhere: two processes never wait for each other in a circle.
        rows = sorted(self._noted.items())
        for start in range(0, len(rows), _BATCH):
            batch = rows[start : start + _BATCH]

            async def work(
                tx: Transaction, batch: list[tuple[tuple[str, int], int]] = batch
            ) -> None:
                for (org_id, connection_id), at in batch:
                    await store.note_used(tx, org_id, connection_id, at)

            await self._db.unit(work)
            for key, at in batch:
                if self._noted.get(key) == at:
                    del self._noted[key]
        return len(rows)
