"""Tenant credentials, and flows and sessions of people who connect."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

_ACTIVE = sa.text("state = 'active'")
_PENDING = sa.text("state = 'pending'")


def upgrade() -> None:
    """Apply."""
    _add_credentials()
    _index_credentials()
    _add_flows()
    _add_managed_values()


def downgrade() -> None:
    """Undo."""
    for table in (
        "managed_failures",
        "managed_values",
        "connect_sessions",
        "connect_flows",
        "connect_policies",
        "tenant_credentials",
    ):
        op.drop_table(table)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _number(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _bytes(name: str, *, nullable: bool = False) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary(), nullable=nullable)


def _add_credentials() -> None:
    op.create_table(
        "tenant_credentials",
        _text("org_id"),
        _number("id"),
        _text("connector"),
        _number("connector_id"),
        _text("environment"),
        _text("state"),
        _text("label"),
        _text("client_id"),
        _text("redirect_uri"),
        _text("extra"),
        _bytes("sealed", nullable=True),
        _number("submitted_by"),
        _number("replaces", nullable=True),
        _number("created_at"),
        _number("expires_at", nullable=True),
        _number("activated_at", nullable=True),
        _number("verified_at", nullable=True),
        _number("ended_at", nullable=True),
        sa.PrimaryKeyConstraint("id", "org_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "connect_policies",
        _text("org_id"),
        _text("submitters"),
        sa.PrimaryKeyConstraint("org_id"),
        sqlite_with_rowid=False,
    )


def _index_credentials() -> None:
    op.create_index(
        "tenant_credentials_active",
        "tenant_credentials",
        ["org_id", "connector", "connector_id", "environment"],
        unique=True,
        sqlite_where=_ACTIVE,
        postgresql_where=_ACTIVE,
    )
    op.create_index(
        "tenant_credentials_pending",
        "tenant_credentials",
        ["org_id", "connector", "connector_id", "environment", "submitted_by"],
        unique=True,
        sqlite_where=_PENDING,
        postgresql_where=_PENDING,
    )
    op.create_index(
        "tenant_credentials_by_connector",
        "tenant_credentials",
        ["org_id", "connector", "connector_id", "id"],
    )
    op.create_index("tenant_credentials_by_expiry", "tenant_credentials", ["expires_at"])


def _add_flows() -> None:
    op.create_table(
        "connect_flows",
        _text("org_id"),
        _number("id"),
        _bytes("state_digest"),
        _bytes("cookie_digest"),
        _text("connector"),
        _number("connector_id"),
        _text("auth_option"),
        _text("environment"),
        _number("account_id"),
        _number("session_id"),
        _number("credentials_id", nullable=True),
        _number("connect_session_id", nullable=True),
        _text("redirect_uri"),
        _text("given"),
        _text("return_to"),
        _number("reconnect_of", nullable=True),
        _bytes("sealed"),
        _number("created_at"),
        _number("expires_at"),
        sa.PrimaryKeyConstraint("id", "org_id"),
        sa.UniqueConstraint("org_id", "state_digest", name="connect_flows_state"),
        sqlite_with_rowid=False,
    )
    op.create_index("connect_flows_by_session", "connect_flows", ["org_id", "session_id", "id"])
    op.create_table(
        "connect_sessions",
        _text("org_id"),
        _number("id"),
        _bytes("digest"),
        _text("client_id"),
        _number("account_id"),
        _text("connectors"),
        _number("reconnect_of", nullable=True),
        _text("return_origin"),
        _text("return_url"),
        _number("session_id", nullable=True),
        _number("created_at"),
        _number("expires_at"),
        _number("used_at", nullable=True),
        sa.PrimaryKeyConstraint("id", "org_id"),
        sqlite_with_rowid=False,
    )


def _add_managed_values() -> None:
    op.create_table(
        "managed_values",
        _text("org_id"),
        _text("connector"),
        _number("connector_id"),
        _number("account_id"),
        _text("name"),
        _bytes("sealed"),
        _number("changed_at"),
        sa.PrimaryKeyConstraint("org_id", "connector", "connector_id", "account_id", "name"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "managed_failures",
        _text("org_id"),
        _text("connector"),
        _number("connector_id"),
        _number("account_id"),
        _number("failed_at"),
        sa.PrimaryKeyConstraint("org_id", "connector", "connector_id", "account_id"),
        sqlite_with_rowid=False,
    )
