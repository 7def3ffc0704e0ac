"""How a sign-in was proved, in sessions and all that comes of them, and what a flow has proved."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0018"

_PROVED = ("sessions", "codes", "token_families")


def upgrade() -> None:
    """Apply. Until now there were passwords only."""
    for table in _PROVED:
        op.add_column(table, sa.Column("methods", sa.Text(), server_default="pwd", nullable=False))
    op.add_column("sessions", sa.Column("second_at", sa.BigInteger()))
    op.add_column("flows", sa.Column("by_two", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("flows", sa.Column("proven_account_id", sa.BigInteger()))
    op.add_column("flows", sa.Column("proven_at", sa.BigInteger()))
    op.add_column("flows", sa.Column("proven_methods", sa.Text()))


def downgrade() -> None:
    """Undo."""
    for name in ("proven_methods", "proven_at", "proven_account_id", "by_two"):
        op.drop_column("flows", name)
    op.drop_column("sessions", "second_at")
    for table in _PROVED:
        op.drop_column(table, "methods")
