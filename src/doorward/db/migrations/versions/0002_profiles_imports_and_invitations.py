"""Profiles imports and invitations."""

from __future__ import annotations

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_SHIFTS = (8, 12, 16, 20, 24, 33, 43)
_BATCH = 1000


def upgrade() -> None:
    """Apply."""
    _add_profiles()
    _add_imports()
    _add_invitations()


def downgrade() -> None:
    """Undo."""
    op.drop_table("invitations")
    op.drop_table("import_refusals")
    op.drop_table("import_chunks")
    op.drop_table("imports")
    _drop_profiles()


def _add_profiles() -> None:
    op.add_column(
        "accounts",
        sa.Column("user_type", sa.Text(), server_default="individual", nullable=False),
    )
    op.add_column("accounts", sa.Column("given_key", _KEY, nullable=True))
    op.add_column("accounts", sa.Column("family_key", _KEY, nullable=True))
    op.add_column("accounts", sa.Column("created_by", sa.Text(), nullable=True))
    op.add_column("accounts", sa.Column("updated_by", sa.Text(), nullable=True))
    _fill_keys()
    for name, columns in _PROFILE_INDEXES.items():
        op.create_index(name, "accounts", columns)
    _add_details()
    _add_blocks()
    _tell_sqlite_how_many_there_may_be()


_PROFILE_INDEXES = {
    "accounts_by_status": ["org_id", "kind", "status", "account_id"],
    "accounts_by_type": ["org_id", "kind", "user_type", "account_id"],
    "accounts_by_given": ["org_id", "kind", "given_key", "account_id", "user_type"],
    "accounts_by_family": ["org_id", "kind", "family_key", "account_id", "user_type"],
}


def _add_details() -> None:
    op.create_table(
        "account_details",
        sa.Column("org_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("city_key", _KEY, nullable=True),
        sa.Column("state_key", _KEY, nullable=True),
        sa.Column("zip_key", _KEY, nullable=True),
        sa.Column("country_key", _KEY, nullable=True),
        sa.Column("phone_key", _KEY, nullable=True),
        sa.PrimaryKeyConstraint("org_id", "account_id"),
        sqlite_with_rowid=False,
    )
    for name in ("city", "zip", "phone"):
        columns = ["org_id", f"{name}_key", "account_id"]
        op.create_index(f"account_details_by_{name}", "account_details", columns)


def _add_blocks() -> None:
    op.create_table(
        "account_blocks",
        sa.Column("org_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("shift", sa.BigInteger(), nullable=False),
        sa.Column("block", sa.BigInteger(), nullable=False),
        sa.Column("individuals", sa.BigInteger(), nullable=False),
        sa.Column("companies", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "kind", "shift", "block"),
        sqlite_with_rowid=False,
    )
    # Whoever was there before is an individual.
    count = sa.text(
        "INSERT INTO account_blocks (org_id, kind, shift, block, individuals, companies)"
        " SELECT org_id, kind, CAST(:shift AS BIGINT), account_id >> CAST(:shift AS INTEGER),"
        " count(*), 0 FROM accounts GROUP BY 1, 2, 4"
    )
    for shift in _SHIFTS:
        op.get_bind().execute(count, {"shift": shift})


_EXPECTED = {
    ("accounts", "sqlite_autoindex_accounts_1"): "1000000 1000000 1",
    ("accounts", "sqlite_autoindex_accounts_2"): "1000000 1000000 20000 1",
    ("accounts", "sqlite_autoindex_accounts_3"): "1000000 1000000 20000 1",
    ("accounts", "accounts_by_kind"): "1000000 1000000 20000 1",
    ("accounts", "accounts_by_name"): "1000000 1000000 20000 20 1",
    ("accounts", "accounts_by_status"): "1000000 1000000 20000 10000 1",
    ("accounts", "accounts_by_type"): "1000000 1000000 20000 10000 1",
    ("accounts", "accounts_by_given"): "1000000 1000000 20000 500 1 1",
    ("accounts", "accounts_by_family"): "1000000 1000000 20000 200 1 1",
    ("account_details", "sqlite_autoindex_account_details_1"): "1000000 1000000 1",
    ("account_details", "account_details_by_city"): "1000000 1000000 1000 1",
    ("account_details", "account_details_by_zip"): "1000000 1000000 200 1",
    ("account_details", "account_details_by_phone"): "1000000 1000000 2 1",
    ("account_blocks", "sqlite_autoindex_account_blocks_1"): "4100 4100 4000 3900 1",
}
"""For each index: all rows, and those that share its first column, its first two, and so on."""


def _tell_sqlite_how_many_there_may_be() -> None:
    # Untold, SQLite takes an organization for ten rows, and reads all of it rather than an index.
    # A kind is told smaller than it may be: among a million others, staff are few.
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        return
    op.execute("ANALYZE sqlite_master")
    tell = sa.text("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (:table, :index, :stat)")
    for (table, index), stat in _EXPECTED.items():
        connection.execute(tell, {"table": table, "index": index, "stat": stat})


def _fill_keys() -> None:
    """Write the keys of the names that are there, some accounts at a time."""
    connection = op.get_bind()
    following = sa.text(
        "SELECT org_id, account_id, given_name, family_name FROM accounts"
        " WHERE (org_id, account_id) > (:org_id, :account_id)"
        " ORDER BY org_id, account_id LIMIT :most"
    )
    write = sa.text(
        "UPDATE accounts SET given_key = :given, family_key = :family"
        " WHERE org_id = :org_id AND account_id = :account_id"
    )
    place = {"org_id": "", "account_id": 0}
    while rows := connection.execute(following, {**place, "most": _BATCH}).all():
        named = [
            {"org_id": org, "account_id": number, "given": _key(given), "family": _key(family)}
            for org, number, given, family in rows
            if given is not None or family is not None
        ]
        if named:
            connection.execute(write, named)
        place = {"org_id": rows[-1][0], "account_id": rows[-1][1]}


def _key(text: str | None) -> str | None:
    if text is None:
        return None
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())[:400]


def _drop_profiles() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DELETE FROM sqlite_stat1 WHERE tbl = 'accounts'")
    op.drop_table("account_blocks")
    op.drop_table("account_details")
    for name in _PROFILE_INDEXES:
        op.drop_index(name, "accounts")
    for name in ("updated_by", "created_by", "family_key", "given_key", "user_type"):
        op.drop_column("accounts", name)


def _add_imports() -> None:
    op.create_table(
        "imports",
        sa.Column("org_id", sa.Text(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("actor_kind", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("columns", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("refused", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("leased_by", sa.BigInteger(), nullable=True),
        sa.Column("leased_until", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "id"),
        sqlite_with_rowid=False,
    )
    op.create_index("imports_by_lease", "imports", ["state", "leased_until"])
    op.create_index("imports_by_expiry", "imports", ["expires_at"])
    op.create_table(
        "import_chunks",
        sa.Column("org_id", sa.Text(), nullable=False),
        sa.Column("import_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("rows", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "import_id", "number"),
    )
    op.create_table(
        "import_refusals",
        sa.Column("org_id", sa.Text(), nullable=False),
        sa.Column("import_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("fault", sa.Text(), nullable=False),
        sa.Column("cells", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "import_id", "id"),
    )


def _add_invitations() -> None:
    op.create_table(
        "invitations",
        sa.Column("org_id", sa.Text(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("accepted_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", "org_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("invitations_by_account", "invitations", ["org_id", "account_id"])
    op.create_index("invitations_by_expiry", "invitations", ["expires_at"])
