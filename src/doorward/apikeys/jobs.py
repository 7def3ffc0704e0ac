"""What happens to API sessions in the background."""

from __future__ import annotations

from doorward.apikeys import store
from doorward.db import SECOND, Database, sweep

__all__ = ["remove_expired"]

_KEPT = 86_400 * SECOND
"""A day: so long a program that comes back with an old identifier is not taken for a guesser."""


async def remove_expired(db: Database, now: int) -> int:
    """Delete the sessions that ended more than a day before ``now`` (microseconds); how many."""
    return await sweep(db, (store.EXPIRE_SESSIONS,), before=now - _KEPT)
