"""What happens to action links in the background."""

from __future__ import annotations

from doorward.db import SECOND, Database, sweep
from doorward.recovery import store

__all__ = ["remove_expired"]

_KEPT = 86_400 * SECOND


async def remove_expired(db: Database, now: int) -> int:
    """Delete what expired more than a day before ``now`` (microseconds); how many rows."""
    return await sweep(db, (store.EXPIRE,), before=now - _KEPT)
