"""Reviews of applications."""

from __future__ import annotations

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Apply."""


def downgrade() -> None:
    """Undo."""
