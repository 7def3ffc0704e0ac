"""What the App Connect dialect keeps."""

from __future__ import annotations

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Apply."""


def downgrade() -> None:
    """Undo."""
