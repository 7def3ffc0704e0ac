"""What applications, their secrets and the APIs gained."""

from __future__ import annotations

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Apply."""


def downgrade() -> None:
    """Undo."""
