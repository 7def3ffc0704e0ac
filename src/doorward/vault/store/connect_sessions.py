"""The table of connect sessions, and its statements."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    bindparam,
    insert,
    or_,
    select,
    update,
)

from doorward.db import Reads, Transaction, expires_by_id, metadata, statement
from doorward.vault.connect_sessions_model import ConnectSession

__all__ = [
    "EXPIRE_CONNECT_SESSIONS",
    "connect_sessions",
    "end_connect_session",
    "find_connect_session",
    "insert_connect_session",
    "open_connect_session",
]

connect_sessions = Table(
    "connect_sessions",
    metadata,
    Column("org_id", Text, nullable=False),
    Column("id", BigInteger, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("client_id", Text, nullable=False),
    Column("account_id", BigInteger, nullable=False),
    Column("connectors", Text, nullable=False),
    Column("reconnect_of", BigInteger),
    Column("return_origin", Text, nullable=False),
    Column("return_url", Text, nullable=False),
    Column("session_id", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
    Column("result", Text),
    Column("connection_id", BigInteger),
    PrimaryKeyConstraint("id", "org_id"),
    sqlite_with_rowid=False,
)
"""``session_id`` is the sign-in that opened it, and the only one that may go on in it.

``result`` is what came of it, since it was opened last.
"""

EXPIRE_CONNECT_SESSIONS = expires_by_id(connect_sessions)

_c = connect_sessions.c
_THIS = (
    _c.org_id == bindparam("org_id", type_=Text),
    _c.id == bindparam("id", type_=BigInteger),
)
_now = bindparam("now", type_=BigInteger)
_opener = bindparam("opener", type_=BigInteger)
_INSERT = statement(insert(connect_sessions).values({c.name: bindparam(c.name) for c in _c}))
_FIND = statement(select(*_c).where(*_THIS))
# The first sign-in that opens it has it: whoever comes with the same link afterwards is late.
_OPEN = statement(
    update(connect_sessions)
    .where(*_THIS, _c.expires_at > _now, or_(_c.session_id.is_(None), _c.session_id == _opener))
    .values(session_id=_opener, used_at=_now, result=None, connection_id=None)
    .returning(*_c)
)
_END = statement(
    update(connect_sessions)
    .where(*_THIS)
    .values(
        result=bindparam("new_result", type_=Text),
        connection_id=bindparam("new_connection_id", type_=BigInteger),
    )
)


async def insert_connect_session(tx: Transaction, new: ConnectSession, digest: bytes) -> None:
    """Keep a new connect session."""
    await tx.run(_INSERT, **new.as_row(digest))


async def find_connect_session(
    reads: Reads, org_id: str, number: int
) -> tuple[ConnectSession, bytes] | None:
    """The connect session of that number, and the digest of its value."""
    row = await reads.one(_FIND, org_id=org_id, id=number)
    return None if row is None else ConnectSession.from_row(row)


async def open_connect_session(
    tx: Transaction, org_id: str, number: int, *, session_id: int, now: int
) -> ConnectSession | None:
    """The connect session, to the one sign-in that opened it first and while it lives."""
    row = await tx.one(_OPEN, org_id=org_id, id=number, opener=session_id, now=now)
    return None if row is None else ConnectSession.from_row(row)[0]


async def end_connect_session(
    tx: Transaction, org_id: str, number: int, *, result: str, connection_id: int | None
) -> None:
    """Keep what came of it."""
    await tx.run(_END, org_id=org_id, id=number, new_result=result, new_connection_id=connection_id)
