"""Projects."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_THERE = sa.text("deleted_at IS NULL")
_GONE = sa.text("deleted_at IS NOT NULL")


def upgrade() -> None:
    """Apply."""
    _add_groups()
    _add_projects()
    _add_keys()


def downgrade() -> None:
    """Undo."""
    for table in ("personal_keys", "projects", "project_members", "project_groups"):
        op.drop_table(table)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _number(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _add_groups() -> None:
    op.create_table(
        "project_groups",
        _text("org_id"),
        _text("group_id"),
        _text("name"),
        _text("handle"),
        _text("plan"),
        _number("personal_of", nullable=True),
        _number("created_at"),
        _number("updated_at"),
        sa.PrimaryKeyConstraint("org_id", "group_id"),
        sa.UniqueConstraint("org_id", "handle", name="project_groups_handle"),
        sa.UniqueConstraint("org_id", "personal_of", name="project_groups_personal"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "project_members",
        _text("org_id"),
        _number("account_id"),
        _text("group_id"),
        _text("role"),
        _number("joined_at"),
        sa.PrimaryKeyConstraint("org_id", "account_id", "group_id"),
        sqlite_with_rowid=False,
    )


def _add_projects() -> None:
    op.create_table(
        "projects",
        _text("org_id"),
        _number("id"),
        _text("project_id"),
        _number("owner_id"),
        _text("group_id"),
        _text("name"),
        _text("region_id"),
        _number("pg_version"),
        _number("history_retention_s"),
        _text("settings"),
        _text("creation_source"),
        _number("created_at"),
        _number("updated_at"),
        _number("deleted_at", nullable=True),
        _number("expires_at", nullable=True),
        _text("search_key"),
        sa.PrimaryKeyConstraint("id", "org_id"),
        sa.UniqueConstraint("org_id", "project_id", name="projects_project_id"),
        sqlite_with_rowid=False,
    )
    for name, by, which in (
        ("projects_by_owner", "owner_id", _THERE),
        ("projects_by_group", "group_id", _THERE),
        ("projects_gone_by_owner", "owner_id", _GONE),
        ("projects_gone_by_group", "group_id", _GONE),
    ):
        columns = ["org_id", by, "id"]
        op.create_index(name, "projects", columns, sqlite_where=which, postgresql_where=which)
    op.create_index("projects_by_expiry", "projects", ["expires_at"])


def _add_keys() -> None:
    op.create_table(
        "personal_keys",
        _text("org_id"),
        _number("id"),
        _number("account_id"),
        _text("name"),
        _text("scope"),
        sa.Column("client_id", sa.Text(), nullable=True),
        _number("family_id", nullable=True),
        _number("created_at"),
        _number("expires_at", nullable=True),
        _number("last_used_at", nullable=True),
        sa.Column("last_used_from", sa.Text(), nullable=True),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", "org_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("personal_keys_by_account", "personal_keys", ["org_id", "account_id", "id"])
    op.create_index("personal_keys_by_expiry", "personal_keys", ["expires_at"])
