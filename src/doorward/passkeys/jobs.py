"""What happens to challenges in the background."""

from __future__ import annotations

from doorward.db import Sweeper
from doorward.passkeys import store

__all__ = ["remove_expired"]


async def remove_expired(sweeper: Sweeper, now: int) -> int:
    """Delete the challenges that expired before ``now`` (microseconds); how many rows."""
    return await sweeper.remove((store.EXPIRE_CHALLENGES,), before=now)
