"""Links of letters: signing up, a new password, an address."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "action_links",
        sa.Column("org_id", sa.Text(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("account_id", sa.BigInteger()),
        sa.Column("browser_id", sa.BigInteger()),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("bound", sa.Text()),
        sa.Column("code_digest", sa.LargeBinary()),
        sa.Column("code_tries", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger()),
        sa.Column("used_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", "org_id"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "action_links_by_subject", "action_links", ["org_id", "subject", "purpose"], unique=False
    )
    op.create_index(
        "action_links_by_browser", "action_links", ["org_id", "browser_id"], unique=False
    )
    op.create_index("action_links_by_expiry", "action_links", ["expires_at"], unique=False)


def downgrade() -> None:
    """Undo."""
    op.drop_table("action_links")
