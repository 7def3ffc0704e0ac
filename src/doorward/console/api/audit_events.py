"""``/audit-events``: who did what to whom, when, and from where."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from pydantic import AwareDatetime, Field

from doorward.audit import EventFilter, RecordedEvent
from doorward.console.api.cursors import Cursors, Place
from doorward.console.api.fields import (
    Caller,
    Document,
    Id,
    Moment,
    NextCursor,
    PageQuery,
    micros,
    moment,
)
from doorward.console.api.model import ApiServices
from doorward.console.api.route import Operation
from doorward.orgs import Permission

__all__ = ["AuditRoutes"]


_ACTION = (
    "As in `account.created`. Calls and renewals of connections are found by `actor` and `target` "
    "only together with theirs."
)


class AuditEvent(Document):
    """One thing that was done."""

    event_id: Id
    at: Moment
    actor_kind: Annotated[str, Field(examples=["account"])]
    actor_id: str
    action: Annotated[str, Field(examples=["account.created"])]
    target_kind: str
    target_id: str
    address: str | None
    detail: dict[str, str | int | bool]

    @classmethod
    def of(cls, recorded: RecordedEvent) -> AuditEvent:
        """Show ``recorded``."""
        event = recorded.event
        return cls(
            event_id=str(recorded.event_id),
            at=moment(recorded.at),
            actor_kind=event.actor_kind,
            actor_id=event.actor_id,
            action=event.action,
            target_kind=event.target_kind,
            target_id=event.target_id,
            address=event.address,
            detail=dict(event.detail),
        )


class AuditPage(Document):
    """A page of events."""

    items: list[AuditEvent]
    next_cursor: NextCursor


class AuditQuery(PageQuery):
    """Which events to list."""

    action: Annotated[str | None, Query(max_length=100, description=_ACTION)] = None
    actor: Annotated[
        str | None, Query(max_length=200, description="By whom: an account's number, a client id.")
    ] = None
    target: Annotated[
        str | None, Query(max_length=200, description="What it was done to, by its identifier.")
    ] = None
    since: Annotated[AwareDatetime | None, Query(description="Not before this moment.")] = None
    until: Annotated[AwareDatetime | None, Query(description="Before this moment.")] = None

    def wanted(self) -> EventFilter:
        """The events that are asked for."""
        return EventFilter(
            actor=self.actor,
            action=self.action,
            target=self.target,
            since=None if self.since is None else micros(self.since),
            until=None if self.until is None else micros(self.until),
        )


class AuditRoutes:
    """Operations on the audit log."""

    def __init__(self, use: ApiServices, cursors: Cursors) -> None:
        """Serve ``use.audit``."""
        self._use = use
        self._cursors = cursors

    def operations(self) -> tuple[Operation, ...]:
        """What is served, in the order of the reference."""
        read = Permission.AUDIT_READ
        return (Operation("GET", "/audit-events", read, self.list_audit_events, "List events"),)

    async def list_audit_events(
        self, call: Caller, query: Annotated[AuditQuery, Query()]
    ) -> AuditPage:
        """Events of the organization, the newest first."""
        place = Place(call.org_id, "list_audit_events", query.filters())
        window = self._cursors.open(place, query.cursor, query.limit)
        found = await self._use.audit.search(
            call.org_id, query.wanted(), window.after_number, window.fetch
        )
        rows, following = window.close(found, lambda each: each.event_id)
        return AuditPage(items=[AuditEvent.of(each) for each in rows], next_cursor=following)
