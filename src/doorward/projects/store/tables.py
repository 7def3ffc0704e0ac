"""The tables: groups, who is in them, projects and who sees them, and people's own API keys."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from doorward.accounts.store import KEY_TEXT
from doorward.db import metadata

__all__ = [
    "GROUP_COLUMNS",
    "INVITATION_COLUMNS",
    "KEY_COLUMNS",
    "PERMISSION_COLUMNS",
    "PROJECT_COLUMNS",
    "personal_keys",
    "project_groups",
    "project_invitations",
    "project_members",
    "project_permissions",
    "projects",
]

project_groups = Table(
    "project_groups",
    metadata,
    Column("org_id", Text, nullable=False),
    Column("group_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("handle", Text, nullable=False),
    Column("plan", Text, nullable=False),
    Column("personal_of", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("org_id", "group_id"),
    UniqueConstraint("org_id", "handle", name="project_groups_handle"),
    UniqueConstraint("org_id", "personal_of", name="project_groups_personal"),
    sqlite_with_rowid=False,
)

project_members = Table(
    "project_members",
    metadata,
    Column("org_id", Text, nullable=False),
    Column("account_id", BigInteger, nullable=False),
    Column("group_id", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("joined_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("org_id", "account_id", "group_id"),
    Index("project_members_by_group", "org_id", "group_id", "account_id"),
    sqlite_with_rowid=False,
)

project_invitations = Table(
    "project_invitations",
    metadata,
    Column("org_id", Text, nullable=False),
    Column("id", BigInteger, nullable=False),
    Column("group_id", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("address_key", KEY_TEXT, nullable=False),
    Column("role", Text, nullable=False),
    Column("invited_by", BigInteger),
    Column("invited_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("id", "org_id"),
    UniqueConstraint("org_id", "group_id", "address_key", name="project_invitations_address"),
    Index("project_invitations_by_address", "org_id", "address_key", "id"),
    Index("project_invitations_by_expiry", "expires_at"),
    sqlite_with_rowid=False,
)

project_permissions = Table(
    "project_permissions",
    metadata,
    Column("org_id", Text, nullable=False),
    Column("id", BigInteger, nullable=False),
    # The row's own number: a project's identifier may be drawn again when it is long gone.
    Column("project", BigInteger, nullable=False),
    Column("email", Text, nullable=False),
    Column("email_key", KEY_TEXT, nullable=False),
    Column("granted_by", BigInteger, nullable=False),
    Column("granted_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    PrimaryKeyConstraint("id", "org_id"),
    UniqueConstraint("org_id", "project", "email_key", name="project_permissions_email"),
    Index("project_permissions_by_email", "org_id", "email_key", "project"),
    Index("project_permissions_by_expiry", "expires_at"),
    sqlite_with_rowid=False,
)

_THERE = text("deleted_at IS NULL")
_GONE = text("deleted_at IS NOT NULL")


def _list_index(name: str, by: str, *, gone: bool) -> Index:
    """A list's rows in their order, without those of the other list between them."""
    which = _GONE if gone else _THERE
    return Index(name, "org_id", by, "id", sqlite_where=which, postgresql_where=which)


projects = Table(
    "projects",
    metadata,
    Column("org_id", Text, nullable=False),
    Column("id", BigInteger, nullable=False),
    Column("project_id", Text, nullable=False),
    Column("owner_id", BigInteger, nullable=False),
    Column("group_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("region_id", Text, nullable=False),
    Column("pg_version", BigInteger, nullable=False),
    Column("history_retention_s", BigInteger, nullable=False),
    Column("settings", Text, nullable=False),
    Column("creation_source", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("deleted_at", BigInteger),
    Column("expires_at", BigInteger),
    Column("search_key", Text, nullable=False),
    PrimaryKeyConstraint("id", "org_id"),
    UniqueConstraint("org_id", "project_id", name="projects_project_id"),
    _list_index("projects_by_owner", "owner_id", gone=False),
    _list_index("projects_by_group", "group_id", gone=False),
    _list_index("projects_gone_by_owner", "owner_id", gone=True),
    _list_index("projects_gone_by_group", "group_id", gone=True),
    Index("projects_by_expiry", "expires_at"),
    sqlite_with_rowid=False,
)

personal_keys = Table(
    "personal_keys",
    metadata,
    Column("org_id", Text, nullable=False),
    Column("id", BigInteger, nullable=False),
    Column("account_id", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("client_id", Text),
    Column("family_id", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("last_used_at", BigInteger),
    Column("last_used_from", Text),
    Column("digest", LargeBinary, nullable=False),
    PrimaryKeyConstraint("id", "org_id"),
    Index("personal_keys_by_account", "org_id", "account_id", "id"),
    Index("personal_keys_by_expiry", "expires_at"),
    sqlite_with_rowid=False,
)

GROUP_COLUMNS = tuple(project_groups.c)
"""What ``Group.from_row`` reads."""

INVITATION_COLUMNS = tuple(c for c in project_invitations.c if c.name != "address_key")
"""What ``GroupInvitation.from_row`` reads."""

_UNTOLD = frozenset({"email_key", "expires_at"})
PERMISSION_COLUMNS = tuple(c for c in project_permissions.c if c.name not in _UNTOLD)
"""What ``ProjectPermission.from_row`` reads."""

PROJECT_COLUMNS = tuple(c for c in projects.c if c.name != "search_key")
"""What ``Project.from_row`` reads."""

KEY_COLUMNS = tuple(c for c in personal_keys.c if c.name != "digest")
"""What ``PersonalKey.from_row`` reads."""
