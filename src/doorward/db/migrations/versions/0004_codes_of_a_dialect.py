"""Codes of a dialect."""

from __future__ import annotations

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Apply."""


def downgrade() -> None:
    """Undo."""
