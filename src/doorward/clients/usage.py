"""What applications do: counted in memory, kept in batches, told by day.

A request never waits for its count. A process that is killed loses what it counted in the last
few seconds.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from doorward.clients.batches import keep_in_batches
from doorward.clients.registration import is_client_id
from doorward.clients.store import UsageKey, add_usage, list_usage
from doorward.db import SECOND, Clock, Database, DatabaseError

__all__ = ["GRANTS", "TOKENS", "Usage", "UsageOfDay"]

GRANTS = "grants"
TOKENS = "tokens"
_ERROR = "error:"
_DAY = 86_400 * SECOND
_MOST = 10_000
"""So many different counts wait at most; while the database is away, further ones are not kept."""


@dataclass(frozen=True, slots=True)
class UsageOfDay:
    """A day (since the epoch, in UTC): grants, tokens, and how often each error was answered."""

    day: int
    grants: int
    tokens: int
    errors: dict[str, int]


class Usage:
    """Counts of every application of this process, and what all processes kept."""

    def __init__(self, *, db: Database, clock: Clock) -> None:
        """Keep counts in ``db``; ``clock`` says which day it is."""
        self._db = db
        self._clock = clock
        self._counted: Counter[UsageKey] = Counter()

    def granted(self, org_id: str, client_id: str) -> None:
        """Count a person who let the application in."""
        self._count(org_id, client_id, GRANTS)

    def issued(self, org_id: str, client_id: str) -> None:
        """Count an answer of the token endpoint with tokens."""
        self._count(org_id, client_id, TOKENS)

    def refused(self, org_id: str, client_id: str, code: str) -> None:
        """Count an error that it was answered. ``code`` is one of ours, never one of theirs."""
        self._count(org_id, client_id, _ERROR + code)

    async def flush(self) -> int:
        """Keep what was counted; how many rows. What could not be kept is kept the next time."""
        waiting, self._counted = self._counted, Counter()
        # In one order everywhere: two processes that add to the same rows never wait in a circle.
        rows = sorted(waiting.items())
        count = len(rows)
        try:
            await keep_in_batches(self._db, rows, add_usage)
        except DatabaseError:
            self._counted.update(dict(rows))
            raise
        return count

    async def of(self, org_id: str, client_id: str, days: int) -> list[UsageOfDay]:
        """The last ``days`` days with today, the oldest first; a day without any use is zeros."""
        today = self._clock() // _DAY
        since = today - days + 1
        found: dict[int, Counter[str]] = {day: Counter() for day in range(since, today + 1)}
        if is_client_id(client_id):
            for day, what, times in await list_usage(self._db, org_id, client_id, since=since):
                found.setdefault(day, Counter())[what] += times
        return [_of_day(day, counts) for day, counts in sorted(found.items())]

    def _count(self, org_id: str, client_id: str, what: str) -> None:
        key = (self._clock() // _DAY, org_id, client_id, what)
        if key in self._counted or len(self._counted) < _MOST:
            self._counted[key] += 1


def _of_day(day: int, counts: Counter[str]) -> UsageOfDay:
    errors = {what.removeprefix(_ERROR): n for what, n in counts.items() if what.startswith(_ERROR)}
    return UsageOfDay(day=day, grants=counts[GRANTS], tokens=counts[TOKENS], errors=errors)
