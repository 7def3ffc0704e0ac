"""Reviews of applications."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_INDEXES = {
    "applications_by_status": ["org_id", "status", "queue_id"],
    "applications_by_owner": ["org_id", "owner_account_id", "client_id"],
}
_OLDEST_FIRST = "SELECT org_id, client_id FROM applications ORDER BY created_at, org_id, client_id"
_NUMBER = sa.text("UPDATE applications SET queue_id = :n WHERE org_id = :org AND client_id = :id")


def upgrade() -> None:
    """Apply."""
    for column in (
        sa.Column("company", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("calls_from_backend", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("purposes", sa.Text(), server_default="{}", nullable=False),
        sa.Column("optional_scopes", sa.Text(), server_default="[]", nullable=False),
        sa.Column("logo", sa.Text(), nullable=True),
        sa.Column("testers", sa.Text(), server_default="[]", nullable=False),
        sa.Column("revision", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("queue_id", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("submitted_at", sa.BigInteger(), nullable=True),
        sa.Column("submitted_by", sa.BigInteger(), nullable=True),
        sa.Column("reviewer_account_id", sa.BigInteger(), nullable=True),
    ):
        op.add_column("applications", column)
    _number_what_exists()
    for name, columns in _INDEXES.items():
        op.create_index(name, "applications", columns)


def _number_what_exists() -> None:
    """Places in the queue are row ids; those from before get numbers below any of them."""
    bind = op.get_bind()
    rows = bind.execute(sa.text(_OLDEST_FIRST)).all()
    numbered = [{"n": n, "org": org, "id": client} for n, (org, client) in enumerate(rows, 1)]
    if numbered:
        bind.execute(_NUMBER, numbered)


def downgrade() -> None:
    """Undo."""
    for name in _INDEXES:
        op.drop_index(name, "applications")
    for name in (
        "reviewer_account_id",
        "submitted_by",
        "submitted_at",
        "queue_id",
        "revision",
        "testers",
        "logo",
        "optional_scopes",
        "purposes",
        "calls_from_backend",
        "reason",
        "company",
    ):
        op.drop_column("applications", name)
