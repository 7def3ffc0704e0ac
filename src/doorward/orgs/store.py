"""Organizations and their hosts, and the statements on them."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    bindparam,
    delete,
    insert,
    select,
    update,
)

from doorward.db import Database, Reads, Row, Transaction, metadata, statement
from doorward.orgs.model import Organization

__all__ = [
    "find_host_owner",
    "find_organization",
    "insert_organization",
    "list_organizations",
    "lock_organization",
    "organization_hosts",
    "organizations",
    "replace_hosts",
    "update_organization",
]

organizations = Table(
    "organizations",
    metadata,
    Column("org_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("default_locale", Text, nullable=False),
    Column("accent", Text),
    Column("support_url", Text),
    Column("privacy_url", Text),
    Column("terms_url", Text),
    Column("policy", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("dialects", Text, nullable=False, server_default=""),
    Column("registration", Text, nullable=False, server_default="{}"),
    sqlite_with_rowid=False,
)
organization_hosts = Table(
    "organization_hosts",
    metadata,
    Column("org_id", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("place", BigInteger, nullable=False),
    PrimaryKeyConstraint("org_id", "host"),
    UniqueConstraint("host", name="organization_hosts_host"),
    sqlite_with_rowid=False,
)

_ONE = select(*organizations.c).where(organizations.c.org_id == bindparam("org_id"))
_FIND = statement(_ONE)
# Two changes at once must not undo each other; SQLite has one writer and needs no lock.
_LOCK = statement(_ONE.with_for_update())
_FIND_HOSTS = statement(
    select(organization_hosts.c.host)
    .where(organization_hosts.c.org_id == bindparam("org_id"))
    .order_by(organization_hosts.c.place)
)
# This one cannot name an organization: the host is all that a request has said so far.
_FIND_OWNER = statement(
    select(organization_hosts.c.org_id).where(organization_hosts.c.host == bindparam("host"))
)
# Operators list every organization.
_LIST = statement(
    select(organizations.c.org_id)
    .where(organizations.c.org_id > bindparam("after"))
    .order_by(organizations.c.org_id)
    .limit(bindparam("limit", type_=BigInteger))
)
_INSERT = statement(
    insert(organizations).values({c.name: bindparam(c.name) for c in organizations.c})
)
_UPDATE = statement(
    update(organizations)
    .where(organizations.c.org_id == bindparam("org_id"))
    .values(
        {
            c.name: bindparam(c.name)
            for c in organizations.c
            if c.name not in {"org_id", "created_at"}
        }
    )
)
_INSERT_HOST = statement(
    insert(organization_hosts).values({c.name: bindparam(c.name) for c in organization_hosts.c})
)
_DELETE_HOSTS = statement(
    delete(organization_hosts).where(organization_hosts.c.org_id == bindparam("org_id"))
)


async def find_organization(reads: Reads, org_id: str) -> Organization | None:
    """The organization ``org_id``, suspended or not."""
    return await _with_hosts(reads, await reads.one(_FIND, org_id=org_id))


async def lock_organization(tx: Transaction, org_id: str) -> Organization | None:
    """The organization ``org_id``, which no other unit changes until this one ends."""
    return await _with_hosts(tx, await tx.one(_LOCK, org_id=org_id))


async def _with_hosts(reads: Reads, row: Row | None) -> Organization | None:
    if row is None:
        return None
    org_id = row[0]
    hosts = await reads.all(_FIND_HOSTS, org_id=org_id)
    return Organization.from_row(row, tuple(host for (host,) in hosts))


async def find_host_owner(reads: Reads, host: str) -> str | None:
    """The id of the organization that answers under ``host``."""
    row = await reads.one(_FIND_OWNER, host=host)
    return None if row is None else str(row[0])


async def list_organizations(db: Database, *, after: str, limit: int) -> list[Organization]:
    """Organizations whose id sorts after ``after``."""
    found = [
        await find_organization(db, org_id)
        for (org_id,) in await db.scan(_LIST, after=after, limit=limit)
    ]
    return [organization for organization in found if organization is not None]


async def insert_organization(tx: Transaction, organization: Organization) -> None:
    """Keep a new organization. Raises ``Conflict`` when its id or a host is taken."""
    await tx.run(_INSERT, **_row(organization), created_at=organization.created_at)
    await replace_hosts(tx, organization)


async def update_organization(tx: Transaction, organization: Organization) -> None:
    """Write the row of ``organization`` anew; its hosts stay."""
    await tx.run(_UPDATE, **_row(organization))


async def replace_hosts(tx: Transaction, organization: Organization) -> None:
    """Write the hosts of ``organization`` anew. Raises ``Conflict`` when one is taken."""
    await tx.run(_DELETE_HOSTS, org_id=organization.org_id)
    for place, host in enumerate(organization.hosts):
        await tx.run(_INSERT_HOST, org_id=organization.org_id, host=host, place=place)


def _row(organization: Organization) -> dict[str, str | int | None]:
    return {
        "org_id": organization.org_id,
        "name": organization.name,
        "status": organization.status,
        "default_locale": organization.default_locale,
        "accent": organization.accent,
        "support_url": organization.support_url,
        "privacy_url": organization.privacy_url,
        "terms_url": organization.terms_url,
        "policy": organization.policy.to_json(),
        "updated_at": organization.updated_at,
        "dialects": " ".join(organization.dialects),
        "registration": organization.registration.to_json(),
    }
