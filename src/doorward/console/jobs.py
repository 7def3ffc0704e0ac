"""What happens in the background to what the pages and the management API keep."""

from __future__ import annotations

from doorward.console.api.store import EXPIRE_IDEMPOTENCY_KEYS
from doorward.console.connect.store import EXPIRE_REQUESTS
from doorward.db import Sweeper

__all__ = ["remove_expired"]


async def remove_expired(sweeper: Sweeper, now: int) -> int:
    """Delete what expired before ``now`` (microseconds); how many rows."""
    return await sweeper.remove((EXPIRE_IDEMPOTENCY_KEYS, EXPIRE_REQUESTS), before=now)
