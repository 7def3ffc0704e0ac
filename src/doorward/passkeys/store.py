"""Rows of passkeys, of the challenges under way, and of what an account is to browsers."""

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
    delete,
    func,
    insert,
    select,
    update,
)

from doorward.db import expires_by_id, metadata, statement, upsert

__all__ = [
    "ADVANCE",
    "COUNT",
    "DELETE",
    "EXPIRE_CHALLENGES",
    "FIND_BY_CREDENTIAL",
    "FIND_HOLDER",
    "INSERT",
    "INSERT_CHALLENGE",
    "KEEP_HOLDER",
    "LIST",
    "PUT_OFF",
    "RENAME",
    "TAKE_CHALLENGE",
    "passkey_challenges",
    "passkey_holders",
    "passkeys",
]

passkeys = Table(
    "passkeys",
    metadata,
    Column("org_id", Text, nullable=False),
    Column("id", BigInteger, nullable=False),
    Column("account_id", BigInteger, nullable=False),
    Column("credential_id", LargeBinary, nullable=False),
    Column("rp_id", Text, nullable=False),
    Column("public_key", LargeBinary, nullable=False),
    Column("sign_count", BigInteger, nullable=False),
    Column("transports", Text, nullable=False),
    Column("backup_eligible", BigInteger, nullable=False),
    Column("backed_up", BigInteger, nullable=False),
    Column("aaguid", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("user_verified", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
    PrimaryKeyConstraint("id", "org_id"),
    UniqueConstraint("org_id", "credential_id", name="passkeys_credential"),
    Index("passkeys_by_account", "org_id", "account_id"),
    sqlite_with_rowid=False,
)

# The random value by which browsers know an account, and how long it is not asked for a passkey.
passkey_holders = Table(
    "passkey_holders",
    metadata,
    Column("org_id", Text, nullable=False),
    Column("account_id", BigInteger, nullable=False),
    Column("handle", LargeBinary, nullable=False),
    Column("put_off_until", BigInteger, nullable=False),
    PrimaryKeyConstraint("org_id", "account_id"),
    sqlite_with_rowid=False,
)

passkey_challenges = Table(
    "passkey_challenges",
    metadata,
    Column("org_id", Text, nullable=False),
    Column("id", BigInteger, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("browser_id", BigInteger, nullable=False),
    Column("flow_id", BigInteger, nullable=False),
    Column("account_id", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
    PrimaryKeyConstraint("id", "org_id"),
    sqlite_with_rowid=False,
)

_org = bindparam("org_id", type_=Text)
_id = bindparam("id", type_=BigInteger)
_account = bindparam("account", type_=BigInteger)
_now = bindparam("now", type_=BigInteger)
_name = bindparam("new_name", type_=Text)
_this = and_(passkeys.c.org_id == _org, passkeys.c.id == _id, passkeys.c.account_id == _account)
_of_account = and_(passkeys.c.org_id == _org, passkeys.c.account_id == _account)
_holder = and_(passkey_holders.c.org_id == _org, passkey_holders.c.account_id == _account)
_columns = tuple(
    passkeys.c[name]
    for name in (
        "id",
        "account_id",
        "credential_id",
        "rp_id",
        "public_key",
        "sign_count",
        "transports",
        "backup_eligible",
        "backed_up",
        "aaguid",
        "name",
        "user_verified",
        "created_at",
        "used_at",
    )
)

INSERT = statement(insert(passkeys))
LIST = statement(select(*_columns).where(_of_account).order_by(passkeys.c.id))
COUNT = statement(select(func.count()).select_from(passkeys).where(_of_account))
FIND_BY_CREDENTIAL = statement(
    select(passkey_holders.c.handle, *_columns)
    .select_from(
        passkeys.join(
            passkey_holders,
            and_(
                passkey_holders.c.org_id == passkeys.c.org_id,
                passkey_holders.c.account_id == passkeys.c.account_id,
            ),
        )
    )
    .where(
        passkeys.c.org_id == _org,
        passkeys.c.credential_id == bindparam("credential", type_=LargeBinary),
    )
    # Two uses at once are counted one after the other.
    .with_for_update(of=passkeys)
)
RENAME = statement(update(passkeys).where(_this).values(name=_name).returning(passkeys.c.id))
DELETE = statement(delete(passkeys).where(_this).returning(passkeys.c.name))
ADVANCE = statement(
    update(passkeys)
    .where(_this)
    .values(
        sign_count=bindparam("count", type_=BigInteger),
        backed_up=bindparam("synced", type_=BigInteger),
        user_verified=bindparam("verified", type_=BigInteger),
        used_at=_now,
    )
)

KEEP_HOLDER = upsert(passkey_holders, keys=("org_id", "account_id"), change=("account_id",))
"""Keeps the handle of an account that has one."""

FIND_HOLDER = statement(
    select(passkey_holders.c.handle, passkey_holders.c.put_off_until).where(_holder)
)
PUT_OFF = upsert(passkey_holders, keys=("org_id", "account_id"), change=("put_off_until",))

INSERT_CHALLENGE = statement(insert(passkey_challenges))
TAKE_CHALLENGE = statement(
    update(passkey_challenges)
    .where(
        passkey_challenges.c.org_id == _org,
        passkey_challenges.c.id == _id,
        passkey_challenges.c.digest == bindparam("proof", type_=LargeBinary),
        passkey_challenges.c.purpose == bindparam("wanted", type_=Text),
        passkey_challenges.c.browser_id == bindparam("browser", type_=BigInteger),
        passkey_challenges.c.flow_id == bindparam("flow", type_=BigInteger),
        passkey_challenges.c.account_id == _account,
        passkey_challenges.c.used_at.is_(None),
        passkey_challenges.c.expires_at > _now,
    )
    .values(used_at=_now)
    .returning(passkey_challenges.c.id)
)
"""Says who won: one answer for each challenge, from where it was given out."""

EXPIRE_CHALLENGES = expires_by_id(passkey_challenges)
