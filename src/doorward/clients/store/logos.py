"""Logos of applications, by what they look like, and the statements on them."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    bindparam,
    func,
    insert,
    select,
)

from doorward.clients.pictures import Logo
from doorward.db import Database, Reads, Transaction, metadata, statement

__all__ = ["application_logos", "count_logos_since", "find_logo", "has_logo", "insert_logo"]

# With row ids on SQLite: the pictures are too long for the leaves of an index.
application_logos = Table(
    "application_logos",
    metadata,
    Column("org_id", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("sent_by", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("large", LargeBinary, nullable=False),
    Column("small", LargeBinary, nullable=False),
    PrimaryKeyConstraint("org_id", "key"),
    Index("application_logos_by_sender", "org_id", "sent_by", "created_at"),
)

_THIS = (
    application_logos.c.org_id == bindparam("org_id"),
    application_logos.c.key == bindparam("key"),
)
_FIND = statement(
    select(application_logos.c.key, application_logos.c.large, application_logos.c.small).where(
        *_THIS
    )
)
_HAS = statement(select(application_logos.c.key).where(*_THIS))
_COUNT = statement(
    select(func.count())
    .select_from(application_logos)
    .where(
        application_logos.c.org_id == bindparam("org_id"),
        application_logos.c.sent_by == bindparam("sent_by"),
        application_logos.c.created_at > bindparam("since", type_=BigInteger),
    )
)
_INSERT = statement(
    insert(application_logos).values({c.name: bindparam(c.name) for c in application_logos.c})
)


async def find_logo(db: Database, org_id: str, key: str) -> Logo | None:
    """The logo ``key`` of the organization."""
    row = await db.one(_FIND, org_id=org_id, key=key)
    return None if row is None else Logo(row[0], bytes(row[1]), bytes(row[2]))


async def has_logo(reads: Reads, org_id: str, key: str) -> bool:
    """Whether the organization keeps the logo ``key``."""
    return await reads.one(_HAS, org_id=org_id, key=key) is not None


async def count_logos_since(reads: Reads, org_id: str, sent_by: str, since: int) -> int:
    """How many new pictures ``sent_by`` sent after ``since``."""
    row = await reads.one(_COUNT, org_id=org_id, sent_by=sent_by, since=since)
    return 0 if row is None else int(row[0])


async def insert_logo(tx: Transaction, org_id: str, logo: Logo, *, sent_by: str, now: int) -> None:
    """Keep a logo. Raises ``Conflict`` when it is there already."""
    await tx.run(
        _INSERT,
        org_id=org_id,
        key=logo.key,
        sent_by=sent_by,
        created_at=now,
        large=logo.large,
        small=logo.small,
    )
