"""The table of connect sessions, and its statements."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, LargeBinary, PrimaryKeyConstraint, Table, Text

from doorward.db import expire_statement, metadata

__all__ = ["EXPIRE_CONNECT_SESSIONS", "connect_sessions"]

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
    PrimaryKeyConstraint("id", "org_id"),
    sqlite_with_rowid=False,
)
"""``session_id`` is the sign-in that opened it, and the only one that may go on in it."""

EXPIRE_CONNECT_SESSIONS = expire_statement(connect_sessions)
