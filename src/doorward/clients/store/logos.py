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
    delete,
    exists,
    func,
    insert,
    not_,
    select,
    tuple_,
    update,
)

from doorward.clients.pictures import Logo
from doorward.clients.store.applications import applications
from doorward.clients.store.reviews import application_approvals, application_changes
from doorward.db import Database, Reads, Transaction, metadata, statement

__all__ = [
    "LogoPlace",
    "application_logos",
    "count_logos_since",
    "delete_unused_logo",
    "find_logo",
    "insert_logo",
    "list_old_logos",
    "renew_logo",
]

LogoPlace = tuple[str, str]
"""The organization, and the key."""


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
# It is as good as new for whoever sends it once more: it must not leave before it is used.
_RENEW = statement(
    update(application_logos)
    .where(*_THIS)
    .values(created_at=bindparam("now", type_=BigInteger), sent_by=bindparam("sent_by"))
)
# It works across organizations on purpose: the walk passes through all of them in one order.
_OLD = statement(
    select(application_logos.c.org_id, application_logos.c.key)
    .where(
        tuple_(application_logos.c.org_id, application_logos.c.key)
        > tuple_(bindparam("after_org"), bindparam("after_key")),
        application_logos.c.created_at < bindparam("before", type_=BigInteger),
    )
    .order_by(application_logos.c.org_id, application_logos.c.key)
    .limit(bindparam("limit", type_=BigInteger))
)
# A key is 64 digits that nothing else has: where it stands in the JSON, it is a logo's.
_UNUSED = statement(
    delete(application_logos).where(
        *_THIS,
        application_logos.c.created_at < bindparam("before", type_=BigInteger),
        not_(
            exists().where(
                applications.c.org_id == bindparam("org_id"),
                applications.c.logo == bindparam("key"),
            )
        ),
        *(
            not_(
                exists().where(
                    table.c.org_id == bindparam("org_id"),
                    column.like(bindparam("mentioned")),
                )
            )
            for table, column in (
                (application_changes, application_changes.c.change),
                (application_approvals, application_approvals.c.reviewed),
            )
        ),
    )
)
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


async def renew_logo(tx: Transaction, org_id: str, key: str, *, sent_by: str, now: int) -> bool:
    """Date the logo ``key`` anew, as one of ``sent_by``; whether the organization keeps it."""
    return await tx.run(_RENEW, org_id=org_id, key=key, sent_by=sent_by, now=now) == 1


async def list_old_logos(
    db: Database, *, after: LogoPlace, before: int, limit: int
) -> list[LogoPlace]:
    """The next logos behind ``after`` that were sent before ``before``, of all organizations."""
    rows = await db.scan(_OLD, after_org=after[0], after_key=after[1], before=before, limit=limit)
    return [(str(org_id), str(key)) for org_id, key in rows]


async def delete_unused_logo(db: Database, place: LogoPlace, *, before: int) -> int:
    """Remove the logo, sent before ``before``, if nothing refers to it; how many left."""
    org_id, key = place
    return await db.run(_UNUSED, org_id=org_id, key=key, before=before, mentioned=f"%{key}%")


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
