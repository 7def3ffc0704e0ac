"""API keys: whose they are, from where they may be used, and how they end."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    and_,
    bindparam,
    func,
    insert,
    or_,
    select,
    text,
    update,
)

from doorward.accounts import Account
from doorward.accounts.store import ACCOUNT_COLUMNS, NOT_ERASED, accounts
from doorward.apikeys.model import ApiKey
from doorward.db import (
    SIZES,
    Database,
    Reads,
    Transaction,
    among,
    expires_by_time,
    metadata,
    numbers,
    statement,
)

__all__ = [
    "HELD",
    "KEY_COLUMNS",
    "TOUCH",
    "api_keys",
    "count_live_keys",
    "find_holders",
    "find_key",
    "insert_key",
    "list_keys",
    "lock_account",
    "lock_key",
    "retire_key",
    "revoke_key",
    "revoke_keys_of_account",
    "set_networks",
]

_ENDS, _ENDED = text("expires_at IS NOT NULL"), text("revoked_at IS NOT NULL")
api_keys = Table(
    "api_keys",
    metadata,
    Column("org_id", Text, nullable=False),
    Column("key_id", BigInteger, nullable=False),
    Column("account_id", BigInteger, nullable=False),
    Column("label", Text, nullable=False),
    Column("last4", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("last_used_at", BigInteger),
    Column("last_used_from", Text),
    Column("revoked_at", BigInteger),
    Column("replaced_by", BigInteger),
    Column("networks", Text),
    Column("digest", LargeBinary, nullable=False),
    PrimaryKeyConstraint("key_id", "org_id"),
    Index("api_keys_by_org", "org_id", "key_id"),
    Index("api_keys_by_account", "org_id", "account_id", "key_id"),
    Index("api_keys_by_expiry", "expires_at", sqlite_where=_ENDS, postgresql_where=_ENDS),
    Index("api_keys_by_end", "revoked_at", sqlite_where=_ENDED, postgresql_where=_ENDED),
    sqlite_with_rowid=False,
)

EXPIRE_KEYS = tuple(
    expires_by_time(api_keys, end, api_keys.c.org_id, api_keys.c.key_id)
    for end in (api_keys.c.expires_at, api_keys.c.revoked_at)
)

KEY_COLUMNS = tuple(column for column in api_keys.c if column.name != "digest")
"""What ``ApiKey.from_row`` reads."""
_THIS = (api_keys.c.org_id == bindparam("org_id"), api_keys.c.key_id == bindparam("key_id"))
_OF_ACCOUNT = (
    api_keys.c.org_id == bindparam("org_id"),
    api_keys.c.account_id == bindparam("account_id"),
)
HELD = and_(
    accounts.c.org_id == api_keys.c.org_id,
    accounts.c.account_id == api_keys.c.account_id,
    NOT_ERASED,
)
"""Joins a key with the account that holds it."""
_IS_LIVE = (
    api_keys.c.revoked_at.is_(None),
    or_(api_keys.c.expires_at.is_(None), api_keys.c.expires_at > bindparam("now")),
)
_FIND = select(*KEY_COLUMNS).where(*_THIS)
_FIND_KEY = statement(_FIND)
_LOCK_KEY = statement(_FIND.with_for_update())
_HOLDERS = {
    size: statement(
        select(api_keys.c.digest, *KEY_COLUMNS, *ACCOUNT_COLUMNS)
        .join_from(api_keys, accounts, HELD)
        .where(api_keys.c.org_id == bindparam("org_id"), among(api_keys.c.key_id, size))
    )
    for size in SIZES
}
_LOCK_ACCOUNT = statement(
    select(*ACCOUNT_COLUMNS)
    .where(
        accounts.c.org_id == bindparam("org_id"),
        accounts.c.account_id == bindparam("account_id"),
        NOT_ERASED,
    )
    .with_for_update()
)
_COUNT_LIVE = statement(select(func.count()).select_from(api_keys).where(*_OF_ACCOUNT, *_IS_LIVE))
_INSERT = statement(insert(api_keys).values({c.name: bindparam(c.name) for c in api_keys.c}))
_REVOKE = statement(
    update(api_keys)
    .where(*_THIS, api_keys.c.revoked_at.is_(None))
    .values(revoked_at=bindparam("now"))
    .returning(*KEY_COLUMNS)
)
_REVOKE_OF_ACCOUNT = statement(
    update(api_keys)
    .where(*_OF_ACCOUNT, api_keys.c.revoked_at.is_(None))
    .values(revoked_at=bindparam("now"))
    .returning(*KEY_COLUMNS)
)
_RETIRE = statement(
    update(api_keys)
    .where(*_THIS, *_IS_LIVE, api_keys.c.replaced_by.is_(None))
    .values(
        replaced_by=bindparam("replaced_by"),
        expires_at=bindparam("ends_at"),
        revoked_at=bindparam("revoked_at"),
    )
)
_SET_NETWORKS = statement(
    update(api_keys)
    .where(*_THIS, api_keys.c.revoked_at.is_(None))
    .values(networks=bindparam("networks"))
    .returning(*KEY_COLUMNS)
)
TOUCH = statement(
    update(api_keys)
    .where(
        *_THIS,
        or_(api_keys.c.last_used_at.is_(None), api_keys.c.last_used_at < bindparam("before")),
    )
    .values(last_used_at=bindparam("now"), last_used_from=bindparam("address"))
)
"""Note a use, unless one was noted since ``before``."""
_PAGE = (
    select(*KEY_COLUMNS)
    .where(api_keys.c.org_id == bindparam("org_id"), api_keys.c.key_id > bindparam("after"))
    .order_by(api_keys.c.key_id)
    .limit(bindparam("limit", type_=BigInteger))
)
_LIST = statement(_PAGE)
_LIST_OF_ACCOUNT = statement(_PAGE.where(api_keys.c.account_id == bindparam("account_id")))


async def find_holders(
    reads: Reads, org_id: str, wanted: Sequence[int]
) -> dict[int, tuple[bytes, ApiKey, Account]]:
    """Of each of those keys its digest, the key, and the account that holds it, in one read."""
    size, given = numbers(wanted)
    split, found = 1 + len(KEY_COLUMNS), {}
    for row in await reads.all(_HOLDERS[size], org_id=org_id, **given):
        key = ApiKey.from_row(row[1:split])
        found[key.key_id] = (bytes(row[0]), key, Account.from_row(row[split:]))
    return found


async def find_key(reads: Reads, org_id: str, key_id: int) -> ApiKey | None:
    """The key ``key_id``, live or not."""
    row = await reads.one(_FIND_KEY, org_id=org_id, key_id=key_id)
    return None if row is None else ApiKey.from_row(row)


async def lock_key(tx: Transaction, org_id: str, key_id: int) -> ApiKey | None:
    """The key ``key_id``, which nobody changes until this unit ends."""
    row = await tx.one(_LOCK_KEY, org_id=org_id, key_id=key_id)
    return None if row is None else ApiKey.from_row(row)


async def lock_account(tx: Transaction, org_id: str, account_id: int) -> Account | None:
    """The account, which gets no other key until this unit ends."""
    row = await tx.one(_LOCK_ACCOUNT, org_id=org_id, account_id=account_id)
    return None if row is None else Account.from_row(row)


async def count_live_keys(tx: Transaction, org_id: str, account_id: int, *, now: int) -> int:
    """How many keys of the account are live at ``now``."""
    row = await tx.one(_COUNT_LIVE, org_id=org_id, account_id=account_id, now=now)
    return 0 if row is None else int(row[0])


async def insert_key(tx: Transaction, key: ApiKey, digest: bytes) -> None:
    """Keep a new key."""
    await tx.run(
        _INSERT,
        org_id=key.org_id,
        key_id=key.key_id,
        account_id=key.account_id,
        label=key.label,
        last4=key.last4,
        created_at=key.created_at,
        expires_at=key.expires_at,
        last_used_at=key.last_used_at,
        last_used_from=key.last_used_from,
        revoked_at=key.revoked_at,
        replaced_by=key.replaced_by,
        networks=_written(key.networks),
        digest=digest,
    )


async def revoke_key(tx: Transaction, org_id: str, key_id: int, *, now: int) -> ApiKey | None:
    """Revoke the key; None when there is none or it was revoked before."""
    row = await tx.one(_REVOKE, org_id=org_id, key_id=key_id, now=now)
    return None if row is None else ApiKey.from_row(row)


async def revoke_keys_of_account(
    tx: Transaction, org_id: str, account_id: int, *, now: int
) -> list[ApiKey]:
    """Revoke every key of the account that was not revoked before."""
    rows = await tx.all(_REVOKE_OF_ACCOUNT, org_id=org_id, account_id=account_id, now=now)
    return [ApiKey.from_row(row) for row in rows]


async def retire_key(
    tx: Transaction, key: ApiKey, *, replaced_by: int, ends_at: int, now: int
) -> bool:
    """Let a live key end at ``ends_at``; False when it is not live or has a successor."""
    changed = await tx.run(
        _RETIRE,
        org_id=key.org_id,
        key_id=key.key_id,
        replaced_by=replaced_by,
        ends_at=ends_at,
        revoked_at=now if ends_at <= now else None,
        now=now,
    )
    return changed == 1


async def set_networks(
    tx: Transaction, org_id: str, key_id: int, networks: tuple[str, ...]
) -> ApiKey | None:
    """Replace the key's networks; None when there is none or it was revoked."""
    row = await tx.one(_SET_NETWORKS, org_id=org_id, key_id=key_id, networks=_written(networks))
    return None if row is None else ApiKey.from_row(row)


async def list_keys(
    db: Database, org_id: str, account_id: int | None, *, after: int, limit: int
) -> list[ApiKey]:
    """Keys with a larger id than ``after``, oldest first, of one account or of all."""
    params = {"org_id": org_id, "after": after, "limit": limit}
    if account_id is None:
        rows = await db.scan(_LIST, **params)
    else:
        rows = await db.scan(_LIST_OF_ACCOUNT, **params, account_id=account_id)
    return [ApiKey.from_row(row) for row in rows]


def _written(networks: tuple[str, ...]) -> str | None:
    return msgspec.json.encode(networks).decode() if networks else None
