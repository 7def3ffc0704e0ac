"""Statements about people's own API keys."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Text,
    and_,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from doorward.accounts.store import accounts
from doorward.db import Reads, Transaction, expires_by_time, statement
from doorward.projects.key_model import KeyOrigin, PersonalKey
from doorward.projects.store.tables import KEY_COLUMNS, personal_keys
from doorward.tokens.store import families

__all__ = [
    "EXPIRE_KEYS",
    "TOUCH_KEY",
    "count_live_keys",
    "delete_key",
    "find_key_orgs",
    "find_live_key",
    "hold_family",
    "insert_key",
    "list_live_keys",
]

_ORG = personal_keys.c.org_id == bindparam("org_id", type_=Text)
_ID = personal_keys.c.id == bindparam("key_id", type_=BigInteger)
_OF_ACCOUNT = (_ORG, personal_keys.c.account_id == bindparam("account_id", type_=BigInteger))
_NOW = bindparam("now", type_=BigInteger)

# A key that an application made lives while the authorization does, whose end is read each time.
_WITH_FAMILY = personal_keys.outerjoin(
    families,
    and_(families.c.org_id == personal_keys.c.org_id, families.c.id == personal_keys.c.family_id),
)
_IS_LIVE = and_(
    or_(personal_keys.c.expires_at.is_(None), personal_keys.c.expires_at > _NOW),
    or_(
        personal_keys.c.family_id.is_(None),
        and_(families.c.id.is_not(None), families.c.revoked_at.is_(None)),
    ),
)
_FIND_LIVE = statement(
    select(personal_keys.c.digest, accounts.c.kind, accounts.c.status, *KEY_COLUMNS)
    .select_from(
        _WITH_FAMILY.join(
            accounts,
            and_(
                accounts.c.org_id == personal_keys.c.org_id,
                accounts.c.account_id == personal_keys.c.account_id,
            ),
        )
    )
    .where(_ORG, _ID, _IS_LIVE)
)
# The value is all that a caller at the installation's root says, and it names no organization.
_FIND_ORGS = statement(select(personal_keys.c.org_id, personal_keys.c.digest).where(_ID))
_LIST = statement(
    select(*KEY_COLUMNS)
    .select_from(_WITH_FAMILY)
    .where(*_OF_ACCOUNT, _IS_LIVE)
    .order_by(personal_keys.c.created_at, personal_keys.c.id)
)
_COUNT = statement(select(func.count()).select_from(_WITH_FAMILY).where(*_OF_ACCOUNT, _IS_LIVE))
_INSERT = statement(
    insert(personal_keys).values({c.name: bindparam(c.name) for c in personal_keys.c})
)
_DELETE = statement(delete(personal_keys).where(*_OF_ACCOUNT, _ID).returning(*KEY_COLUMNS))
_HOLD_FAMILY = statement(
    select(families.c.expires_at)
    .where(
        families.c.org_id == bindparam("org_id", type_=Text),
        families.c.id == bindparam("family_id", type_=BigInteger),
        families.c.revoked_at.is_(None),
    )
    .with_for_update()
)
TOUCH_KEY = statement(
    update(personal_keys)
    .where(
        _ORG,
        _ID,
        or_(
            personal_keys.c.last_used_at.is_(None),
            personal_keys.c.last_used_at < bindparam("earlier", type_=BigInteger),
        ),
    )
    .values(last_used_at=_NOW, last_used_from=bindparam("address", type_=Text))
)
"""Note a use, unless one was noted since ``earlier``."""
EXPIRE_KEYS = expires_by_time(personal_keys)

Holder = tuple[bytes, str, str, PersonalKey]


async def find_live_key(reads: Reads, org_id: str, key_id: int, *, now: int) -> Holder | None:
    """The key's digest, its account's kind and status, and the key, while nothing ended it."""
    row = await reads.one(_FIND_LIVE, org_id=org_id, key_id=key_id, now=now)
    return None if row is None else (bytes(row[0]), row[1], row[2], PersonalKey.from_row(row[3:]))


async def find_key_orgs(reads: Reads, key_id: int) -> list[tuple[str, bytes]]:
    """The organizations that have a key of this number, and the digests."""
    return [(row[0], bytes(row[1])) for row in await reads.all(_FIND_ORGS, key_id=key_id)]


async def list_live_keys(
    reads: Reads, org_id: str, account_id: int, *, now: int
) -> list[PersonalKey]:
    """The account's live keys, the oldest first."""
    rows = await reads.all(_LIST, org_id=org_id, account_id=account_id, now=now)
    return [PersonalKey.from_row(row) for row in rows]


async def count_live_keys(tx: Transaction, org_id: str, account_id: int, *, now: int) -> int:
    """How many live keys the account has."""
    row = await tx.one(_COUNT, org_id=org_id, account_id=account_id, now=now)
    return 0 if row is None else int(row[0])


async def hold_family(tx: Transaction, org_id: str, origin: KeyOrigin) -> int | None:
    """When the authorization ends; None when it has ended. It stays as it is in this unit."""
    row = await tx.one(_HOLD_FAMILY, org_id=org_id, family_id=origin.family_id)
    return None if row is None else int(row[0])


async def insert_key(tx: Transaction, key: PersonalKey, digest: bytes) -> None:
    """Keep a new key. Raises ``Conflict`` when another one has its number."""
    await tx.run(
        _INSERT,
        org_id=key.org_id,
        id=key.key_id,
        account_id=key.account_id,
        name=key.name,
        scope=" ".join(key.scopes),
        client_id=None if key.origin is None else key.origin.client_id,
        family_id=None if key.origin is None else key.origin.family_id,
        created_at=key.created_at,
        expires_at=key.expires_at,
        last_used_at=key.last_used_at,
        last_used_from=key.last_used_from,
        digest=digest,
    )


async def delete_key(
    tx: Transaction, org_id: str, account_id: int, key_id: int
) -> PersonalKey | None:
    """Delete a key of the account; None when it has no such key."""
    row = await tx.one(_DELETE, org_id=org_id, account_id=account_id, key_id=key_id)
    return None if row is None else PersonalKey.from_row(row)
