"""Reading the record."""

from __future__ import annotations

from collections.abc import AsyncIterator

from doorward.audit.model import Actor, EventFilter, RecordedEvent
from doorward.audit.store import END, list_events, list_of_person, record
from doorward.db import Database, Transaction

__all__ = ["Audit"]

_PAGE = 500
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
        return await self.search(org_id, EventFilter(action=action), before, limit)

    async def search(
        self, org_id: str, wanted: EventFilter, before: int | None, limit: int
    ) -> _Events:
        """Up to ``limit`` events that are ``wanted``, newest first, older than ``before``."""
        start = END if before is None else before
        return await list_events(self._db, org_id, wanted, before=start, limit=limit)

    async def walk(self, org_id: str, wanted: EventFilter) -> AsyncIterator[_Events]:
        """Every event that is ``wanted``, newest first, in pages: exports may be long."""
        before: int | None = None
        while page := await self.search(org_id, wanted, before, _PAGE):
            yield page
            before = page[-1].event_id

    async def list_of_person(
        self, whose: tuple[str, int], actions: tuple[str, ...], before: int | None, limit: int
    ) -> _Events:
        """Up to ``limit`` events by or about the account of ``whose`` (organization, number).

        Only those named in ``actions``, newest first, older than the event ``before``.
        """
        start = END if before is None else before
        return await list_of_person(self._db, *whose, actions, before=start, limit=limit)

    async def note_export(self, org_id: str, form: str, by: Actor) -> None:
        """Record that ``by`` takes the record away, as a file of this format."""
        event = by.did("audit.exported", org_id, ("audit", org_id), format=form)

        async def work(tx: Transaction) -> None:
            await record(tx, event, event_id=self._db.next_id(), now=self._db.clock())

        await self._db.unit(work)
