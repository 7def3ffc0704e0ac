"""What happens to API keys and sessions in the background."""

from __future__ import annotations

from doorward.apikeys import store
from doorward.db import SECOND, Sweeper

__all__ = ["remove_expired"]

_KEPT = 86_400 * SECOND
"""A day: so long a program that comes back with an old identifier is not taken for a guesser."""

_KEYS_KEPT = 400 * _KEPT
"""So long a key that ended is still listed, as events are kept unless a policy says otherwise."""


async def remove_expired(sweeper: Sweeper, now: int) -> int:
    """Delete sessions a day after they ended, and keys 400 days after, at ``now``; how many."""
    gone = await sweeper.remove((store.EXPIRE_SESSIONS,), before=now - _KEPT)
    return gone + await sweeper.remove(store.EXPIRE_KEYS, before=now - _KEYS_KEPT)
