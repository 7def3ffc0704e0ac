"""What happens to apps that were never set up, in the background."""

from __future__ import annotations

from doorward.db import Sweeper
from doorward.factors import store

__all__ = ["remove_expired"]


async def remove_expired(sweeper: Sweeper, now: int) -> int:
    """Delete the keys that no code proved in time before ``now`` (microseconds); how many rows."""
    return await sweeper.remove((store.EXPIRE_PENDING,), before=now)
