"""What happens to projects in the background."""

from __future__ import annotations

from doorward.db import Database, sweep
from doorward.projects import store

__all__ = ["remove_expired"]


async def remove_expired(db: Database, now: int) -> int:
    """Delete what can no longer be brought back, and keys that have ended; how many rows."""
    return await sweep(db, (store.EXPIRE_PROJECTS, store.EXPIRE_KEYS), before=now)
