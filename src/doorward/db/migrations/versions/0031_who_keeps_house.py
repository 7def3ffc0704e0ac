"""Who keeps house, one process at a time; and what was kept for ever ends."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"

_ENDS = (
    ("consents_by_withdrawal", "consents", "withdrawn_at"),
    ("api_keys_by_expiry", "api_keys", "expires_at"),
    ("api_keys_by_end", "api_keys", "revoked_at"),
)


def upgrade() -> None:
    """Apply."""
    op.add_column("installation", sa.Column("keeper", sa.BigInteger()))
    op.add_column("installation", sa.Column("kept_until", sa.BigInteger()))
    for name, table, ends in _ENDS:
        which = sa.text(f"{ends} IS NOT NULL")
        op.create_index(name, table, [ends], sqlite_where=which, postgresql_where=which)
    if op.get_bind().dialect.name == "postgresql":
        # Each is rotated once and longer then: with room in its page no index hears of it.
        op.execute("ALTER TABLE refresh_tokens SET (fillfactor = 60)")


def downgrade() -> None:
    """Undo."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE refresh_tokens RESET (fillfactor)")
    for name, table, _ in reversed(_ENDS):
        op.drop_index(name, table)
    op.drop_column("installation", "kept_until")
    op.drop_column("installation", "keeper")
