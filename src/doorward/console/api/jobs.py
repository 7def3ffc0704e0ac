"""What happens to idempotency keys in the background."""

from __future__ import annotations

from doorward.console.api.store import EXPIRE_IDEMPOTENCY_KEYS
from doorward.db import Database, sweep

__all__ = ["remove_expired"]


async def remove_expired(db: Database, now: int) -> int:
    """Delete the keys that expired before ``now`` (microseconds); how many rows."""
    return await sweep(db, (EXPIRE_IDEMPOTENCY_KEYS,), before=now)
