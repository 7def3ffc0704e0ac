"""The table of tenant credentials, that of who may submit them, and their statements."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)

from doorward.db import expire_indexed_statement, metadata

__all__ = ["EXPIRE_CREDENTIALS", "connect_policies", "tenant_credentials"]

_ACTIVE = text("state = 'active'")
_PENDING = text("state = 'pending'")

tenant_credentials = Table(
    "tenant_credentials",
    metadata,
    Column("org_id", Text, nullable=False),
    Column("id", BigInteger, nullable=False),
    Column("connector", Text, nullable=False),
    Column("environment", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("client_id", Text, nullable=False),
    Column("redirect_uri", Text, nullable=False),
    Column("extra", Text, nullable=False),
    Column("sealed", LargeBinary),
    Column("submitted_by", BigInteger, nullable=False),
    Column("replaces", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("activated_at", BigInteger),
    Column("verified_at", BigInteger),
    Column("ended_at", BigInteger),
    PrimaryKeyConstraint("id", "org_id"),
    # Two administrators at once: the second to commit is refused by these, and looks again.
    Index(
        "tenant_credentials_active",
        "org_id",
        "connector",
        "environment",
        unique=True,
        sqlite_where=_ACTIVE,
        postgresql_where=_ACTIVE,
    ),
    Index(
        "tenant_credentials_pending",
        "org_id",
        "connector",
        "environment",
        "submitted_by",
        unique=True,
        sqlite_where=_PENDING,
        postgresql_where=_PENDING,
    ),
    Index("tenant_credentials_by_connector", "org_id", "connector", "environment", "id"),
    Index("tenant_credentials_by_expiry", "expires_at"),
    sqlite_with_rowid=False,
)
"""Versions of credentials. ``sealed`` holds the secrets, the newest first."""

connect_policies = Table(
    "connect_policies",
    metadata,
    Column("org_id", Text, nullable=False),
    Column("submitters", Text, nullable=False),
    PrimaryKeyConstraint("org_id"),
    sqlite_with_rowid=False,
)

EXPIRE_CREDENTIALS = expire_indexed_statement(tenant_credentials)
"""Only what is pending has an end that is known beforehand."""
