"""The table of tenant credentials, that of who may submit them, and their statements."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    bindparam,
    delete,
    distinct,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.elements import CompilerElement

from doorward.db import (
    Reads,
    Statement,
    Transaction,
    expires_by_time,
    metadata,
    statement,
    upsert,
)
from doorward.vault.credentials_model import Affected, Slot, Submitters, TenantCredentials
from doorward.vault.store.tables import IS_LIVE, connections

__all__ = [
    "EXPIRE_CREDENTIALS",
    "connect_policies",
    "count_affected",
    "drop_pending",
    "find_active",
    "find_credentials",
    "find_pending",
    "find_submitters",
    "insert_credentials",
    "keep_pending",
    "list_credentials",
    "lock_active",
    "lock_credentials",
    "repin_connections",
    "replace_credentials",
    "set_submitters",
    "tenant_credentials",
]

_ACTIVE = text("state = 'active'")
_PENDING = text("state = 'pending'")

tenant_credentials = Table(
    "tenant_credentials",
    metadata,
    Column("org_id", Text, nullable=False),
    Column("id", BigInteger, nullable=False),
    Column("connector", Text, nullable=False),
    Column("connector_id", BigInteger, nullable=False),
    Column("environment", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("client_id", Text, nullable=False),
    Column("redirect_uri", Text, nullable=False),
    Column("extra", Text, nullable=False),
    Column("sealed", LargeBinary),
    Column("submitted_by", BigInteger, nullable=False),
    Column("replaces", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("activated_at", BigInteger),
    Column("verified_at", BigInteger),
    Column("ended_at", BigInteger),
    PrimaryKeyConstraint("id", "org_id"),
    # Two administrators at once: the second to commit is refused by these, and looks again.
    Index(
        "tenant_credentials_active",
        "org_id",
        "connector",
        "connector_id",
        "environment",
        unique=True,
        sqlite_where=_ACTIVE,
        postgresql_where=_ACTIVE,
    ),
    Index(
        "tenant_credentials_pending",
        "org_id",
        "connector",
        "connector_id",
        "environment",
        "submitted_by",
        unique=True,
        sqlite_where=_PENDING,
        postgresql_where=_PENDING,
    ),
    Index("tenant_credentials_by_connector", "org_id", "connector", "connector_id", "id"),
    Index("tenant_credentials_by_expiry", "expires_at"),
    sqlite_with_rowid=False,
)
"""Versions of credentials. ``sealed`` holds the secrets, the newest first."""

connect_policies = Table(
    "connect_policies",
    metadata,
    Column("org_id", Text, nullable=False),
    Column("submitters", Text, nullable=False),
    PrimaryKeyConstraint("org_id"),
    sqlite_with_rowid=False,
)

EXPIRE_CREDENTIALS = expires_by_time(tenant_credentials)
"""Only what is pending has an end that is known beforehand."""

_c = tenant_credentials.c
_ORG = _c.org_id == bindparam("org_id", type_=Text)
_THIS = (_ORG, _c.id == bindparam("id", type_=BigInteger))
_OF_CONNECTOR = (
    _ORG,
    _c.connector == bindparam("connector", type_=Text),
    _c.connector_id == bindparam("connector_id", type_=BigInteger),
)
_SLOT = (
    *_OF_CONNECTOR,
    _c.environment == bindparam("environment", type_=Text),
)
_BY = _c.submitted_by == bindparam("submitted_by", type_=BigInteger)

_select = select(*tenant_credentials.c)
_FIND = statement(_select.where(*_THIS))
_LOCK = statement(_select.where(*_THIS).with_for_update())
_FIND_ACTIVE = statement(_select.where(*_SLOT, _c.state == "active"))
_LOCK_ACTIVE = statement(_select.where(*_SLOT, _c.state == "active").with_for_update())
_FIND_PENDING = statement(_select.where(*_SLOT, _BY, _c.state == "pending"))
_DROP_PENDING = statement(
    delete(tenant_credentials).where(*_SLOT, _BY, _c.state == "pending").returning(_c.id)
)
_LIST = statement(
    _select.where(
        *_OF_CONNECTOR,
        _c.id < bindparam("before", type_=BigInteger),
    )
    .order_by(_c.id.desc())
    .limit(bindparam("limit", type_=BigInteger))
)
_INSERT = statement(insert(tenant_credentials).values({c.name: bindparam(c.name) for c in _c}))


def _build_keep_pending(engine: str) -> CompilerElement:
    insert_for = postgresql.insert if engine == "postgresql" else sqlite.insert
    row = insert_for(tenant_credentials).values({c.name: bindparam(c.name) for c in _c})
    # The place of a submitter is theirs: whatever they submitted before is gone, number and all.
    return row.on_conflict_do_update(
        index_elements=["org_id", "connector", "connector_id", "environment", "submitted_by"],
        index_where=_PENDING,
        set_={c.name: row.excluded[c.name] for c in _c if c.name != "org_id"},
    )


_KEEP_PENDING = Statement(_build_keep_pending)
_REPLACE = statement(
    update(tenant_credentials)
    .where(
        _c.org_id == bindparam("in_org_id", type_=Text),
        _c.id == bindparam("this_id", type_=BigInteger),
    )
    .values({c.name: bindparam(c.name) for c in _c if c.name not in {"org_id", "id"}})
)
_FIND_SUBMITTERS = statement(
    select(connect_policies.c.submitters).where(
        connect_policies.c.org_id == bindparam("org_id", type_=Text)
    )
)
_SET_SUBMITTERS = upsert(connect_policies, keys=("org_id",), change=("submitters",))
_OF_VERSION = (
    connections.c.org_id == bindparam("org_id", type_=Text),
    connections.c.credentials_id == bindparam("credentials_id", type_=BigInteger),
)
_COUNT_AFFECTED = statement(
    # Account 0 is the organization itself: a connection, and nobody.
    select(func.count(distinct(func.nullif(connections.c.account_id, 0))), func.count()).where(
        *_OF_VERSION, IS_LIVE
    )
)
_REPIN = statement(
    update(connections)
    .where(*_OF_VERSION)
    .values(credentials_id=bindparam("successor", type_=BigInteger))
)


async def find_credentials(reads: Reads, org_id: str, number: int) -> TenantCredentials | None:
    """The version of that number."""
    row = await reads.one(_FIND, org_id=org_id, id=number)
    return None if row is None else TenantCredentials.from_row(row)


async def lock_credentials(tx: Transaction, org_id: str, number: int) -> TenantCredentials | None:
    """The version of that number, which nobody changes until this unit ends."""
    row = await tx.one(_LOCK, org_id=org_id, id=number)
    return None if row is None else TenantCredentials.from_row(row)


async def find_active(reads: Reads, slot: Slot) -> TenantCredentials | None:
    """The version that everybody uses."""
    row = await reads.one(_FIND_ACTIVE, **_named(slot))
    return None if row is None else TenantCredentials.from_row(row)


async def lock_active(tx: Transaction, slot: Slot) -> TenantCredentials | None:
    """The version that everybody uses, which nobody changes until this unit ends."""
    row = await tx.one(_LOCK_ACTIVE, **_named(slot))
    return None if row is None else TenantCredentials.from_row(row)


async def find_pending(reads: Reads, slot: Slot, submitted_by: int) -> TenantCredentials | None:
    """What this account submitted for the place ``slot`` and has not proved yet."""
    row = await reads.one(_FIND_PENDING, **_named(slot), submitted_by=submitted_by)
    return None if row is None else TenantCredentials.from_row(row)


async def drop_pending(tx: Transaction, slot: Slot, submitted_by: int) -> int | None:
    """Forget what this account submitted for ``slot``; the number of what there was."""
    row = await tx.one(_DROP_PENDING, **_named(slot), submitted_by=submitted_by)
    return None if row is None else int(row[0])


async def list_credentials(
    reads: Reads, whose: tuple[str, str, int], *, before: int, limit: int
) -> list[TenantCredentials]:
    """Versions for an organization's connector, the newest first, older than ``before``."""
    org_id, connector, connector_id = whose
    rows = await reads.all(
        _LIST,
        org_id=org_id,
        connector=connector,
        connector_id=connector_id,
        before=before,
        limit=limit,
    )
    return [TenantCredentials.from_row(row) for row in rows]


