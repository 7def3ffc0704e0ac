"""Statements about connections: keeping, finding and listing them, and how they change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Text,
    and_,
    bindparam,
    func,
    insert,
    select,
    update,
)

from doorward.accounts import AccountStatus
from doorward.accounts.store import accounts
from doorward.db import SIZES, Database, Reads, Statement, Transaction, among, numbers
from doorward.db import statement as build
from doorward.vault.model import Connection, Status, pack_json
from doorward.vault.store.tables import CONNECTION_COLUMNS, IS_LIVE, connections

__all__ = [
    "ListWanted",
    "block_of_credentials",
    "count_by_status",
    "count_of_account",
    "count_of_credentials",
    "erase",
    "find",
    "find_by_party",
    "find_for_use",
    "insert_connection",
    "list_connections",
    "list_of_account",
    "lock",
    "note_used",
    "rename",
    "replace_connection",
    "resume_of_credentials",
    "set_party",
    "set_settings",
]

_c = connections.c
_now = bindparam("now", type_=BigInteger)
_ORG = _c.org_id == bindparam("org_id", type_=Text)
_THIS = (_ORG, _c.id == bindparam("connection_id", type_=BigInteger))
_OWNED = _c.account_id == bindparam("account_id", type_=BigInteger)
_EARLIER = _c.id < bindparam("before", type_=BigInteger)
_LIMIT = bindparam("limit", type_=BigInteger)
_BY_CREDENTIALS = (
    _ORG,
    _c.credentials_id == bindparam("by_credentials", type_=BigInteger),
)

_select = select(*CONNECTION_COLUMNS)
_FIND = build(_select.where(*_THIS))
_HOLDERS = connections.outerjoin(
    accounts, and_(accounts.c.org_id == _c.org_id, accounts.c.account_id == _c.account_id)
)
_FOR_USE = {
    size: build(
        select(*CONNECTION_COLUMNS, accounts.c.status)
        .select_from(_HOLDERS)
        .where(_ORG, among(_c.id, size))
    )
    for size in SIZES
}
_LOCK = build(_select.where(*_THIS).with_for_update())
_BY_PARTY = build(
    _select.where(
        _ORG,
        _OWNED,
        _c.connector == bindparam("connector", type_=Text),
        _c.environment == bindparam("environment", type_=Text),
        _c.party_key == bindparam("party_key", type_=Text),
    ).with_for_update()
)
_OF_ACCOUNT = build(_select.where(_ORG, _OWNED, _EARLIER).order_by(_c.id.desc()).limit(_LIMIT))
_COUNT_BY_STATUS = build(
    select(_c.status, func.count()).where(_ORG).group_by(_c.status).order_by(_c.status)
)
_COUNT_OF_ACCOUNT = build(select(func.count()).select_from(connections).where(_ORG, _OWNED))
_COUNT_OF_CREDENTIALS = build(
    select(func.count()).select_from(connections).where(*_BY_CREDENTIALS, IS_LIVE)
)
_INSERT = build(insert(connections).values({c.name: bindparam(c.name) for c in _c}))
_REPLACE = build(
    update(connections)
    .where(
        _c.org_id == bindparam("in_org_id", type_=Text),
        _c.id == bindparam("this_id", type_=BigInteger),
    )
    .values({c.name: bindparam(c.name) for c in _c if c.name not in {"org_id", "id"}})
)
_RENAME = build(
    update(connections)
    .where(*_THIS)
    .values(label=bindparam("new_label", type_=Text))
    .returning(*CONNECTION_COLUMNS)
)
_SET_PARTY = build(
    update(connections)
    .where(*_THIS, _c.grant_id == bindparam("seen_grant", type_=BigInteger))
    .values(
        party_name=bindparam("new_name", type_=Text),
        party_email=bindparam("new_email", type_=Text),
    )
    .returning(*CONNECTION_COLUMNS)
)
_SET_SETTINGS = build(
    update(connections)
    .where(*_THIS)
    .values(settings=bindparam("new_settings", type_=Text))
    .returning(*CONNECTION_COLUMNS)
)
_ERASE = build(
    update(connections)
    .where(*_THIS, _c.sealed.is_not(None))
    .values(
        sealed=None,
        variables="{}",
        token_version=_c.token_version + 1,
        grant_id=bindparam("new_grant_id", type_=BigInteger),
        status=str(Status.DISCONNECTED),
        reason=bindparam("new_reason", type_=Text),
        since=_now,
        scopes=None,
        expires_at=None,
        refresh_expires_at=None,
        lifetime_s=None,
        next_refresh_at=None,
        retry_at=None,
        failures=0,
        lease_owner=None,
        lease_until=None,
    )
)
_NOTE_USED = build(
    update(connections).where(*_THIS).values(last_used_at=bindparam("used_at", type_=BigInteger))
)
_END_OF_CREDENTIALS = build(
    update(connections)
    .where(*_BY_CREDENTIALS, IS_LIVE)
    .values(
        status=bindparam("new_status", type_=Text),
        reason=bindparam("new_reason", type_=Text),
        since=_now,
        next_refresh_at=None,
    )
    .returning(_c.id)
)
_RESUME_OF_CREDENTIALS = build(
    update(connections)
    .where(*_BY_CREDENTIALS, _c.status == str(Status.BLOCKED))
    .values(retry_at=None, next_refresh_at=_now)
    .returning(_c.id)
)


@dataclass(frozen=True, slots=True)
class ListWanted:
    """A page of connections, the newest first, older than the connection ``before``."""

    before: int
    limit: int
    connector: str | None = None
    status: Status | None = None
    account_id: int | None = None


@lru_cache(maxsize=8)
def _listed(*, by_connector: bool, by_status: bool, by_account: bool) -> Statement:
    where = [_ORG, _EARLIER]
    if by_connector:
        where.append(_c.connector == bindparam("connector", type_=Text))
    if by_status:
        where.append(_c.status == bindparam("of_status", type_=Text))
    if by_account:
        where.append(_OWNED)
    return build(_select.where(*where).order_by(_c.id.desc()).limit(_LIMIT))


async def find(reads: Reads, org_id: str, connection_id: int) -> Connection | None:
    """The connection of that number."""
    row = await reads.one(_FIND, org_id=org_id, connection_id=connection_id)
    return None if row is None else Connection.from_row(row)


async def find_for_use(
    reads: Reads, org_id: str, wanted: Sequence[int]
) -> dict[int, tuple[Connection, bool]]:
    """The connections of those numbers, and of each whether its account is disabled."""
    size, given = numbers(wanted)
    found = {}
    for row in await reads.all(_FOR_USE[size], org_id=org_id, **given):
        connection = Connection.from_row(row[:-1])
        found[connection.connection_id] = (connection, row[-1] == AccountStatus.DISABLED)
    return found


async def lock(tx: Transaction, org_id: str, connection_id: int) -> Connection | None:
    """The connection, which nobody changes until this unit ends."""
    row = await tx.one(_LOCK, org_id=org_id, connection_id=connection_id)
    return None if row is None else Connection.from_row(row)


async def find_by_party(tx: Transaction, new: Connection) -> Connection | None:
    """The same account's connection to the same account of the platform, locked."""
    row = await tx.one(
        _BY_PARTY,
        org_id=new.org_id,
        account_id=new.account_id,
        connector=new.connector,
        environment=new.environment,
        party_key=new.party_key,
    )
    return None if row is None else Connection.from_row(row)


