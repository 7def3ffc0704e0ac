"""API access and API sessions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_HOLDERS = """
INSERT INTO api_access (org_id, account_id, switched_on_at)
SELECT org_id, account_id, MIN(created_at) FROM api_keys
WHERE revoked_at IS NULL GROUP BY org_id, account_id
"""


def upgrade() -> None:
    op.create_table(
        "api_access",
        sa.Column("org_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("switched_on_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "account_id"),
        sqlite_with_rowid=False,
    )
    # Who holds a key may call: an upgrade shuts nobody out.
    op.execute(_HOLDERS)
    for column in (
        sa.Column("last_used_from", sa.Text(), nullable=True),
        sa.Column("replaced_by", sa.BigInteger(), nullable=True),
        sa.Column("networks", sa.Text(), nullable=True),
    ):
        op.add_column("api_keys", column)
    op.create_table(
        "api_sessions",
        sa.Column("org_id", sa.Text(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("key_id", sa.BigInteger(), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", "org_id"),
        sa.UniqueConstraint("digest", name="api_sessions_digest"),
        sqlite_with_rowid=False,
    )
    op.create_index("api_sessions_by_key", "api_sessions", ["org_id", "key_id", "id"])
    op.create_index("api_sessions_by_account", "api_sessions", ["org_id", "account_id", "id"])
    op.create_index("api_sessions_by_expiry", "api_sessions", ["expires_at"])


def downgrade() -> None:
    op.drop_table("api_sessions")
    for name in ("networks", "replaced_by", "last_used_from"):
        op.drop_column("api_keys", name)
    op.drop_table("api_access")
