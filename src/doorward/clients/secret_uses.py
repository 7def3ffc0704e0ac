"""When each client secret proved itself last: noted in memory, kept in batches.

No request waits for it. A process that is killed loses what it noted in the last few seconds.
"""

from __future__ import annotations

from collections.abc import Mapping

from doorward.clients.batches import keep_in_batches
from doorward.clients.registration import is_client_id
from doorward.clients.store import SecretKey, keep_secret_uses, list_secret_uses
from doorward.db import SECOND, Clock, Database, DatabaseError

__all__ = ["SecretUses"]

_MINUTE = 60 * SECOND
_MOST = 10_000
"""So many secrets are remembered at once; while the database is away, further ones are not."""


class SecretUses:
    """The last minute in which each secret was good, as this process saw it, and as it is kept."""

    def __init__(self, *, db: Database, clock: Clock) -> None:
        """Keep minutes in ``db``; ``clock`` says which one it is."""
        self._db = db
        self._clock = clock
        self._seen: dict[SecretKey, int] = {}
        self._waiting: dict[SecretKey, int] = {}

    def note(self, key: SecretKey, now: int) -> None:
        """Remember that a secret was good at ``now``: the first time in a minute counts."""
        minute = now - now % _MINUTE
        seen = self._seen.get(key)
        if seen == minute or (seen is None and len(self._seen) >= _MOST):
            return
        self._seen[key] = self._waiting[key] = minute

    async def flush(self) -> int:
        """Keep what was noted; how many secrets. What could not be kept is kept the next time.

        A secret is written once a minute at most. What nobody used in this minute is let go of.
        """
        waiting, self._waiting = self._waiting, {}
        # In one order everywhere: two processes that write the same rows never wait in a circle.
        rows = sorted(waiting.items())
        count = len(rows)
        try:
            await keep_in_batches(self._db, rows, keep_secret_uses)
        except DatabaseError:
            # What was used again meanwhile is later than what could not be kept.
            self._waiting = dict(rows) | self._waiting
            raise
        this_minute = self._clock() - self._clock() % _MINUTE
        self._seen = {
            key: minute
            for key, minute in self._seen.items()
            if minute >= this_minute or key in self._waiting
        }
        return count

    async def of(self, org_id: str, client_id: str) -> Mapping[int, int]:
        """When each secret of an application was good last, by its id, to the minute.

        A secret that never was is not among them.
        """
        if not is_client_id(client_id):
            return {}
        return await list_secret_uses(self._db, org_id, client_id)
