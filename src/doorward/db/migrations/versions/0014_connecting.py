"""Flows and sessions of people who connect."""

from __future__ import annotations

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Apply."""


def downgrade() -> None:
    """Undo."""
