"""What applications did on each day, and the statements on it."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    PrimaryKeyConstraint,
    Table,
    Text,
    bindparam,
    select,
)

from doorward.db import (
    Reads,
    Row,
    Transaction,
    expires_by_time,
    metadata,
    statement,
    upsert,
)

__all__ = ["EXPIRE_USAGE", "UsageKey", "add_usage", "application_usage", "list_usage"]

UsageKey = tuple[int, str, str, str]
"""The day since the epoch, the organization, the client id, and what is counted."""

application_usage = Table(
    "application_usage",
    metadata,
    Column("day", BigInteger, nullable=False),
    Column("org_id", Text, nullable=False),
    Column("client_id", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("times", BigInteger, nullable=False),
    PrimaryKeyConstraint("day", "org_id", "client_id", "what"),
    Index("application_usage_by_client", "org_id", "client_id", "day"),
    sqlite_with_rowid=False,
)


_ADD = upsert(
    application_usage, keys=("day", "org_id", "client_id", "what"), change=(), add=("times",)
)
_LIST = statement(
    select(application_usage.c.day, application_usage.c.what, application_usage.c.times)
    .where(
        application_usage.c.org_id == bindparam("org_id"),
        application_usage.c.client_id == bindparam("client_id"),
        application_usage.c.day >= bindparam("since", type_=BigInteger),
    )
    .order_by(application_usage.c.day, application_usage.c.what)
)
_KEY = (
    application_usage.c.day,
    application_usage.c.org_id,
    application_usage.c.client_id,
    application_usage.c.what,
)
EXPIRE_USAGE = expires_by_time(application_usage, *_KEY)


async def add_usage(tx: Transaction, counted: Iterable[tuple[UsageKey, int]]) -> None:
    """Add each count to its row."""
    for (day, org_id, client_id, what), times in counted:
        await tx.run(_ADD, day=day, org_id=org_id, client_id=client_id, what=what, times=times)


async def list_usage(reads: Reads, org_id: str, client_id: str, *, since: int) -> list[Row]:
    """``day, what, times`` from the day ``since``, in order."""
    return await reads.all(_LIST, org_id=org_id, client_id=client_id, since=since)
