"""What people asked administrators for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "connector_requests",
        sa.Column("org_id", sa.Text(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("connector", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", "org_id"),
        sa.UniqueConstraint("org_id", "account_id", "connector", name="connector_requests_once"),
        sqlite_with_rowid=False,
    )
    op.create_index("connector_requests_by_expiry", "connector_requests", ["expires_at"])


def downgrade() -> None:
    """Undo."""
    op.drop_table("connector_requests")
