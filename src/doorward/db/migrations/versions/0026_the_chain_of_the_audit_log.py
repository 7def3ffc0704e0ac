"""The chain of the audit log, and searches by who did something and to what."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"


_RARE = sa.text(
    "action NOT IN ('connection.called', 'connection.refreshed', 'connection.token_read')"
)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "audit_links",
        sa.Column("org_id", sa.Text(), nullable=False),
        sa.Column("strand", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("key_id", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "strand", "position"),
        sqlite_with_rowid=False,
    )
    op.create_index("audit_links_by_event", "audit_links", ["event_id", "org_id"], unique=True)
    op.create_table(
        "audit_chains",
        sa.Column("org_id", sa.Text(), nullable=False),
        sa.Column("strand", sa.Text(), nullable=False),
        sa.Column("first_position", sa.BigInteger(), nullable=False),
        sa.Column("base", sa.LargeBinary(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("newest_id", sa.BigInteger(), nullable=False),
        sa.Column("key_id", sa.BigInteger(), nullable=False),
        sa.Column("removed_at", sa.BigInteger()),
        sa.Column("mark", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "strand"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "audit_keys",
        sa.Column("org_id", sa.Text(), nullable=False),
        sa.Column("key_id", sa.BigInteger(), nullable=False),
        sa.Column("made_under", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "key_id"),
        sqlite_with_rowid=False,
    )
    for name in ("actor", "target"):
        op.create_index(
            f"audit_events_by_{name}",
            "audit_events",
            ["org_id", f"{name}_id", "event_id"],
            sqlite_where=_RARE,
            postgresql_where=_RARE,
        )


def downgrade() -> None:
    """Undo."""
    op.drop_index("audit_events_by_target", "audit_events")
    op.drop_index("audit_events_by_actor", "audit_events")
    op.drop_table("audit_keys")
    op.drop_table("audit_chains")
    op.drop_table("audit_links")
