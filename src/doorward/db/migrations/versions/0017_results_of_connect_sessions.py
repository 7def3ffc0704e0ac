"""What came of a connect session, for the application's page that opened it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Apply."""
    op.add_column("connect_sessions", sa.Column("result", sa.Text()))
    op.add_column("connect_sessions", sa.Column("connection_id", sa.BigInteger()))


def downgrade() -> None:
    """Undo."""
    op.drop_column("connect_sessions", "connection_id")
    op.drop_column("connect_sessions", "result")