async def list_of_account(
    reads: Reads, org_id: str, account_id: int, *, before: int, limit: int
) -> list[Connection]:
    """A page of what the account holds, the newest first."""
    params = {"org_id": org_id, "account_id": account_id, "before": before, "limit": limit}
    return [Connection.from_row(row) for row in await reads.all(_OF_ACCOUNT, **params)]


async def list_connections(db: Database, org_id: str, wanted: ListWanted) -> list[Connection]:
    """A page of the organization's connections."""
    params: dict[str, Any] = {"org_id": org_id, "before": wanted.before, "limit": wanted.limit}
    if wanted.connector is not None:
        params["connector"] = wanted.connector
    if wanted.status is not None:
        params["of_status"] = str(wanted.status)
    if wanted.account_id is not None:
        params["account_id"] = wanted.account_id
    statement = _listed(
        by_connector="connector" in params,
        by_status="of_status" in params,
        by_account="account_id" in params,
    )
    return [Connection.from_row(row) for row in await db.scan(statement, **params)]


async def count_by_status(db: Database, org_id: str) -> dict[Status, int]:
    """How many connections of the organization are how; none is left out."""
    rows = await db.scan(_COUNT_BY_STATUS, org_id=org_id)
    return {Status(status): int(count) for status, count in rows}


