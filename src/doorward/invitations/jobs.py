"""What happens to invitations in the background."""

from __future__ import annotations

from doorward.db import SECOND, Sweeper
from doorward.invitations import store

__all__ = ["remove_expired"]

_KEPT = 30 * 86_400 * SECOND
"""So long staff can still see that an invitation was not followed."""


async def remove_expired(sweeper: Sweeper, now: int) -> int:
    """Delete what expired more than thirty days before ``now`` (microseconds); how many rows."""
    return await sweeper.remove((store.EXPIRE_INVITATIONS,), before=now - _KEPT)
