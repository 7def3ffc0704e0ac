"""Pictures that nothing shows any more leave, a few at a time."""

from __future__ import annotations

from doorward.clients.store import LogoPlace, delete_unused_logo, list_old_logos
from doorward.db import SECOND, Database

__all__ = ["UnusedLogos"]

_A_DAY = 86_400 * SECOND
_AT_ONCE = 50
_START: LogoPlace = ("", "")


class UnusedLogos:
    """Walks through all logos, some at every call, and begins again at the end.

    A logo stays while an application, a change that waits or what was approved last refers to it,
    and for a day after it was sent.
    """

    def __init__(self, db: Database) -> None:
        """Remove from ``db``."""
        self._db = db
        self._after = _START

    async def remove_some(self, now: int) -> int:
        """Look at the next few, at ``now`` (microseconds); how many left."""
        before = now - _A_DAY
        found = await list_old_logos(self._db, after=self._after, before=before, limit=_AT_ONCE)
        gone = 0
        for place in found:
            gone += await delete_unused_logo(self._db, place, before=before)
        self._after = found[-1] if len(found) == _AT_ONCE else _START
        return gone