async def count_of_account(reads: Reads, org_id: str, account_id: int) -> int:
    """How many connections the account holds."""
    row = await reads.one(_COUNT_OF_ACCOUNT, org_id=org_id, account_id=account_id)
    return 0 if row is None else int(row[0])


async def count_of_credentials(reads: Reads, org_id: str, credentials_id: int) -> int:
    """How many connections live by this version of the organization's credentials."""
    row = await reads.one(_COUNT_OF_CREDENTIALS, org_id=org_id, by_credentials=credentials_id)
    return 0 if row is None else int(row[0])


async def insert_connection(tx: Transaction, new: Connection) -> None:
    """Keep a new connection. Raises ``Conflict`` when its party is connected already."""
    await tx.run(_INSERT, **new.as_row())


async def replace_connection(tx: Transaction, new: Connection) -> None:
    """Keep ``new`` in the place of the locked row of the same number."""
    row = new.as_row()
    row["in_org_id"], row["this_id"] = row.pop("org_id"), row.pop("id")
    await tx.run(_REPLACE, **row)


async def rename(tx: Transaction, seen: Connection, label: str) -> Connection:
    """Change how the locked connection is called."""
    return await _changed(tx, _RENAME, seen, new_label=label)


async def set_party(
    tx: Transaction, row: Connection, *, name: str, email: str
) -> Connection | None:
    """Change what the account at the platform is called, while the grant is the one of ``row``."""
    found = await tx.one(
        _SET_PARTY,
        org_id=row.org_id,
        connection_id=row.connection_id,
        seen_grant=row.grant_id,
        new_name=name,
        new_email=email,
    )
    return None if found is None else Connection.from_row(found)


async def set_settings(
    tx: Transaction, seen: Connection, settings: Mapping[str, Any]
) -> Connection:
    """Change the settings of the locked connection, which outlive the credentials."""
    return await _changed(tx, _SET_SETTINGS, seen, new_settings=pack_json(settings))


async def _changed(
    tx: Transaction, statement: Statement, seen: Connection, **params: str
) -> Connection:
    row = await tx.one(statement, org_id=seen.org_id, connection_id=seen.connection_id, **params)
    if row is None:
        raise LookupError("a connection that is locked does not go away")
    return Connection.from_row(row)


async def erase(tx: Transaction, row: Connection, *, grant_id: int, reason: str, now: int) -> bool:
    """Forget the credentials for good; whether there were any.

    The version moves on, so that a renewal under way finds nothing to write its answer over.
    """
    return (
        await tx.run(
            _ERASE,
            org_id=row.org_id,
            connection_id=row.connection_id,
            new_grant_id=grant_id,
            new_reason=reason,
            now=now,
        )
        == 1
    )


async def note_used(tx: Transaction, org_id: str, connection_id: int, used_at: int) -> None:
    """Keep when the connection was used last."""
    await tx.run(_NOTE_USED, org_id=org_id, connection_id=connection_id, used_at=used_at)


async def block_of_credentials(
    tx: Transaction, org_id: str, credentials_id: int, status: Status, reason: str, *, now: int
) -> Sequence[int]:
    """Give every live connection of these credentials another status; which ones."""
    rows = await tx.all(
        _END_OF_CREDENTIALS,
        org_id=org_id,
        by_credentials=credentials_id,
        new_status=str(status),
        new_reason=reason,
        now=now,
    )
    return [row[0] for row in rows]


async def resume_of_credentials(
    tx: Transaction, org_id: str, credentials_id: int, *, now: int
) -> Sequence[int]:
    """Have every blocked connection of these credentials tried again now; which ones."""
    rows = await tx.all(
        _RESUME_OF_CREDENTIALS, org_id=org_id, by_credentials=credentials_id, now=now
    )
    return [row[0] for row in rows]
