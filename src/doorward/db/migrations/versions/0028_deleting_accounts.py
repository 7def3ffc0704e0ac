"""Accounts that are to be deleted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0026"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "account_deletions",
        sa.Column("org_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger()),
        sa.Column("claimed_until", sa.BigInteger()),
        sa.PrimaryKeyConstraint("org_id", "account_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("account_deletions_due", "account_deletions", ["due_at"])


def downgrade() -> None:
    """Undo."""
    op.drop_table("account_deletions")
