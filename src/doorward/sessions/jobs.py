"""What happens to browsers, sessions and flows in the background."""

from __future__ import annotations

from doorward.db import SECOND, Sweeper
from doorward.sessions import store

__all__ = ["remove_expired"]

_KEPT = 86_400 * SECOND
"""A day: so long an old page can still say that it was used, and start again."""


async def remove_expired(sweeper: Sweeper, now: int) -> int:
    """Delete what expired more than a day before ``now`` (microseconds); how many rows."""
    tables = (store.EXPIRE_FLOWS, store.EXPIRE_SESSIONS, store.EXPIRE_BROWSERS)
    return await sweeper.remove(tables, before=now - _KEPT)
