"""What happens to consents in the background."""

from __future__ import annotations

from doorward.consents import store
from doorward.db import SECOND, Sweeper

__all__ = ["remove_expired"]

_KEPT = 400 * 86_400 * SECOND
"""So long a withdrawn consent stays as history, as events do unless a policy says otherwise."""


async def remove_expired(sweeper: Sweeper, now: int) -> int:
    """Delete what was withdrawn more than 400 days before ``now`` (microseconds); how many."""
    return await sweeper.remove((store.EXPIRE_CONSENTS,), before=now - _KEPT)
