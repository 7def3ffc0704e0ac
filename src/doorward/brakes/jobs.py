"""What happens to counters in the background."""

from __future__ import annotations

from doorward.brakes import store
from doorward.db import Sweeper

__all__ = ["remove_expired"]

_MOST_ROWS = 1_000_000
"""More subjects than are braked at once, but for whoever makes them up: then the ones that end
first go early. To push out one counter, an attacker has a million passwords hashed."""


async def remove_expired(sweeper: Sweeper, now: int, *, most_rows: int = _MOST_ROWS) -> int:
    """Delete what is over at ``now`` (microseconds), and what exceeds ``most_rows``; how many."""
    gone = await sweeper.remove((store.EXPIRE,), before=now)
    overflow = await sweeper.db.scan(store.OVERFLOW_AT, most=most_rows)
    if overflow:
        gone += await sweeper.remove((store.EXPIRE,), before=overflow[0][0] + 1)
    return gone