def _named(slot: Slot) -> dict[str, str | int]:
    return dict(zip(("org_id", "connector", "connector_id", "environment"), slot, strict=True))


async def insert_credentials(tx: Transaction, new: TenantCredentials) -> None:
    """Keep a new version. Raises ``Conflict`` where its place was taken at this moment."""
    await tx.run(_INSERT, **new.as_row())


async def keep_pending(tx: Transaction, new: TenantCredentials) -> None:
    """Keep what an account submitted, in the place of what it submitted before."""
    await tx.run(_KEEP_PENDING, **new.as_row())


async def replace_credentials(tx: Transaction, new: TenantCredentials) -> None:
    """Keep ``new`` in the place of the locked row of the same number. Raises ``Conflict``."""
    row = new.as_row()
    row["in_org_id"], row["this_id"] = row.pop("org_id"), row.pop("id")
    await tx.run(_REPLACE, **row)


async def count_affected(reads: Reads, org_id: str, credentials_id: int) -> Affected:
    """Whose connections live by this version."""
    row = await reads.one(_COUNT_AFFECTED, org_id=org_id, credentials_id=credentials_id)
    return Affected(0, 0) if row is None else Affected(people=row[0], connections=row[1])


async def repin_connections(
    tx: Transaction, org_id: str, credentials_id: int, successor: int
) -> None:
    """Let the connections of one version live by ``successor``, which is the same client."""
    await tx.run(_REPIN, org_id=org_id, credentials_id=credentials_id, successor=successor)


async def find_submitters(reads: Reads, org_id: str) -> Submitters:
    """Who may supply credentials in this organization."""
    row = await reads.one(_FIND_SUBMITTERS, org_id=org_id)
    return Submitters.ADMINS_ONLY if row is None else Submitters(row[0])


async def set_submitters(tx: Transaction, org_id: str, submitters: Submitters) -> None:
    """Keep who may."""
    await tx.run(_SET_SUBMITTERS, org_id=org_id, submitters=str(submitters))
