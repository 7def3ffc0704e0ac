"""What people are told about connections."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

_WAITING = sa.text("due_at IS NOT NULL")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "connection_notices",
        sa.Column("org_id", sa.Text(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("connection_id", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger()),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", "org_id"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "connection_notices_due",
        "connection_notices",
        ["due_at"],
        sqlite_where=_WAITING,
        postgresql_where=_WAITING,
    )
    op.create_index("connection_notices_by_expiry", "connection_notices", ["expires_at"])


def downgrade() -> None:
    """Undo."""
    op.drop_table("connection_notices")
