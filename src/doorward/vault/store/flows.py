"""The table of flows by which people connect, and its statements."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

from doorward.db import expire_statement, metadata

__all__ = ["EXPIRE_FLOWS", "connect_flows"]

connect_flows = Table(
    "connect_flows",
    metadata,
    Column("org_id", Text, nullable=False),
    Column("id", BigInteger, nullable=False),
    Column("state_digest", LargeBinary, nullable=False),
    Column("cookie_digest", LargeBinary, nullable=False),
    Column("connector", Text, nullable=False),
    Column("connector_id", BigInteger, nullable=False),
    Column("auth_option", Text, nullable=False),
    Column("environment", Text, nullable=False),
    Column("account_id", BigInteger, nullable=False),
    Column("session_id", BigInteger, nullable=False),
    Column("credentials_id", BigInteger),
    Column("connect_session_id", BigInteger),
    Column("redirect_uri", Text, nullable=False),
    Column("given", Text, nullable=False),
    Column("return_to", Text, nullable=False),
    Column("reconnect_of", BigInteger),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("id", "org_id"),
    UniqueConstraint("org_id", "state_digest", name="connect_flows_state"),
    sqlite_with_rowid=False,
)
"""``sealed`` holds the PKCE verifier, the nonce, and secret values that are not kept."""

EXPIRE_FLOWS = expire_statement(connect_flows)
