"""The tables: connections, what the outbox holds for later, and the keys that sealed something."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    or_,
    text,
)

from doorward.db import metadata

__all__ = ["CONNECTION_COLUMNS", "IS_LIVE", "connections", "vault_keys", "vault_outbox"]

_DUE = text("next_refresh_at IS NOT NULL")

connections = Table(
    "connections",
    metadata,
    Column("org_id", Text, nullable=False),
    Column("id", BigInteger, nullable=False),
    Column("account_id", BigInteger, nullable=False),
    Column("connector", Text, nullable=False),
    Column("connector_id", BigInteger, nullable=False),
    Column("auth_option", Text, nullable=False),
    Column("environment", Text, nullable=False),
    Column("credentials_id", BigInteger),
    Column("label", Text, nullable=False),
    Column("party_key", Text),
    Column("party_id", Text, nullable=False),
    Column("party_name", Text, nullable=False),
    Column("party_email", Text, nullable=False),
    Column("variables", Text, nullable=False),
    Column("sealed", LargeBinary),
    Column("token_version", BigInteger, nullable=False),
    Column("grant_id", BigInteger, nullable=False),
    Column("token_type", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("reason", Text),
    Column("since", BigInteger, nullable=False),
    Column("scopes", Text),
    Column("expires_at", BigInteger),
    Column("refresh_expires_at", BigInteger),
    Column("lifetime_s", BigInteger),
    Column("refresh_kind", Text, nullable=False),
    Column("skew_s", BigInteger, nullable=False),
    Column("keepalive_s", BigInteger),
    Column("next_refresh_at", BigInteger),
    Column("retry_at", BigInteger),
    Column("failures", BigInteger, nullable=False),
    Column("last_used_at", BigInteger),
    Column("last_refreshed_at", BigInteger),
    Column("lease_owner", BigInteger),
    Column("lease_until", BigInteger),
    Column("manifest_version", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("settings", Text, nullable=False),
    PrimaryKeyConstraint("id", "org_id"),
    UniqueConstraint(
        "org_id", "account_id", "connector", "environment", "party_key", name="connections_party"
    ),
    Index("connections_by_org", "org_id", "id"),
    Index("connections_by_account", "org_id", "account_id", "id"),
    Index("connections_by_connector", "org_id", "connector", "id"),
    Index("connections_by_status", "org_id", "status", "id"),
    Index("connections_by_credentials", "org_id", "credentials_id"),
    Index("connections_due", "next_refresh_at", sqlite_where=_DUE, postgresql_where=_DUE),
    sqlite_with_rowid=False,
)
"""``party_key`` is unknown (null) where the platform does not tell whose account it is."""

vault_outbox = Table(
    "vault_outbox",
    metadata,
    Column("org_id", Text, nullable=False),
    Column("id", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("connection_id", BigInteger, nullable=False),
    Column("detail", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("tries", BigInteger, nullable=False),
    Column("next_at", BigInteger, nullable=False),
    Column("claimed_by", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("id", "org_id"),
    Index("vault_outbox_by_next", "next_at"),
    Index("vault_outbox_by_connection", "org_id", "connection_id"),
    Index("vault_outbox_by_expiry", "expires_at"),
    sqlite_with_rowid=False,
)
"""``next_at`` is the next try, or the end of the lease of who tries it."""

# The installation's own, as its master keys are: no organization.
vault_keys = Table(
    "vault_keys",
    metadata,
    Column("fingerprint", LargeBinary, primary_key=True),
    Column("canary", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

IS_LIVE = or_(
    connections.c.status == "active",
    connections.c.status == "degraded",
    connections.c.status == "blocked",
)
"""Whether a connection would have to be made again if its credentials went."""

CONNECTION_COLUMNS = tuple(connections.c)
"""What ``Connection.from_row`` reads."""
