"""What happens to action links in the background."""

from __future__ import annotations

from doorward.db import Sweeper
from doorward.recovery import store

__all__ = ["remove_expired"]


async def remove_expired(sweeper: Sweeper, now: int) -> int:
    """Delete what expired before ``now`` (microseconds), whoever asked for it; how many rows."""
    return await sweeper.remove((store.EXPIRE,), before=now)
