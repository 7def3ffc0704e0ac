"""Idempotency keys: which request came under which key, and the sealed answer it got."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    Column,
    LargeBinary,
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

from doorward.db import Database, Transaction, expires_by_id, metadata, statement

__all__ = [
    "EXPIRE_IDEMPOTENCY_KEYS",
    "StoredAnswer",
    "answer_request",
    "begin_request",
    "find_request",
    "forget_request",
    "idempotency_keys",
]

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("org_id", Text, nullable=False),
    Column("id", BigInteger, nullable=False),
    Column("caller", BigInteger, nullable=False),
    Column("key_digest", LargeBinary, nullable=False),
    Column("request_digest", LargeBinary, nullable=False),
    Column("status", BigInteger),
    Column("sealed", LargeBinary),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("id", "org_id"),
    UniqueConstraint("org_id", "caller", "key_digest", name="idempotency_keys_by_key"),
    sqlite_with_rowid=False,
)

_OF_KEY = (
    idempotency_keys.c.org_id == bindparam("org_id", type_=Text),
    idempotency_keys.c.caller == bindparam("caller", type_=BigInteger),
    idempotency_keys.c.key_digest == bindparam("key_digest", type_=LargeBinary),
)
_THIS = (
    idempotency_keys.c.org_id == bindparam("org_id", type_=Text),
    idempotency_keys.c.id == bindparam("id", type_=BigInteger),
)
_INSERT = statement(insert(idempotency_keys))
_FORGET_EXPIRED = statement(
    delete(idempotency_keys).where(
        *_OF_KEY, idempotency_keys.c.expires_at <= bindparam("now", type_=BigInteger)
    )
)
_FIND = statement(
    select(
        idempotency_keys.c.id,
        idempotency_keys.c.request_digest,
        idempotency_keys.c.status,
        idempotency_keys.c.sealed,
    ).where(*_OF_KEY)
)
_ANSWER = statement(
    update(idempotency_keys)
    .where(*_THIS)
    .values(
        status=bindparam("new_status", type_=BigInteger),
        sealed=bindparam("new_sealed", type_=LargeBinary),
    )
)
_FORGET = statement(delete(idempotency_keys).where(*_THIS))
EXPIRE_IDEMPOTENCY_KEYS = expires_by_id(idempotency_keys)


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """What is kept under a key. Without a status, the first request has no answer yet."""

    row_id: int
    request_digest: bytes
    status: int | None
    sealed: bytes | None


async def begin_request(
    db: Database,
    row_id: int,
    key: tuple[str, int, bytes],
    request_digest: bytes,
    *,
    now: int,
    expires_at: int,
) -> None:
    """Claim ``key`` (organization, caller, digest) for one request. Raises ``Conflict``.

    Times are microseconds. A key whose time is over is claimed as if it were new.
    """
    org_id, caller, key_digest = key

    async def work(tx: Transaction) -> None:
        await tx.run(_FORGET_EXPIRED, org_id=org_id, caller=caller, key_digest=key_digest, now=now)
        await tx.run(
            _INSERT,
            org_id=org_id,
            id=row_id,
            caller=caller,
            key_digest=key_digest,
            request_digest=request_digest,
            status=None,
            sealed=None,
            created_at=now,
            expires_at=expires_at,
        )

    await db.unit(work)


async def find_request(db: Database, key: tuple[str, int, bytes]) -> StoredAnswer | None:
    """What is kept under ``key``."""
    org_id, caller, key_digest = key
    row = await db.one(_FIND, org_id=org_id, caller=caller, key_digest=key_digest)
    if row is None:
        return None
    row_id, request_digest, status, sealed = row
    kept = None if sealed is None else bytes(sealed)
    return StoredAnswer(row_id, bytes(request_digest), status, kept)


async def answer_request(
    db: Database, org_id: str, row_id: int, *, status: int, sealed: bytes
) -> None:
    """Keep the answer to the request."""
    await db.run(_ANSWER, org_id=org_id, id=row_id, new_status=status, new_sealed=sealed)


async def forget_request(db: Database, org_id: str, row_id: int) -> None:
    """Let the key be used again: the request changed nothing."""
    await db.run(_FORGET, org_id=org_id, id=row_id)
