"""What happens to projects in the background."""

from __future__ import annotations

from doorward.db import Sweeper
from doorward.projects import store

__all__ = ["remove_expired"]

_EXPIRED = (
    store.EXPIRE_PROJECTS,
    store.EXPIRE_PERMISSIONS,
    store.EXPIRE_KEYS,
    store.EXPIRE_INVITATIONS,
)


async def remove_expired(sweeper: Sweeper, now: int) -> int:
    """Delete what can no longer be brought back, and keys and invitations that have ended.

    Answers how many rows there were.
    """
    return await sweeper.remove(_EXPIRED, before=now)
