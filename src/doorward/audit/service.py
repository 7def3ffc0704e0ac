"""Reading the record."""

from __future__ import annotations

from doorward.audit.model import RecordedEvent
from doorward.audit.store import list_events
from doorward.db import Database

__all__ = ["Audit"]

_END = (1 << 63) - 1
# Inside the class, the name ``list`` is its own method.
_Events = list[RecordedEvent]


class Audit:
    """The events of an organization, for its staff to read."""

    def __init__(self, *, db: Database) -> None:
        """Read from ``db``."""
        self._db = db

    async def list(
        self, org_id: str, before: int | None, limit: int, action: str | None = None
    ) -> _Events:
        """Up to ``limit`` events, newest first, older than the event ``before``.

        ``action`` keeps only events of that name.
        """
        return await list_events(
            self._db, org_id, before=_END if before is None else before, limit=limit, action=action
        )
