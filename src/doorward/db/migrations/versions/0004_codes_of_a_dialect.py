"""Codes of a dialect, and applications by their client id alone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Apply."""
    op.add_column("codes", sa.Column("dialect", sa.Text(), nullable=True))
    with op.batch_alter_table("applications", schema=None) as batch_op:
        batch_op.create_index("applications_by_client_id", ["client_id", "org_id"], unique=False)


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table("applications", schema=None) as batch_op:
        batch_op.drop_index("applications_by_client_id")
    op.drop_column("codes", "dialect")
