"""Statements about what waits: renewed credentials to be written, and tokens to be taken back."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import BigInteger, Text, bindparam, delete, insert, select, update

from doorward.db import Database, Reads, Row, Transaction, expires_by_time
from doorward.db import statement as build
from doorward.vault.store.tables import vault_outbox

__all__ = [
    "EXPIRE_OUTBOX",
    "REVOKE",
    "SPILL",
    "Waiting",
    "claim_waiting",
    "delete_waiting",
    "find_due_revocations",
    "find_spills",
    "insert_waiting",
    "list_spills",
    "put_off",
]

SPILL = "spill"
REVOKE = "revoke"

_c = vault_outbox.c
_me = bindparam("me", type_=BigInteger)
_now = bindparam("now", type_=BigInteger)
_next = bindparam("next", type_=BigInteger)
_THIS = (
    _c.org_id == bindparam("org_id", type_=Text),
    _c.id == bindparam("waiting_id", type_=BigInteger),
)
_LIMIT = bindparam("limit", type_=BigInteger)
_COLUMNS = (
    _c.org_id,
    _c.id,
    _c.kind,
    _c.connection_id,
    _c.detail,
    _c.sealed,
    _c.tries,
    _c.created_at,
    _c.expires_at,
)
_select = select(*_COLUMNS)

_INSERT = build(insert(vault_outbox).values({c.name: bindparam(c.name) for c in _c}))
_SPILLS_OF = build(
    _select.where(
        _c.org_id == bindparam("org_id", type_=Text),
        _c.connection_id == bindparam("connection_id", type_=BigInteger),
        _c.kind == SPILL,
    ).order_by(_c.id)
)
# Workers look after every organization: these look across them on purpose.
_SPILLS = build(_select.where(_c.kind == SPILL, _c.next_at <= _now).order_by(_c.id).limit(_LIMIT))
_DUE = build(
    select(_c.org_id, _c.id)
    .where(_c.kind == REVOKE, _c.next_at <= _now)
    .order_by(_c.next_at)
    .limit(_LIMIT)
)
_CLAIM = build(
    update(vault_outbox)
    .where(*_THIS, _c.next_at <= _now)
    .values(claimed_by=_me, next_at=_next, tries=_c.tries + 1)
    .returning(*_COLUMNS)
)
_PUT_OFF = build(
    update(vault_outbox).where(*_THIS, _c.claimed_by == _me).values(claimed_by=None, next_at=_next)
)
_DELETE = build(delete(vault_outbox).where(*_THIS))
EXPIRE_OUTBOX = expires_by_time(vault_outbox)
"""What could not be done in time is given up, and forgotten."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A row of the outbox. Times are microseconds."""

    org_id: str
    waiting_id: int
    kind: str
    connection_id: int
    detail: str
    sealed: bytes
    tries: int
    created_at: int
    expires_at: int

    @classmethod
    def from_row(cls, row: Row) -> Waiting:
        """Read a row in the order of its columns."""
        org_id, number, kind, connection_id, detail, sealed, tries, created_at, expires_at = row
        return cls(
            org_id,
            number,
            kind,
            connection_id,
            detail,
            bytes(sealed),
            tries,
            created_at,
            expires_at,
        )


async def insert_waiting(
    tx: Transaction, new: Waiting, *, next_at: int, claimed_by: int | None = None
) -> None:
    """Keep something to be done ``next_at`` then."""
    await tx.run(
        _INSERT,
        org_id=new.org_id,
        id=new.waiting_id,
        kind=new.kind,
        connection_id=new.connection_id,
        detail=new.detail,
        sealed=new.sealed,
        tries=new.tries,
        next_at=next_at,
        claimed_by=claimed_by,
        created_at=new.created_at,
        expires_at=new.expires_at,
    )


async def find_spills(reads: Reads, org_id: str, connection_id: int) -> list[Waiting]:
    """What was renewed for this connection and could not be written, the oldest first."""
    rows = await reads.all(_SPILLS_OF, org_id=org_id, connection_id=connection_id)
    return [Waiting.from_row(row) for row in rows]


async def list_spills(reads: Reads, *, now: int, limit: int) -> list[Waiting]:
    """The same of every connection."""
    return [Waiting.from_row(row) for row in await reads.all(_SPILLS, now=now, limit=limit)]


async def find_due_revocations(reads: Reads, *, now: int, limit: int) -> list[tuple[str, int]]:
    """Tokens that are to be taken back now, the longest due first."""
    return [(row[0], row[1]) for row in await reads.all(_DUE, now=now, limit=limit)]


async def claim_waiting(
    db: Database, key: tuple[str, int], *, me: int, now: int, until: int
) -> Waiting | None:
    """It, for ``me`` alone ``until`` then; None when it is not to be had."""
    row = await db.write_one(_CLAIM, org_id=key[0], waiting_id=key[1], me=me, now=now, next=until)
    return None if row is None else Waiting.from_row(row)


async def put_off(tx: Transaction, waiting: Waiting, *, me: int, until: int) -> None:
    """Have it tried again ``until`` then."""
    await tx.run(_PUT_OFF, org_id=waiting.org_id, waiting_id=waiting.waiting_id, me=me, next=until)


async def delete_waiting(tx: Transaction, waiting: Waiting) -> None:
    """It is done."""
    await tx.run(_DELETE, org_id=waiting.org_id, waiting_id=waiting.waiting_id)
