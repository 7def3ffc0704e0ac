"""The table of connectors, and its statements."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    PrimaryKeyConstraint,
    Table,
    Text,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)

from doorward.connectors.manifests import write_manifest
from doorward.connectors.registered import Connector
from doorward.db import Reads, Row, Transaction, metadata, statement
from doorward.orgs.store import organizations

__all__ = [
    "connectors",
    "count_owned",
    "count_registered",
    "delete_connector",
    "find_row",
    "insert_connector",
    "list_rows",
    "lock_registration",
    "lock_row",
    "update_connector",
]

connectors = Table(
    "connectors",
    metadata,
    Column("org_id", Text, nullable=False),
    Column("slug", Text, nullable=False),
    Column("connector_id", BigInteger, nullable=False),
    Column("manifest", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("enabled", BigInteger, nullable=False),
    Column("owner_account_id", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("org_id", "slug"),
    sqlite_with_rowid=False,
)

_ONE = (connectors.c.org_id == bindparam("org_id"), connectors.c.slug == bindparam("slug"))
_OF_ORG = connectors.c.org_id == bindparam("org_id")
_FIND = statement(select(*connectors.c).where(*_ONE))
_LOCK = statement(select(*connectors.c).where(*_ONE).with_for_update())
_LIST = statement(select(*connectors.c).where(_OF_ORG).order_by(connectors.c.slug))
_COUNT_REGISTERED = statement(
    select(func.count()).select_from(connectors).where(_OF_ORG, connectors.c.origin == "registered")
)
_COUNT_OWNED = statement(
    select(func.count())
    .select_from(connectors)
    .where(_OF_ORG, connectors.c.owner_account_id == bindparam("account_id"))
)
_INSERT = statement(insert(connectors).values({c.name: bindparam(c.name) for c in connectors.c}))
_UPDATE = statement(
    update(connectors)
    .where(*_ONE)
    .values(
        {
            name: bindparam(name)
            for name in ("manifest", "version", "enabled", "owner_account_id", "changed_at")
        }
    )
)
_DELETE = statement(delete(connectors).where(*_ONE))
# Whoever registers holds this row until the unit ends: connectors are counted in turn.
_REGISTRATION = statement(
    select(organizations.c.registration)
    .where(organizations.c.org_id == bindparam("org_id"))
    .with_for_update()
)


async def find_row(reads: Reads, org_id: str, slug: str) -> Row | None:
    """What the organization keeps of the connector ``slug``."""
    return await reads.one(_FIND, org_id=org_id, slug=slug)


async def lock_row(tx: Transaction, org_id: str, slug: str) -> Row | None:
    """The same, which no other unit changes until this one ends."""
    return await tx.one(_LOCK, org_id=org_id, slug=slug)


async def list_rows(reads: Reads, org_id: str) -> list[Row]:
    """What the organization keeps, by slug."""
    return list(await reads.all(_LIST, org_id=org_id))


async def count_registered(tx: Transaction, org_id: str) -> int:
    """How many connectors were registered with the organization."""
    row = await tx.one(_COUNT_REGISTERED, org_id=org_id)
    return 0 if row is None else int(row[0])


async def count_owned(tx: Transaction, org_id: str, account_id: int) -> int:
    """How many of them are this account's."""
    row = await tx.one(_COUNT_OWNED, org_id=org_id, account_id=account_id)
    return 0 if row is None else int(row[0])


async def lock_registration(tx: Transaction, org_id: str) -> str | None:
    """The organization's registration policy, for this unit alone until it ends."""
    row = await tx.one(_REGISTRATION, org_id=org_id)
    return None if row is None else str(row[0])


async def insert_connector(tx: Transaction, connector: Connector) -> None:
    """Keep a new connector. Raises ``Conflict`` when its slug is taken."""
    await tx.run(_INSERT, **_row_of(connector))


async def update_connector(tx: Transaction, connector: Connector) -> None:
    """Write what may change of a connector."""
    row = _row_of(connector)
    for fixed in ("connector_id", "created_at", "origin"):
        del row[fixed]
    await tx.run(_UPDATE, **row)


async def delete_connector(tx: Transaction, org_id: str, slug: str) -> bool:
    """Remove the connector; whether there was one."""
    return await tx.run(_DELETE, org_id=org_id, slug=slug) == 1


def _row_of(connector: Connector) -> dict[str, str | int | None]:
    is_registered = connector.origin == "registered"
    return {
        "org_id": connector.org_id,
        "slug": connector.slug,
        "connector_id": connector.connector_id,
        # The catalogue's manifests are files: a new version of Doorward brings new ones.
        "manifest": write_manifest(connector.manifest) if is_registered else "",
        "origin": connector.origin,
        "version": connector.version,
        "enabled": int(connector.enabled),
        "owner_account_id": connector.owner_account_id,
        "created_at": connector.created_at,
        "changed_at": connector.changed_at,
    }
