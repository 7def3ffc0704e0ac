"""What happens to counters in the background."""

from __future__ import annotations

from doorward.brakes import store
from doorward.db import Database, sweep

__all__ = ["remove_expired"]

_MOST_ROWS = 1_000_000
"""More subjects than are braked at once, but for whoever makes them up: then the ones that end
first go early. To push out one counter, an attacker has a million passwords hashed."""


async def remove_expired(db: Database, now: int, *, most_rows: int = _MOST_ROWS) -> int:
    """Delete what is over at ``now`` (microseconds), and what exceeds ``most_rows``; how many."""
    gone = await sweep(db, (store.EXPIRE,), before=now)
    overflow = await db.scan(store.OVERFLOW_AT, most=most_rows)
    if overflow:
        gone += await sweep(db, (store.EXPIRE,), before=overflow[0][0] + 1)
    return gone
