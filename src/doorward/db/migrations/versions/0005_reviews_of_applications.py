"""Reviews of applications."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_INDEXES = {
    "applications_by_status": ["org_id", "status", "queue_id"],
    "applications_by_owner": ["org_id", "owner_account_id", "client_id"],
}
_REVIEWED = (
    "name",
    "description",
    "publisher",
    "company",
    "homepage_url",
    "privacy_url",
    "terms_url",
    "logo",
    "reason",
    "calls_from_backend",
    "auth_method",
    "grant_types",
    "redirect_uris",
    "post_logout_redirect_uris",
    "scopes",
    "purposes",
    "optional_scopes",
    "id_token_alg",
)
_JSON = frozenset(
    {
        "grant_types",
        "redirect_uris",
        "post_logout_redirect_uris",
        "scopes",
        "purposes",
        "optional_scopes",
    }
)
_LIVE = sa.text(
    f"SELECT org_id, client_id, {', '.join(_REVIEWED)}, updated_at FROM applications"  # noqa: S608 - names of our own
    " WHERE status IN ('approved', 'change_pending', 'suspended')"
)
_APPROVE = sa.text(
    "INSERT INTO application_approvals (org_id, client_id, reviewed, revision, approved_at)"
    " VALUES (:org, :id, :reviewed, 1, :at)"
)
_STAFF = sa.text("SELECT org_id, account_id, permissions FROM accounts WHERE kind = 'system'")
_PERMIT = sa.text(
    "UPDATE accounts SET permissions = :permissions WHERE org_id = :org AND account_id = :id"
)
_EVERY = frozenset(
    f"{things}.{verb}"
    for things in (
        "organizations",
        "accounts",
        "applications",
        "scopes",
        "sessions",
        "consents",
        "keys",
        "tokens",
    )
    for verb in ("read", "write")
) | {"audit.read"}
_REVIEW = "applications.review"
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
    op.add_column(
        "organizations", sa.Column("registration", sa.Text(), server_default="{}", nullable=False)
    )
    _number_what_exists()
    for name, columns in _INDEXES.items():
        op.create_index(name, "applications", columns)
    _add_reviews()
    _add_offers_and_usage()
    _approve_what_is_live()
    _let_review_who_may_do_everything()


def _number_what_exists() -> None:
    """Places in the queue are row ids; those from before get numbers below any of them."""
    bind = op.get_bind()
    rows = bind.execute(sa.text(_OLDEST_FIRST)).all()
    numbered = [{"n": n, "org": org, "id": client} for n, (org, client) in enumerate(rows, 1)]
    if numbered:
        bind.execute(_NUMBER, numbered)


def _add_reviews() -> None:
    op.create_table(
        "review_events",
        sa.Column("org_id", sa.Text(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("author_account_id", sa.BigInteger(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("from_status", sa.Text(), nullable=True),
        sa.Column("to_status", sa.Text(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("message", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", "org_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("review_events_by_client", "review_events", ["org_id", "client_id", "id"])
    op.create_table(
        "application_changes",
        sa.Column("org_id", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("change", sa.Text(), nullable=False),
        sa.Column("author_account_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "client_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "application_approvals",
        sa.Column("org_id", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("reviewed", sa.Text(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("approved_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "client_id"),
        sqlite_with_rowid=False,
    )


def _add_offers_and_usage() -> None:
    op.create_table(
        "application_offers",
        sa.Column("org_id", sa.Text(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("from_account_id", sa.BigInteger(), nullable=True),
        sa.Column("to_account_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", "org_id"),
        sa.UniqueConstraint("org_id", "client_id", name="application_offers_client"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "application_offers_by_account", "application_offers", ["org_id", "to_account_id", "id"]
    )
    op.create_index("application_offers_by_expiry", "application_offers", ["expires_at"])
    op.create_table(
        "application_usage",
        sa.Column("day", sa.BigInteger(), nullable=False),
        sa.Column("org_id", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("times", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", "org_id", "client_id", "what"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "application_usage_by_client", "application_usage", ["org_id", "client_id", "day"]
    )


def _approve_what_is_live() -> None:
    """What people use already counts as approved as it is."""
    bind = op.get_bind()
    kept = [
        {
            "org": row[0],
            "id": row[1],
            "reviewed": json.dumps(_reviewed(row[2:-1]), separators=(",", ":")),
            "at": row[-1],
        }
        for row in bind.execute(_LIVE).all()
    ]
    if kept:
        bind.execute(_APPROVE, kept)


def _reviewed(values: tuple[object, ...]) -> dict[str, object]:
    fields = dict(zip(_REVIEWED, values, strict=True))
    fields |= {name: json.loads(str(fields[name])) for name in _JSON}
    return fields | {"calls_from_backend": bool(fields["calls_from_backend"])}


def _let_review_who_may_do_everything() -> None:
    """Else an upgrade would leave nobody with every permission, and nobody to approve."""
    bind = op.get_bind()
    for org_id, account_id, text in bind.execute(_STAFF).all():
        permissions = set(json.loads(text))
        if permissions >= _EVERY:
            written = json.dumps(sorted({*permissions, _REVIEW}), separators=(",", ":"))
            bind.execute(_PERMIT, {"org": org_id, "id": account_id, "permissions": written})


def downgrade() -> None:
    """Undo."""
    for table in (
        "application_usage",
        "application_offers",
        "application_approvals",
        "application_changes",
        "review_events",
    ):
        op.drop_table(table)
    op.drop_column("organizations", "registration")
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
