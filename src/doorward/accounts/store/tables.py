"""The tables: accounts, their details, their numbers, and how many lie in each block of numbers."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    bindparam,
)

from doorward.db import metadata

__all__ = [
    "ACCOUNT_COLUMNS",
    "ERASED",
    "KEY_TEXT",
    "NOT_ERASED",
    "OF_KIND",
    "THIS",
    "account_blocks",
    "account_counters",
    "account_details",
    "account_platform_profiles",
    "accounts",
]

# Ranges over prefixes need byte order, whatever the collation of the database.
KEY_TEXT = Text().with_variant(Text(collation="C"), "postgresql")

accounts = Table(
    "accounts",
    metadata,
    Column("org_id", Text, nullable=False),
    Column("account_id", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("username", Text, nullable=False),
    Column("email", Text),
    Column("email_verified", BigInteger, nullable=False),
    Column("name", Text),
    Column("given_name", Text),
    Column("family_name", Text),
    Column("locale", Text),
    Column("picture_url", Text),
    Column("status", Text, nullable=False),
    Column("permissions", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("password_changed_at", BigInteger),
    Column("username_key", KEY_TEXT, nullable=False),
    Column("email_key", KEY_TEXT),
    Column("name_key", KEY_TEXT),
    Column("password_hash", Text),
    Column("user_type", Text, nullable=False, server_default="individual"),
    Column("given_key", KEY_TEXT),
    Column("family_key", KEY_TEXT),
    Column("created_by", Text),
    Column("updated_by", Text),
    Column("signed_out_at", BigInteger),
    PrimaryKeyConstraint("org_id", "account_id"),
    UniqueConstraint("org_id", "kind", "username_key", name="accounts_username"),
    UniqueConstraint("org_id", "kind", "email_key", name="accounts_email"),
    Index("accounts_by_kind", "org_id", "kind", "account_id"),
    Index("accounts_by_name", "org_id", "kind", "name_key", "account_id"),
    Index("accounts_by_status", "org_id", "kind", "status", "account_id"),
    Index("accounts_by_type", "org_id", "kind", "user_type", "account_id"),
    # The type lies in them so that whoever counts the people of a name reads the index alone.
    Index("accounts_by_given", "org_id", "kind", "given_key", "account_id", "user_type"),
    Index("accounts_by_family", "org_id", "kind", "family_key", "account_id", "user_type"),
    sqlite_with_rowid=False,
)
account_counters = Table(
    "account_counters",
    metadata,
    Column("org_id", Text, primary_key=True),
    Column("next_id", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
account_details = Table(
    "account_details",
    metadata,
    Column("org_id", Text, nullable=False),
    Column("account_id", BigInteger, nullable=False),
    Column("document", Text, nullable=False),
    Column("city_key", KEY_TEXT),
    Column("state_key", KEY_TEXT),
    Column("zip_key", KEY_TEXT),
    Column("country_key", KEY_TEXT),
    Column("phone_key", KEY_TEXT),
    PrimaryKeyConstraint("org_id", "account_id"),
    Index("account_details_by_city", "org_id", "city_key", "account_id"),
    Index("account_details_by_zip", "org_id", "zip_key", "account_id"),
    Index("account_details_by_phone", "org_id", "phone_key", "account_id"),
    sqlite_with_rowid=False,
)
account_platform_profiles = Table(
    "account_platform_profiles",
    metadata,
    Column("org_id", Text, nullable=False),
    Column("account_id", BigInteger, nullable=False),
    Column("document", Text, nullable=False),
    PrimaryKeyConstraint("org_id", "account_id"),
    sqlite_with_rowid=False,
)
account_blocks = Table(
    "account_blocks",
    metadata,
    Column("org_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("shift", BigInteger, nullable=False),
    Column("block", BigInteger, nullable=False),
    Column("individuals", BigInteger, nullable=False),
    Column("companies", BigInteger, nullable=False),
    PrimaryKeyConstraint("org_id", "kind", "shift", "block"),
    sqlite_with_rowid=False,
)

ERASED = "erased"
"""The kind of an account that nobody finds any more: of it only the number is kept."""

NOT_ERASED = accounts.c.kind != ERASED
"""Nobody's account any more."""

_KEYS = ("username_key", "email_key", "name_key", "given_key", "family_key")
ACCOUNT_COLUMNS = tuple(c for c in accounts.c if c.name not in {*_KEYS, "password_hash"})
"""What ``Account.from_row`` reads."""

THIS = (
    accounts.c.org_id == bindparam("org_id"),
    accounts.c.account_id == bindparam("account_id"),
)
"""The account of a number."""

OF_KIND = (accounts.c.org_id == bindparam("org_id"), accounts.c.kind == bindparam("kind"))
"""An organization's accounts of one kind."""
