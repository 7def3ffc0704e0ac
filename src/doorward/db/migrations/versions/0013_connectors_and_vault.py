"""Connectors, tenant credentials and connections."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

_DUE = sa.text("next_refresh_at IS NOT NULL")


def upgrade() -> None:
    """Apply."""
    _add_connectors()
    _add_connections()
    _add_vault()


def downgrade() -> None:
    """Undo."""
    for table in ("vault_keys", "vault_outbox", "connections", "connectors"):
        op.drop_table(table)


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _number(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _bytes(name: str, *, nullable: bool = False) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary(), nullable=nullable)


def _add_connectors() -> None:
    op.create_table(
        "connectors",
        _text("org_id"),
        _text("slug"),
        _number("connector_id"),
        _text("manifest"),
        _text("origin"),
        _number("version"),
        _number("enabled"),
        _number("owner_account_id", nullable=True),
        _number("created_at"),
        _number("changed_at"),
        sa.PrimaryKeyConstraint("org_id", "slug"),
        sqlite_with_rowid=False,
    )


# size: one line for each column
def _add_connections() -> None:
    op.create_table(
        "connections",
        _text("org_id"),
        _number("id"),
        _number("account_id"),
        _text("connector"),
        _number("connector_id"),
        _text("auth_option"),
        _text("environment"),
        _number("credentials_id", nullable=True),
        _text("label"),
        _text("party_key", nullable=True),
        _text("party_id"),
        _text("party_name"),
        _text("party_email"),
        _text("variables"),
        _bytes("sealed", nullable=True),
        _number("token_version"),
        _number("grant_id"),
        _text("token_type"),
        _text("status"),
        _text("reason", nullable=True),
        _number("since"),
        _text("scopes", nullable=True),
        _number("expires_at", nullable=True),
        _number("refresh_expires_at", nullable=True),
        _number("lifetime_s", nullable=True),
        _text("refresh_kind"),
        _number("skew_s"),
        _number("keepalive_s", nullable=True),
        _number("next_refresh_at", nullable=True),
        _number("retry_at", nullable=True),
        _number("failures"),
        _number("last_used_at", nullable=True),
        _number("last_refreshed_at", nullable=True),
        _number("lease_owner", nullable=True),
        _number("lease_until", nullable=True),
        _number("manifest_version"),
        _number("created_at"),
        _text("settings"),
        sa.PrimaryKeyConstraint("id", "org_id"),
        sa.UniqueConstraint(
            "org_id",
            "account_id",
            "connector",
            "environment",
            "party_key",
            name="connections_party",
        ),
        sqlite_with_rowid=False,
    )
    for name, columns in (
        ("connections_by_org", ["org_id", "id"]),
        ("connections_by_account", ["org_id", "account_id", "id"]),
        ("connections_by_connector", ["org_id", "connector", "id"]),
        ("connections_by_status", ["org_id", "status", "id"]),
        ("connections_by_credentials", ["org_id", "credentials_id"]),
    ):
        op.create_index(name, "connections", columns)
    op.create_index(
        "connections_due",
        "connections",
        ["next_refresh_at"],
        sqlite_where=_DUE,
        postgresql_where=_DUE,
    )


def _add_vault() -> None:
    op.create_table(
        "vault_outbox",
        _text("org_id"),
        _number("id"),
        _text("kind"),
        _number("connection_id"),
        _text("detail"),
        _bytes("sealed"),
        _number("tries"),
        _number("next_at"),
        _number("claimed_by", nullable=True),
        _number("created_at"),
        _number("expires_at"),
        sa.PrimaryKeyConstraint("id", "org_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("vault_outbox_by_next", "vault_outbox", ["next_at"])
    op.create_index("vault_outbox_by_connection", "vault_outbox", ["org_id", "connection_id"])
    op.create_index("vault_outbox_by_expiry", "vault_outbox", ["expires_at"])
    op.create_table(
        "vault_keys",
        _bytes("fingerprint"),
        _bytes("canary"),
        _number("created_at"),
        sa.PrimaryKeyConstraint("fingerprint"),
        sqlite_with_rowid=False,
    )
