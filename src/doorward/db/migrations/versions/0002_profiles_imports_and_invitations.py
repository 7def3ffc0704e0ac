"""Profiles imports and invitations."""

from __future__ import annotations

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Apply."""


def downgrade() -> None:
    """Undo."""
