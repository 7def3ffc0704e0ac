"""Quotas of applications."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0028"


def upgrade() -> None:
    """Apply. Until now nobody has one."""
    op.add_column("applications", sa.Column("quota_a_minute", sa.BigInteger()))


def downgrade() -> None:
    """Undo."""
    op.drop_column("applications", "quota_a_minute")
