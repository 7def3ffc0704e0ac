"""What happens to codes, families and tokens in the background."""

from __future__ import annotations

from doorward.db import SECOND, Sweeper
from doorward.tokens import store

__all__ = ["remove_expired"]

_KEPT = 86_400 * SECOND
"""A day: so long a replayed code or a reused refresh token is still recognised as one."""
_ACCESS_KEPT = 300 * SECOND
"""One that ended is answered like one that never was; clocks may differ by a little."""


async def remove_expired(sweeper: Sweeper, now: int) -> int:
    """Delete access tokens that ended before ``now`` (microseconds), others a day later; how many.

    There are more access tokens than anything else, and most end soon.
    """
    gone = await sweeper.remove((store.EXPIRE_ACCESS,), before=now - _ACCESS_KEPT)
    later = (store.EXPIRE_CODES, store.EXPIRE_REFRESH, store.EXPIRE_FAMILIES)
    return gone + await sweeper.remove(later, before=now - _KEPT)
