"""The accounts whose API access is on."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    PrimaryKeyConstraint,
    Table,
    Text,
    bindparam,
    delete,
    insert,
    select,
)

from doorward.db import Reads, Transaction, metadata, statement

__all__ = [
    "api_access",
    "find_access",
    "insert_access",
    "remove_access",
]

api_access = Table(
    "api_access",
    metadata,
    Column("org_id", Text, nullable=False),
    Column("account_id", BigInteger, nullable=False),
    Column("switched_on_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("org_id", "account_id"),
    sqlite_with_rowid=False,
)

_WITH_ACCESS = (
    api_access.c.org_id == bindparam("org_id"),
    api_access.c.account_id == bindparam("account_id"),
)
_FIND_ACCESS = statement(select(api_access.c.switched_on_at).where(*_WITH_ACCESS))
_INSERT_ACCESS = statement(
    insert(api_access).values({c.name: bindparam(c.name) for c in api_access.c})
)
_REMOVE_ACCESS = statement(delete(api_access).where(*_WITH_ACCESS))


async def find_access(reads: Reads, org_id: str, account_id: int) -> int | None:
    """Since when the account's API access is on (microseconds); None while it is off."""
    row = await reads.one(_FIND_ACCESS, org_id=org_id, account_id=account_id)
    return None if row is None else int(row[0])


async def insert_access(tx: Transaction, org_id: str, account_id: int, *, now: int) -> None:
    """Switch the account's API access on. Raises ``Conflict`` when it is on."""
    await tx.run(_INSERT_ACCESS, org_id=org_id, account_id=account_id, switched_on_at=now)


async def remove_access(tx: Transaction, org_id: str, account_id: int) -> bool:
    """Switch the account's API access off; False when it was off."""
    return await tx.run(_REMOVE_ACCESS, org_id=org_id, account_id=account_id) == 1
