"""API sessions: found by their identifier alone, kept open by use, and ended."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    and_,
    bindparam,
    insert,
    select,
    update,
)

from doorward.accounts import Account
from doorward.accounts.store import ACCOUNT_COLUMNS, accounts
from doorward.apikeys.model import ApiKey, ApiSession
from doorward.apikeys.store.keys import HELD, KEY_COLUMNS, api_keys
from doorward.db import Reads, Transaction, expires_by_time, metadata, statement

__all__ = [
    "EXPIRE_SESSIONS",
    "SESSION_COLUMNS",
    "SLIDE",
    "Proof",
    "api_sessions",
    "end_oldest_sessions",
    "end_session",
    "end_sessions_of_account",
    "end_sessions_of_key",
    "find_session",
    "insert_session",
]

api_sessions = Table(
    "api_sessions",
    metadata,
    Column("org_id", Text, nullable=False),
    Column("id", BigInteger, nullable=False),
    Column("account_id", BigInteger, nullable=False),
    Column("key_id", BigInteger, nullable=False),
    Column("address", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    PrimaryKeyConstraint("id", "org_id"),
    UniqueConstraint("digest", name="api_sessions_digest"),
    Index("api_sessions_by_key", "org_id", "key_id", "id"),
    Index("api_sessions_by_account", "org_id", "account_id", "id"),
    Index("api_sessions_by_expiry", "expires_at"),
    sqlite_with_rowid=False,
)

SESSION_COLUMNS = tuple(column for column in api_sessions.c if column.name != "digest")
"""What ``ApiSession.from_row`` reads."""

# The identifier is all that a caller of API v1 says: it names no organization, and is unique.
_FIND_SESSION = statement(
    select(*SESSION_COLUMNS, *KEY_COLUMNS, *ACCOUNT_COLUMNS)
    .join_from(
        api_sessions,
        api_keys,
        and_(
            api_keys.c.org_id == api_sessions.c.org_id, api_keys.c.key_id == api_sessions.c.key_id
        ),
    )
    .join(accounts, HELD)
    .where(api_sessions.c.digest == bindparam("digest"))
)
_INSERT_SESSION = statement(
    insert(api_sessions).values({c.name: bindparam(c.name) for c in api_sessions.c})
)
_HERE = api_sessions.c.org_id == bindparam("org_id")
_SESSION = (_HERE, api_sessions.c.id == bindparam("id"))
_SESSIONS_OF_KEY = (_HERE, api_sessions.c.key_id == bindparam("key_id"))
_IS_OPEN = api_sessions.c.expires_at > bindparam("now", type_=BigInteger)
# An ended session stays a while, so that its identifier is not taken for a guess.
_END = update(api_sessions).values(expires_at=bindparam("now", type_=BigInteger))
_END_SESSION = statement(_END.where(*_SESSION, _IS_OPEN))
_END_OF_KEY = statement(_END.where(*_SESSIONS_OF_KEY, _IS_OPEN))
_END_OF_ACCOUNT = statement(
    _END.where(_HERE, api_sessions.c.account_id == bindparam("account_id"), _IS_OPEN)
)
_TOO_MANY = (
    select(api_sessions.c.id)
    .where(*_SESSIONS_OF_KEY, _IS_OPEN)
    .order_by(api_sessions.c.id.desc())
    .offset(bindparam("kept", type_=BigInteger))
)
_END_OLDEST = statement(_END.where(_HERE, api_sessions.c.id.in_(_TOO_MANY)))
SLIDE = statement(
    update(api_sessions).where(*_SESSION, _IS_OPEN).values(expires_at=bindparam("expires_at"))
)
"""Let an open session live until ``expires_at``."""
EXPIRE_SESSIONS = expires_by_time(api_sessions)

Proof = tuple[ApiSession, ApiKey, Account]


async def find_session(reads: Reads, digest: bytes) -> Proof | None:
    """The session, the key that opened it, and the account that holds the key, in one read."""
    row = await reads.one(_FIND_SESSION, digest=digest)
    if row is None:
        return None
    first, second = len(SESSION_COLUMNS), len(SESSION_COLUMNS) + len(KEY_COLUMNS)
    return (
        ApiSession.from_row(row[:first]),
        ApiKey.from_row(row[first:second]),
        Account.from_row(row[second:]),
    )


async def insert_session(tx: Transaction, session: ApiSession, digest: bytes) -> None:
    """Keep a new session. Raises ``Conflict`` when another one has its identifier."""
    await tx.run(
        _INSERT_SESSION,
        org_id=session.org_id,
        id=session.id,
        account_id=session.account_id,
        key_id=session.key_id,
        address=session.address,
        created_at=session.created_at,
        expires_at=session.expires_at,
        digest=digest,
    )


async def end_session(tx: Transaction, session: ApiSession, *, now: int) -> bool:
    """End the session; False when it had ended."""
    return await tx.run(_END_SESSION, org_id=session.org_id, id=session.id, now=now) == 1


async def end_sessions_of_key(tx: Transaction, org_id: str, key_id: int, *, now: int) -> None:
    """End every session that the key opened."""
    await tx.run(_END_OF_KEY, org_id=org_id, key_id=key_id, now=now)


async def end_sessions_of_account(
    tx: Transaction, org_id: str, account_id: int, *, now: int
) -> None:
    """End every session of the account."""
    await tx.run(_END_OF_ACCOUNT, org_id=org_id, account_id=account_id, now=now)


async def end_oldest_sessions(
    tx: Transaction, org_id: str, key_id: int, *, kept: int, now: int
) -> None:
    """End all open sessions of the key but the youngest ``kept``."""
    await tx.run(_END_OLDEST, org_id=org_id, key_id=key_id, kept=kept, now=now)
