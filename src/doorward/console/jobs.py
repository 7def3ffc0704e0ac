"""What happens in the background to what the pages and the management API keep."""

from __future__ import annotations

from doorward.console.api.store import EXPIRE_IDEMPOTENCY_KEYS
from doorward.console.connect.store import EXPIRE_REQUESTS
from doorward.db import Database, sweep

__all__ = ["remove_expired"]


async def remove_expired(db: Database, now: int) -> int:
    """Delete what expired before ``now`` (microseconds); how many rows."""
    return await sweep(db, (EXPIRE_IDEMPOTENCY_KEYS, EXPIRE_REQUESTS), before=now)
