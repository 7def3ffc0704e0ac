"""From when on an account's sign-ins count: a new password may let the others stay."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    """Apply."""
    op.add_column("accounts", sa.Column("signed_out_at", sa.BigInteger()))
    op.execute(sa.text("UPDATE accounts SET signed_out_at = password_changed_at"))


def downgrade() -> None:
    """Undo."""
    op.drop_column("accounts", "signed_out_at")
