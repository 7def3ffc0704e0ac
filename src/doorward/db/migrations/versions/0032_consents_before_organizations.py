"""Indexes of codes and families by consent name the consent first.

Until a table has statistics PostgreSQL takes an index that begins with the organization for as good
as the primary key, and would read all rows of the organization for one of them.
"""

from __future__ import annotations

from alembic import op

revision = "0032"
down_revision = "0031"

_INDEXES = (("codes_by_consent", "codes"), ("token_families_by_consent", "token_families"))


def upgrade() -> None:
    """Apply."""
    _rebuild(["consent_id", "org_id"])


def downgrade() -> None:
    """Undo."""
    _rebuild(["org_id", "consent_id"])


def _rebuild(columns: list[str]) -> None:
    for name, table in _INDEXES:
        op.drop_index(name, table)
        op.create_index(name, table, columns)
