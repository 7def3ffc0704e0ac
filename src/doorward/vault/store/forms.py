"""The tables of values that administrators supply, and their statements."""

from __future__ import annotations

from typing import TypeAlias

from sqlalchemy import (
    BigInteger,
    Column,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    bindparam,
    delete,
    or_,
    select,
)

from doorward.db import Reads, Transaction, metadata, statement, upsert

__all__ = [
    "Owner",
    "clear_failure",
    "find_failure",
    "list_accounts",
    "list_managed",
    "managed_failures",
    "managed_values",
    "note_failure",
    "put_managed",
    "remove_managed",
]

managed_values = Table(
    "managed_values",
    metadata,
    Column("org_id", Text, nullable=False),
    Column("connector", Text, nullable=False),
    Column("connector_id", BigInteger, nullable=False),
    Column("account_id", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("org_id", "connector", "connector_id", "account_id", "name"),
    sqlite_with_rowid=False,
)
"""Account 0 stands for the organization: what it holds is everybody's."""

managed_failures = Table(
    "managed_failures",
    metadata,
    Column("org_id", Text, nullable=False),
    Column("connector", Text, nullable=False),
    Column("connector_id", BigInteger, nullable=False),
    Column("account_id", BigInteger, nullable=False),
    Column("failed_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("org_id", "connector", "connector_id", "account_id"),
    sqlite_with_rowid=False,
)
"""Who could not connect with managed values, and is shown the whole form until it works."""

Owner: TypeAlias = tuple[str, str, int, int]
"""An organization, a connector's name and number, and an account (0: the organization)."""

_v = managed_values.c
_f = managed_failures.c
_OWNER = ("org_id", "connector", "connector_id", "account_id")
_OF_CONNECTOR = (
    _v.org_id == bindparam("org_id", type_=Text),
    _v.connector == bindparam("connector", type_=Text),
    _v.connector_id == bindparam("connector_id", type_=BigInteger),
)
_OF_ACCOUNT = _v.account_id == bindparam("account_id", type_=BigInteger)
_LIST = statement(
    select(_v.account_id, _v.name, _v.sealed)
    .where(*_OF_CONNECTOR, or_(_v.account_id == 0, _OF_ACCOUNT))
    .order_by(_v.account_id, _v.name)
)
_ACCOUNTS = statement(
    select(_v.account_id)
    .distinct()
    .where(*_OF_CONNECTOR, _v.account_id > 0)
    .order_by(_v.account_id)
    .limit(bindparam("limit", type_=BigInteger))
)
_PUT = upsert(managed_values, keys=(*_OWNER, "name"), change=("sealed", "changed_at"))
_REMOVE = statement(
    delete(managed_values).where(
        *_OF_CONNECTOR, _OF_ACCOUNT, _v.name == bindparam("name", type_=Text)
    )
)
_FAILURE = (
    _f.org_id == bindparam("org_id", type_=Text),
    _f.connector == bindparam("connector", type_=Text),
    _f.connector_id == bindparam("connector_id", type_=BigInteger),
    _f.account_id == bindparam("account_id", type_=BigInteger),
)
_FIND_FAILURE = statement(select(_f.failed_at).where(*_FAILURE))
_NOTE_FAILURE = upsert(managed_failures, keys=_OWNER, change=("failed_at",))
_CLEAR_FAILURE = statement(delete(managed_failures).where(*_FAILURE))
_CLEAR_FAILURES = statement(delete(managed_failures).where(*_FAILURE[:3]))


async def list_managed(reads: Reads, owner: Owner) -> list[tuple[int, str, bytes]]:
    """Whose, which and what: the organization's values and those of the account."""
    rows = await reads.all(_LIST, **_named(owner))
    return [(row[0], row[1], bytes(row[2])) for row in rows]


async def list_accounts(reads: Reads, owner: Owner, *, limit: int) -> list[int]:
    """The accounts that have values of their own of the owner's connector."""
    named = {name: value for name, value in _named(owner).items() if name != "account_id"}
    return [row[0] for row in await reads.all(_ACCOUNTS, **named, limit=limit)]


async def put_managed(tx: Transaction, owner: Owner, name: str, sealed: bytes, *, now: int) -> None:
    """Keep a value under its name."""
    await tx.run(_PUT, **_named(owner), name=name, sealed=sealed, changed_at=now)


async def remove_managed(tx: Transaction, owner: Owner, name: str) -> bool:
    """Forget a value; whether there was one."""
    return await tx.run(_REMOVE, **_named(owner), name=name) == 1


async def find_failure(reads: Reads, owner: Owner) -> bool:
    """Whether this account could not connect with managed values."""
    return await reads.one(_FIND_FAILURE, **_named(owner)) is not None


async def note_failure(tx: Transaction, owner: Owner, *, now: int) -> None:
    """Keep that they could not."""
    await tx.run(_NOTE_FAILURE, **_named(owner), failed_at=now)


async def clear_failure(tx: Transaction, owner: Owner) -> None:
    """Forget that they could not; for the organization, that anybody could not."""
    named = _named(owner)
    if owner[3]:
        await tx.run(_CLEAR_FAILURE, **named)
    else:
        await tx.run(_CLEAR_FAILURES, **{k: v for k, v in named.items() if k != "account_id"})


def _named(owner: Owner) -> dict[str, str | int]:
    return dict(zip(_OWNER, owner, strict=True))
