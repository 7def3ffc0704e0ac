"""Profiles of platforms."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Apply."""
    op.add_column(
        "organizations", sa.Column("dialects", sa.Text(), nullable=False, server_default="")
    )
    # Every organization spoke it up to now: an upgrade takes no address away.
    op.execute("UPDATE organizations SET dialects = 'neon_crm'")
    op.create_table(
        "account_platform_profiles",
        sa.Column("org_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "account_id"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("account_platform_profiles")
    op.drop_column("organizations", "dialects")
