"""The table of signing keys, and its statements."""

from __future__ import annotations

import msgspec
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
    insert,
    select,
    text,
    update,
)

from doorward.db import Reads, Transaction, metadata, statement
from doorward.keys.model import KeyStatus, SigningAlg, SigningKey

__all__ = [
    "activate",
    "delete_expired",
    "delete_retired",
    "insert_key",
    "list_keys",
    "list_published",
    "lock_keys",
    "retire",
    "signing_keys",
]

signing_keys = Table(
    "signing_keys",
    metadata,
    Column("org_id", Text, nullable=False),
    Column("kid", Text, nullable=False),
    Column("alg", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("activated_at", BigInteger),
    Column("retired_at", BigInteger),
    Column("expires_at", BigInteger),
    Column("public_jwk", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    PrimaryKeyConstraint("org_id", "kid"),
    sqlite_with_rowid=False,
)
# An organization has one current and one next key of an algorithm, whoever asks at once.
for _status in ("current", "next"):
    _only = text(f"status = '{_status}'")
    Index(
        f"signing_keys_one_{_status}",
        signing_keys.c.org_id,
        signing_keys.c.alg,
        unique=True,
        sqlite_where=_only,
        postgresql_where=_only,
    )

_KEY = (signing_keys.c.org_id == bindparam("org_id"), signing_keys.c.kid == bindparam("kid"))
_LIST = statement(
    select(*signing_keys.c)
    .where(signing_keys.c.org_id == bindparam("org_id"))
    .order_by(signing_keys.c.alg, signing_keys.c.created_at.desc(), signing_keys.c.kid)
)
_PUBLISHED = statement(
    select(signing_keys.c.public_jwk, signing_keys.c.expires_at)
    .where(signing_keys.c.org_id == bindparam("org_id"))
    .order_by(signing_keys.c.alg, signing_keys.c.created_at.desc(), signing_keys.c.kid)
)
_LOCK = statement(
    select(*signing_keys.c)
    .where(
        signing_keys.c.org_id == bindparam("org_id"),
        signing_keys.c.alg == bindparam("alg"),
        signing_keys.c.status != "retired",
    )
    .order_by(signing_keys.c.status)
    .with_for_update()
)
_INSERT = statement(
    insert(signing_keys).values({c.name: bindparam(c.name) for c in signing_keys.c})
)
_RETIRE = statement(
    update(signing_keys)
    .where(*_KEY, signing_keys.c.status == "current")
    .values(
        status="retired", retired_at=bindparam("retired_at"), expires_at=bindparam("expires_at")
    )
)
_ACTIVATE = statement(
    update(signing_keys)
    .where(*_KEY, signing_keys.c.status == "next")
    .values(status="current", activated_at=bindparam("activated_at"))
)
_DELETE_RETIRED = statement(delete(signing_keys).where(*_KEY, signing_keys.c.status == "retired"))
_DELETE_EXPIRED = statement(
    delete(signing_keys).where(
        signing_keys.c.org_id == bindparam("org_id"),
        signing_keys.c.status == "retired",
        signing_keys.c.expires_at <= bindparam("now"),
    )
)


async def list_keys(reads: Reads, org_id: str) -> list[SigningKey]:
    """Every key of ``org_id``, by algorithm, the youngest first."""
    return [SigningKey.from_row(row) for row in await reads.all(_LIST, org_id=org_id)]


async def list_published(reads: Reads, org_id: str) -> list[tuple[str, int | None]]:
    """The public JWK of every key of ``org_id`` with its end, in the same order."""
    return [(jwk, ends) for jwk, ends in await reads.all(_PUBLISHED, org_id=org_id)]


async def lock_keys(tx: Transaction, org_id: str, alg: SigningAlg) -> dict[KeyStatus, SigningKey]:
    """The current and the next key, which no other unit changes until this one ends."""
    rows = await tx.all(_LOCK, org_id=org_id, alg=alg)
    return {key.status: key for key in map(SigningKey.from_row, rows)}


async def insert_key(tx: Transaction, key: SigningKey) -> None:
    """Keep a new key. Raises ``Conflict`` when there is one of its status already."""
    await tx.run(
        _INSERT,
        org_id=key.org_id,
        kid=key.kid,
        alg=key.alg,
        status=key.status,
        created_at=key.created_at,
        activated_at=key.activated_at,
        retired_at=key.retired_at,
        expires_at=key.expires_at,
        public_jwk=msgspec.json.encode(key.public_jwk).decode(),
        sealed=key.sealed,
    )


async def retire(tx: Transaction, key: SigningKey, *, now: int, expires_at: int) -> bool:
    """Retire the current ``key``; whether it still was."""
    changed = await tx.run(
        _RETIRE, org_id=key.org_id, kid=key.kid, retired_at=now, expires_at=expires_at
    )
    return changed == 1


async def activate(tx: Transaction, key: SigningKey, *, now: int) -> bool:
    """Make the next ``key`` the current one; whether it still was the next."""
    return await tx.run(_ACTIVATE, org_id=key.org_id, kid=key.kid, activated_at=now) == 1


async def delete_expired(tx: Transaction, org_id: str, *, now: int) -> int:
    """Remove retired keys whose time has come; how many."""
    return await tx.run(_DELETE_EXPIRED, org_id=org_id, now=now)


async def delete_retired(tx: Transaction, org_id: str, kid: str) -> bool:
    """Remove a retired key before its time; whether there was one."""
    return await tx.run(_DELETE_RETIRED, org_id=org_id, kid=kid) == 1
