"""Api access and api sessions."""

from __future__ import annotations

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Apply."""


def downgrade() -> None:
    """Undo."""
