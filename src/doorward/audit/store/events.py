"""The table of events, and its statements."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, Final

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
    text,
)

from doorward.audit.links import BRIEF_ACTIONS
from doorward.audit.model import Event, EventFilter, RecordedEvent
from doorward.db import Database, Statement, Transaction, metadata, oldest_id_at, statement

__all__ = ["END", "audit_events", "list_events", "record", "record_uses"]

END: Final = (1 << 63) - 1
"""No event has a larger identifier."""

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
# What is recorded with every call pays for no search: those events are found by action and time.
_RARE = text("action NOT IN (" + ", ".join(f"'{action}'" for action in sorted(BRIEF_ACTIONS)) + ")")
for _name in ("actor", "target"):
    Index(
        f"audit_events_by_{_name}",
        audit_events.c.org_id,
        audit_events.c[f"{_name}_id"],
        audit_events.c.event_id,
        sqlite_where=_RARE,
        postgresql_where=_RARE,
    )

_INSERT = statement(
    insert(audit_events).values({column.name: bindparam(column.name) for column in audit_events.c})
)
_NEWEST = (
    select(*audit_events.c)
    .where(
        audit_events.c.org_id == bindparam("org_id"),
        audit_events.c.event_id < bindparam("before", type_=BigInteger),
        audit_events.c.event_id >= bindparam("since", type_=BigInteger),
    )
    .order_by(audit_events.c.event_id.desc())
    .limit(bindparam("limit", type_=BigInteger))
)
_EQUAL = {
    "actor": audit_events.c.actor_id,
    "action": audit_events.c.action,
    "target": audit_events.c.target_id,
}


@cache
def _listing(names: frozenset[str]) -> Statement:
    """The newest events for a filter of these names; there are eight of them."""
    found = _NEWEST.where(*(_EQUAL[name] == bindparam(name) for name in sorted(names)))
    searched = names and "action" not in names
    return statement(found.where(_RARE) if searched else found)


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
    db: Database, org_id: str, wanted: EventFilter, *, before: int, limit: int
) -> list[RecordedEvent]:
    """Events of ``org_id`` with a smaller identifier than ``before``, newest first."""
    equal = {name: value for name in _EQUAL if (value := getattr(wanted, name)) is not None}
    since = 0 if wanted.since is None else min(oldest_id_at(wanted.since), END)
    if wanted.until is not None:
        before = min(before, oldest_id_at(wanted.until))
    listing = _listing(frozenset(equal))
    rows = await db.scan(listing, org_id=org_id, since=since, before=before, limit=limit, **equal)
    return [RecordedEvent.from_row(row) for row in rows]
