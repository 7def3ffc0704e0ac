"""The table of what people are to be told about connections, and its statements."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    PrimaryKeyConstraint,
    Select,
    Table,
    Text,
    bindparam,
    delete,
    select,
    text,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.elements import CompilerElement

from doorward.db import (
    Database,
    Statement,
    Transaction,
    expires_by_time,
    metadata,
    statement,
)
from doorward.vault.model import Reason, Status
from doorward.vault.store.tables import connections

__all__ = [
    "EXPIRE_NOTICES",
    "Notice",
    "claim_notice",
    "connection_notices",
    "delete_notice",
    "list_due_notices",
    "note",
    "note_ended",
    "postpone_notice",
]

_WAITING = text("due_at IS NOT NULL")

connection_notices = Table(
    "connection_notices",
    metadata,
    Column("org_id", Text, nullable=False),
    Column("id", BigInteger, nullable=False),
    Column("connection_id", BigInteger, nullable=False),
    Column("due_at", BigInteger),
    Column("expires_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("id", "org_id"),
    Index("connection_notices_due", "due_at", sqlite_where=_WAITING, postgresql_where=_WAITING),
    Index("connection_notices_by_expiry", "expires_at"),
    sqlite_with_rowid=False,
)
"""``id`` is what it is about: a connection, or a version of credentials.

``due_at`` is empty once it was told; until ``expires_at`` nothing more is told of the same.
"""

_n, _c = connection_notices.c, connections.c
_now = bindparam("now", type_=BigInteger)
_until = bindparam("until", type_=BigInteger)
_THIS = (
    _n.org_id == bindparam("org_id", type_=Text),
    _n.id == bindparam("about", type_=BigInteger),
)
_SEEN = (*_THIS, _n.due_at == bindparam("seen_due", type_=BigInteger))
_ENDED = select(_c.org_id, _c.id, _c.id.label("connection_id"), _now, _until).where(
    _c.org_id == bindparam("org_id", type_=Text),
    _c.credentials_id == bindparam("by_credentials", type_=BigInteger),
    _c.status == str(Status.NEEDS_RECONNECT),
    _c.reason == str(Reason.CREDENTIALS_CHANGED),
    _c.since == _now,
)


def _noting(rows: Select[Any] | None) -> Statement:
    """Have ``rows`` told, or the one given; but nothing that was told and has not expired."""

    def build(engine: str) -> CompilerElement:
        insert = postgresql.insert if engine == "postgresql" else sqlite.insert
        names = [column.name for column in _n]
        if rows is None:
            base = insert(connection_notices).values({name: bindparam(name) for name in names})
        else:
            base = insert(connection_notices).from_select(names, rows)
        return base.on_conflict_do_update(
            index_elements=["id", "org_id"],
            set_={name: base.excluded[name] for name in names if name not in {"id", "org_id"}},
            where=_n.expires_at <= base.excluded.due_at,
        )

    return Statement(build)


_NOTE = _noting(None)
_NOTE_ENDED = _noting(_ENDED)
# Workers look after every organization: this looks across them on purpose.
_DUE = statement(
    select(_n.org_id, _n.id, _n.connection_id, _n.due_at)
    .where(_n.due_at.is_not(None), _n.due_at <= _now)
    .order_by(_n.due_at)
    .limit(bindparam("limit", type_=BigInteger))
)
_CLAIM = statement(update(connection_notices).where(*_SEEN).values(due_at=None))
_POSTPONE = statement(update(connection_notices).where(*_SEEN).values(due_at=_until))
_DELETE = statement(delete(connection_notices).where(*_THIS))
EXPIRE_NOTICES = expires_by_time(connection_notices)


@dataclass(frozen=True, slots=True)
class Notice:
    """That something is to be told, of ``about``: a connection, or a version of credentials."""

    org_id: str
    about: int
    connection_id: int
    due_at: int


async def note(tx: Transaction, new: Notice, *, until: int) -> None:
    """Have it told, unless the same was; nothing more of it ``until`` then."""
    await tx.run(
        _NOTE,
        org_id=new.org_id,
        id=new.about,
        connection_id=new.connection_id,
        due_at=new.due_at,
        expires_at=until,
    )


async def note_ended(
    tx: Transaction, org_id: str, credentials_id: int, *, now: int, until: int
) -> None:
    """The same of every connection that ended ``now`` with these credentials, at once."""
    await tx.run(_NOTE_ENDED, org_id=org_id, by_credentials=credentials_id, now=now, until=until)


async def list_due_notices(db: Database, *, now: int, limit: int) -> list[Notice]:
    """What is to be told now, the longest due first."""
    return [Notice(*row) for row in await db.all(_DUE, now=now, limit=limit)]


async def claim_notice(tx: Transaction, notice: Notice) -> bool:
    """Whether it is this unit that tells it: nobody else does, once the unit is committed."""
    return await tx.run(_CLAIM, **_seen(notice)) == 1


async def postpone_notice(db: Database, notice: Notice, *, until: int) -> None:
    """Have it told ``until`` then, if nobody has told it."""
    await db.run(_POSTPONE, **_seen(notice), until=until)


async def delete_notice(tx: Transaction, org_id: str, about: int) -> None:
    """Forget that it was told, or is to be."""
    await tx.run(_DELETE, org_id=org_id, about=about)


def _seen(notice: Notice) -> dict[str, str | int]:
    return {"org_id": notice.org_id, "about": notice.about, "seen_due": notice.due_at}
