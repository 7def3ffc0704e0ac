"""Every place where something is sealed for long, and how it is sealed again under another key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    LargeBinary,
    Table,
    and_,
    bindparam,
    func,
    insert,
    select,
    tuple_,
    update,
)

from doorward.audit.store import audit_keys
from doorward.db import Database, Reads, Statement, Transaction
from doorward.db import statement as build
from doorward.factors.store import totp_factors
from doorward.keys.store import signing_keys
from doorward.vault.store.credentials import tenant_credentials
from doorward.vault.store.forms import managed_values
from doorward.vault.store.outbox import SPILL
from doorward.vault.store.tables import connections, vault_keys, vault_outbox

__all__ = [
    "PLACES",
    "Place",
    "Sealed",
    "delete_key",
    "find_keys",
    "insert_key",
]

_NAME_FROM, _NAME_BYTES = 2, 8
"""Where in a sealed value the fingerprint of its key stands, counted from 1."""

_FIND_KEYS = build(
    select(vault_keys.c.fingerprint, vault_keys.c.canary).order_by(vault_keys.c.fingerprint)
)
_INSERT_KEY = build(insert(vault_keys).values({c.name: bindparam(c.name) for c in vault_keys.c}))
_DELETE_KEY = build(
    vault_keys.delete().where(vault_keys.c.fingerprint == bindparam("of", type_=LargeBinary))
)


@dataclass(frozen=True, slots=True)
class Sealed:
    """One sealed value: its row, and what it is bound to."""

    key: tuple[Any, ...]
    sealed: bytes
    about: bytes


class Place:
    """One column of sealed values. It is walked in the order of its primary key."""

    def __init__(
        self,
        table: Table,
        about: Callable[[tuple[Any, ...]], bytes],
        *,
        also: tuple[Column[Any], ...] = (),
    ) -> None:
        """The column ``sealed`` of ``table``, bound to what ``about`` says of key and ``also``."""
        self.name = table.name
        self._keys = len(table.primary_key.columns)
        self._about = about
        keys = tuple(table.primary_key.columns)
        column = table.c.sealed
        of = func.substr(column, _NAME_FROM, _NAME_BYTES, type_=LargeBinary)
        old = and_(column.is_not(None), of != bindparam("current", type_=LargeBinary))
        page = (
            select(*keys, *also, column)
            .where(old)
            .order_by(*keys)
            .limit(bindparam("limit", type_=BigInteger))
        )
        given = [bindparam(f"after_{n}", type_=key.type) for n, key in enumerate(keys)]
        these = [key == bindparam(f"key_{n}", type_=key.type) for n, key in enumerate(keys)]
        these.sort(key=lambda each: each.left is not table.c.org_id)
        self._count = build(select(of, func.count()).where(column.is_not(None)).group_by(of))
        self._first = build(page)
        self._next = build(page.where(tuple_(*keys) > tuple_(*given)))
        self._replace: Statement = build(
            update(table)
            .where(*these, column == bindparam("seen", type_=LargeBinary))
            .values(sealed=bindparam("new_sealed", type_=LargeBinary))
        )

    async def count(self, db: Database) -> dict[bytes, int]:
        """How many values each key has sealed, by its fingerprint."""
        return {bytes(name): number for name, number in await db.scan(self._count)}

    async def page(
        self, db: Database, after: tuple[Any, ...] | None, *, current: bytes, limit: int
    ) -> list[Sealed]:
        """Values after the key ``after`` that another key than ``current`` has sealed."""
        statement, params = self._first, {}
        if after is not None:
            statement = self._next
            params = {f"after_{n}": part for n, part in enumerate(after)}
        rows = await db.all(statement, current=current, limit=limit, **params)
        return [
            Sealed(tuple(row[: self._keys]), bytes(row[-1]), self._about(tuple(row[:-1])))
            for row in rows
        ]

    async def replace(self, tx: Transaction, value: Sealed, sealed: bytes) -> bool:
        """Keep ``sealed`` in its place, if nobody has changed it since."""
        key = {f"key_{n}": part for n, part in enumerate(value.key)}
        changed = await tx.run(self._replace, seen=value.sealed, new_sealed=sealed, **key)
        return changed == 1


async def find_keys(reads: Reads) -> list[tuple[bytes, bytes]]:
    """The keys that have sealed something here, each with its canary."""
    return [(bytes(row[0]), bytes(row[1])) for row in await reads.all(_FIND_KEYS)]


async def insert_key(tx: Transaction, fingerprint: bytes, canary: bytes, *, now: int) -> None:
    """Keep that this key seals from now on. Raises ``Conflict`` when that is known."""
    await tx.run(_INSERT_KEY, fingerprint=fingerprint, canary=canary, created_at=now)


async def delete_key(tx: Transaction, fingerprint: bytes) -> bool:
    """Forget a key; whether it was known."""
    return await tx.run(_DELETE_KEY, of=fingerprint) == 1


def _bound(table: str, org_id: str, row_id: object) -> bytes:
    return f"vault|{org_id}|{table}|{row_id}|sealed".encode()


def _of_row(table: str) -> Callable[[tuple[Any, ...]], bytes]:
    """For tables keyed by ``(id, org_id)``."""
    return lambda row: _bound(table, row[1], row[0])


def _of_outbox(row: tuple[Any, ...]) -> bytes:
    """What waits to be written is sealed for the row that it will be in."""
    number, org_id, kind, connection_id = row
    if kind == SPILL:
        return _bound("connections", org_id, connection_id)
    return _bound("vault_outbox", org_id, number)


def _of_managed(row: tuple[Any, ...]) -> bytes:
    org_id, connector, connector_id, account_id, name = row
    place = f"{connector}:{connector_id}:{account_id}:{name}"
    return _bound("managed_values", org_id, place)


def _of_signing_key(row: tuple[Any, ...]) -> bytes:
    org_id, kid = row
    return f"signing-key:{org_id}:{kid}".encode()


def _of_app(row: tuple[Any, ...]) -> bytes:
    number, org_id, account_id = row
    return f"factors|{org_id}|totp_factors|{account_id}|{number}|sealed".encode()


def _of_audit_key(row: tuple[Any, ...]) -> bytes:
    org_id, key_id = row
    return f"audit-key:{org_id}:{key_id}".encode()


PLACES = (
    Place(connections, _of_row("connections")),
    Place(vault_outbox, _of_outbox, also=(vault_outbox.c.kind, vault_outbox.c.connection_id)),
    Place(tenant_credentials, _of_row("tenant_credentials")),
    Place(managed_values, _of_managed),
    Place(signing_keys, _of_signing_key),
    Place(totp_factors, _of_app, also=(totp_factors.c.account_id,)),
    Place(audit_keys, _of_audit_key),
)
"""What is sealed for longer than the day that the rest lives at most."""
