"""What the groups of Neon gained: lists of members, invitations, and permissions of projects."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Apply."""
    by_group = ["org_id", "group_id", "account_id"]
    op.create_index("project_members_by_group", "project_members", by_group)
    _add_invitations()
    _add_permissions()


def downgrade() -> None:
    """Undo."""
    op.drop_table("project_permissions")
    op.drop_table("project_invitations")
    op.drop_index("project_members_by_group", "project_members")


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _number(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _add_invitations() -> None:
    op.create_table(
        "project_invitations",
        _text("org_id"),
        _number("id"),
        _text("group_id"),
        _text("address"),
        sa.Column("address_key", _KEY, nullable=False),
        _text("role"),
        _number("invited_by", nullable=True),
        _number("invited_at"),
        _number("expires_at"),
        sa.PrimaryKeyConstraint("id", "org_id"),
        sa.UniqueConstraint(
            "org_id", "group_id", "address_key", name="project_invitations_address"
        ),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "project_invitations_by_address", "project_invitations", ["org_id", "address_key", "id"]
    )
    op.create_index("project_invitations_by_expiry", "project_invitations", ["expires_at"])


def _add_permissions() -> None:
    op.create_table(
        "project_permissions",
        _text("org_id"),
        _number("id"),
        _number("project"),
        _text("email"),
        sa.Column("email_key", _KEY, nullable=False),
        _number("granted_by"),
        _number("granted_at"),
        _number("expires_at", nullable=True),
        sa.PrimaryKeyConstraint("id", "org_id"),
        sa.UniqueConstraint("org_id", "project", "email_key", name="project_permissions_email"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "project_permissions_by_email", "project_permissions", ["org_id", "email_key", "project"]
    )
    op.create_index("project_permissions_by_expiry", "project_permissions", ["expires_at"])
