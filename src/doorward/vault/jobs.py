"""What happens in the vault in the background."""

from __future__ import annotations

from doorward.db import Sweeper
from doorward.vault import store

__all__ = ["remove_expired"]


async def remove_expired(sweeper: Sweeper, now: int) -> int:
    """Delete flows, connect sessions, pending credentials and what waited too long; how many."""
    over = (
        store.EXPIRE_FLOWS,
        store.EXPIRE_CONNECT_SESSIONS,
        store.EXPIRE_CREDENTIALS,
        store.EXPIRE_OUTBOX,
        store.EXPIRE_NOTICES,
    )
    return await sweeper.remove(over, before=now)
