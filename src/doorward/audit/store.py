"""The table of events, and its statements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    PrimaryKeyConstraint,
    Table,
    Text,
    bindparam,
    insert,
    select,
)

from doorward.audit.model import Event, RecordedEvent
from doorward.db import Database, Transaction, metadata, statement

__all__ = ["audit_events", "has_recorded", "list_events", "record", "record_uses"]

audit_events = Table(
    "audit_events",
    metadata,
    Column("org_id", Text, nullable=False),
    Column("event_id", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("actor_kind", Text, nullable=False),
    Column("actor_id", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("target_kind", Text, nullable=False),
    Column("target_id", Text, nullable=False),
    Column("address", Text),
    Column("detail", Text, nullable=False),
    PrimaryKeyConstraint("event_id", "org_id"),
    Index("audit_events_by_org", "org_id", "event_id"),
    Index("audit_events_by_action", "org_id", "action", "event_id"),
    sqlite_with_rowid=False,
)

_INSERT = statement(
    insert(audit_events).values({column.name: bindparam(column.name) for column in audit_events.c})
)
_NEWEST = (
    select(*audit_events.c)
    .where(
        audit_events.c.org_id == bindparam("org_id"),
        audit_events.c.event_id < bindparam("before"),
    )
    .order_by(audit_events.c.event_id.desc())
    .limit(bindparam("limit", type_=BigInteger))
)
_LIST = statement(_NEWEST)
_LIST_ACTION = statement(_NEWEST.where(audit_events.c.action == bindparam("action")))

_SAME = statement(
    select(audit_events.c.event_id)
    .where(
        audit_events.c.org_id == bindparam("org_id"),
        audit_events.c.action == bindparam("action"),
        audit_events.c.at > bindparam("since", type_=BigInteger),
        audit_events.c.actor_kind == bindparam("actor_kind"),
        audit_events.c.actor_id == bindparam("actor_id"),
        audit_events.c.target_kind == bindparam("target_kind"),
        audit_events.c.target_id == bindparam("target_id"),
    )
    .limit(1)
)


async def has_recorded(tx: Transaction, event: Event, *, since: int) -> bool:
    """Whether the same author did the same to the same target after ``since`` (microseconds)."""
    row = await tx.one(
        _SAME,
        org_id=event.org_id,
        action=event.action,
        since=since,
        actor_kind=event.actor_kind,
        actor_id=event.actor_id,
        target_kind=event.target_kind,
        target_id=event.target_id,
    )
    return row is not None


async def record(tx: Transaction, event: Event, *, event_id: int, now: int) -> None:
    """Append ``event`` in the unit of the change that it describes, at ``now`` (microseconds)."""
    await tx.run(_INSERT, **_row(event, event_id, now))


async def record_uses(db: Database, events: Sequence[Event], *, now: int) -> None:
    """Append events that describe no change, but that something was used: all of them or none."""
    await db.run_each(_INSERT, [_row(event, db.next_id(), now) for event in events])


def _row(event: Event, event_id: int, now: int) -> dict[str, Any]:
    return {
        "org_id": event.org_id,
        "event_id": event_id,
        "at": now,
        "actor_kind": event.actor_kind,
        "actor_id": event.actor_id,
        "action": event.action,
        "target_kind": event.target_kind,
        "target_id": event.target_id,
        "address": event.address,
        "detail": event.rendered_detail(),
    }


async def list_events(
    db: Database, org_id: str, *, before: int, limit: int, action: str | None
) -> list[RecordedEvent]:
    """Events of ``org_id`` with a smaller identifier than ``before``, newest first."""
    if action is None:
        rows = await db.scan(_LIST, org_id=org_id, before=before, limit=limit)
    else:
        rows = await db.scan(_LIST_ACTION, org_id=org_id, before=before, limit=limit, action=action)
    return [RecordedEvent.from_row(row) for row in rows]
