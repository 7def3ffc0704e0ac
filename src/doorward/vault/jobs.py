"""What happens in the vault in the background."""

from __future__ import annotations

from doorward.db import Database, sweep
from doorward.vault import store

__all__ = ["remove_expired"]


async def remove_expired(db: Database, now: int) -> int:
    """Delete flows, connect sessions, pending credentials and what waited too long; how many."""
    over = (
        store.EXPIRE_FLOWS,
        store.EXPIRE_CONNECT_SESSIONS,
        store.EXPIRE_CREDENTIALS,
        store.EXPIRE_OUTBOX,
        store.EXPIRE_NOTICES,
    )
    return await sweep(db, over, before=now)
