"""What happens to codes, families and tokens in the background."""

from __future__ import annotations

from doorward.db import SECOND, Sweeper
from doorward.tokens import store

__all__ = ["remove_expired"]

_KEPT = 86_400 * SECOND
"""A day: so long a replayed code or a reused refresh token is still recognised as one."""


async def remove_expired(sweeper: Sweeper, now: int) -> int:
    """Delete what expired more than a day before ``now`` (microseconds); how many rows."""
    tables = (
        store.EXPIRE_ACCESS,
        store.EXPIRE_CODES,
        store.EXPIRE_REFRESH,
        store.EXPIRE_FAMILIES,
    )
    return await sweeper.remove(tables, before=now - _KEPT)
