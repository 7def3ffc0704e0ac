"""The steps of reviews, the changes that wait and what was approved, and their statements."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    PrimaryKeyConstraint,
    Table,
    Text,
    bindparam,
    delete,
    insert,
    select,
)

from doorward.clients.model import Application
from doorward.clients.records import PendingChange, ReviewEvent
from doorward.clients.review import ApplicationStatus
from doorward.clients.store.applications import applications, with_secrets
from doorward.db import Database, Reads, Transaction, metadata, statement, upsert

__all__ = [
    "application_approvals",
    "application_changes",
    "delete_change",
    "delete_reviews",
    "find_approved",
    "find_change",
    "insert_event",
    "list_events",
    "list_queue",
    "list_scope_users",
    "put_approval",
    "put_change",
    "review_events",
]

review_events = Table(
    "review_events",
    metadata,
    Column("org_id", Text, nullable=False),
    Column("id", BigInteger, nullable=False),
    Column("client_id", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("author", Text, nullable=False),
    Column("author_account_id", BigInteger),
    Column("action", Text, nullable=False),
    Column("from_status", Text),
    Column("to_status", Text, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("message", Text),
    PrimaryKeyConstraint("id", "org_id"),
    Index("review_events_by_client", "org_id", "client_id", "id"),
    sqlite_with_rowid=False,
)
application_changes = Table(
    "application_changes",
    metadata,
    Column("org_id", Text, nullable=False),
    Column("client_id", Text, nullable=False),
    Column("change", Text, nullable=False),
    Column("author_account_id", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("org_id", "client_id"),
    sqlite_with_rowid=False,
)
application_approvals = Table(
    "application_approvals",
    metadata,
    Column("org_id", Text, nullable=False),
    Column("client_id", Text, nullable=False),
    Column("reviewed", Text, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("approved_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("org_id", "client_id"),
    sqlite_with_rowid=False,
)

_EVENT_COLUMNS = [c for c in review_events.c if c.name != "org_id"]
_ITS_CHANGE = (
    application_changes.c.org_id == bindparam("org_id"),
    application_changes.c.client_id == bindparam("client_id"),
)
_ITS_APPROVAL = (
    application_approvals.c.org_id == bindparam("org_id"),
    application_approvals.c.client_id == bindparam("client_id"),
)
_ITS_EVENTS = (
    review_events.c.org_id == bindparam("org_id"),
    review_events.c.client_id == bindparam("client_id"),
)
_INSERT_EVENT = statement(
    insert(review_events).values({c.name: bindparam(c.name) for c in review_events.c})
)
_LIST_EVENTS = statement(
    select(*_EVENT_COLUMNS)
    .where(*_ITS_EVENTS, review_events.c.id < bindparam("before", type_=BigInteger))
    .order_by(review_events.c.id.desc())
    .limit(bindparam("limit", type_=BigInteger))
)
_FIND_CHANGE = statement(
    select(
        application_changes.c.change,
        application_changes.c.author_account_id,
        application_changes.c.created_at,
    ).where(*_ITS_CHANGE)
)
_PUT_CHANGE = upsert(
    application_changes,
    keys=("org_id", "client_id"),
    change=("change", "author_account_id", "created_at"),
)
_DELETE_CHANGE = statement(delete(application_changes).where(*_ITS_CHANGE))
_FIND_APPROVED = statement(select(application_approvals.c.reviewed).where(*_ITS_APPROVAL))
_PUT_APPROVAL = upsert(
    application_approvals,
    keys=("org_id", "client_id"),
    change=("reviewed", "revision", "approved_at"),
)
_DELETE_APPROVAL = statement(delete(application_approvals).where(*_ITS_APPROVAL))
_DELETE_EVENTS = statement(delete(review_events).where(*_ITS_EVENTS))
_SCOPES_OF_LIVE = statement(
    select(applications.c.client_id, applications.c.scopes).where(
        applications.c.org_id == bindparam("org_id"),
        applications.c.scopes.like(bindparam("pattern"), escape="\\"),
    )
)
_SCOPES_OF_CHANGES = statement(
    select(application_changes.c.client_id, application_changes.c.change).where(
        application_changes.c.org_id == bindparam("org_id"),
        application_changes.c.change.like(bindparam("pattern"), escape="\\"),
    )
)
_QUEUE = statement(
    select(*applications.c)
    .where(
        applications.c.org_id == bindparam("org_id"),
        applications.c.status == bindparam("status"),
        applications.c.queue_id > bindparam("after", type_=BigInteger),
    )
    .order_by(applications.c.queue_id)
    .limit(bindparam("limit", type_=BigInteger))
)


async def list_scope_users(
    reads: Reads, org_id: str, scope: str
) -> list[tuple[str, tuple[str, ...]]]:
    """Applications by client id, each with the scopes that it has or, in a change, asks for.

    Among them is everyone that uses ``scope``; not everyone that is found does.
    """
    pattern = f"%{_escaped(msgspec.json.encode(scope).decode())}%"
    found = []
    for query in (_SCOPES_OF_LIVE, _SCOPES_OF_CHANGES):
        for client_id, text in await reads.all(query, org_id=org_id, pattern=pattern):
            read = msgspec.json.decode(text)
            scopes = read.get("scopes", ()) if isinstance(read, dict) else read
            found.append((str(client_id), tuple(scopes)))
    return found


def _escaped(text: str) -> str:
    for special in ("\\", "%", "_"):
        text = text.replace(special, f"\\{special}")
    return text


async def insert_event(tx: Transaction, org_id: str, event: ReviewEvent) -> None:
    """Keep a step for good."""
    await tx.run(
        _INSERT_EVENT,
        org_id=org_id,
        id=event.event_id,
        client_id=event.client_id,
        at=event.at,
        author=event.author,
        author_account_id=event.author_account_id,
        action=event.action,
        from_status=event.from_status,
        to_status=event.to_status,
        revision=event.revision,
        message=event.message,
    )


async def list_events(
    reads: Reads, org_id: str, client_id: str, *, before: int, limit: int
) -> list[ReviewEvent]:
    """Steps older than the step ``before``, newest first."""
    rows = await reads.all(
        _LIST_EVENTS, org_id=org_id, client_id=client_id, before=before, limit=limit
    )
    return [ReviewEvent.from_row(row) for row in rows]


async def find_change(reads: Reads, org_id: str, client_id: str) -> PendingChange | None:
    """The change that waits."""
    row = await reads.one(_FIND_CHANGE, org_id=org_id, client_id=client_id)
    return None if row is None else PendingChange.from_row(row)


async def put_change(tx: Transaction, org_id: str, client_id: str, waiting: PendingChange) -> None:
    """Let ``waiting`` wait, in place of what did."""
    await tx.run(
        _PUT_CHANGE,
        org_id=org_id,
        client_id=client_id,
        change=waiting.change.to_json(),
        author_account_id=waiting.author_account_id,
        created_at=waiting.created_at,
    )


async def delete_change(tx: Transaction, org_id: str, client_id: str) -> bool:
    """Drop what waits; whether anything did."""
    return await tx.run(_DELETE_CHANGE, org_id=org_id, client_id=client_id) == 1


async def find_approved(reads: Reads, org_id: str, client_id: str) -> dict[str, Any] | None:
    """The reviewed fields as they were approved last; None when they never were."""
    row = await reads.one(_FIND_APPROVED, org_id=org_id, client_id=client_id)
    return None if row is None else msgspec.json.decode(row[0], type=dict[str, Any])


async def put_approval(
    tx: Transaction, application: Application, fields: dict[str, Any], now: int
) -> None:
    """Keep ``fields`` as what was approved at ``now`` (microseconds)."""
    await tx.run(
        _PUT_APPROVAL,
        org_id=application.org_id,
        client_id=application.client_id,
        reviewed=msgspec.json.encode(fields).decode(),
        revision=application.revision,
        approved_at=now,
    )


async def delete_reviews(tx: Transaction, org_id: str, client_id: str) -> None:
    """Forget every step, what waits and what was approved of an application that goes."""
    for each in (_DELETE_EVENTS, _DELETE_CHANGE, _DELETE_APPROVAL):
        await tx.run(each, org_id=org_id, client_id=client_id)


async def list_queue(
    db: Database, org_id: str, states: Collection[ApplicationStatus], *, after: int, limit: int
) -> list[Application]:
    """Applications in one of ``states`` that came after ``after``, the oldest first."""
    found = [
        row
        for status in sorted(set(states))
        for row in await db.scan(_QUEUE, org_id=org_id, status=status, after=after, limit=limit)
    ]
    place = [c.name for c in applications.c].index("queue_id")
    oldest = sorted(found, key=lambda row: int(row[place]))[:limit]
    return [await with_secrets(db, row) for row in oldest]
