"""Rows of authenticator apps and recovery codes."""

from __future__ import annotations

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
    func,
    insert,
    select,
    update,
)

from doorward.db import expires_by_time, metadata, statement

__all__ = [
    "CONFIRM",
    "COUNT_CODES",
    "DROP_APPS",
    "DROP_CODES",
    "DROP_OTHER_APPS",
    "DROP_PENDING",
    "EXPIRE_PENDING",
    "FIND_APP",
    "FIND_PENDING",
    "INSERT_APP",
    "INSERT_CODE",
    "USE_CODE",
    "USE_STEP",
    "recovery_codes",
    "totp_factors",
]

totp_factors = Table(
    "totp_factors",
    metadata,
    Column("org_id", Text, nullable=False),
    Column("id", BigInteger, nullable=False),
    Column("account_id", BigInteger, nullable=False),
    Column("browser_id", BigInteger, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("confirmed_at", BigInteger),
    Column("last_step", BigInteger, nullable=False),
    Column("last_used_at", BigInteger),
    PrimaryKeyConstraint("id", "org_id"),
    Index("totp_factors_by_account", "org_id", "account_id"),
    Index("totp_factors_by_expiry", "expires_at"),
    sqlite_with_rowid=False,
)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("org_id", Text, nullable=False),
    Column("id", BigInteger, nullable=False),
    Column("account_id", BigInteger, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
    PrimaryKeyConstraint("id", "org_id"),
    Index("recovery_codes_by_account", "org_id", "account_id"),
    sqlite_with_rowid=False,
)

_org = bindparam("org_id", type_=Text)
_id = bindparam("id", type_=BigInteger)
_account = bindparam("account", type_=BigInteger)
_now = bindparam("now", type_=BigInteger)
_step = bindparam("step", type_=BigInteger)

_apps_of_account = (totp_factors.c.org_id == _org, totp_factors.c.account_id == _account)
_codes_of_account = (recovery_codes.c.org_id == _org, recovery_codes.c.account_id == _account)
_is_confirmed = totp_factors.c.confirmed_at.is_not(None)
_is_pending = totp_factors.c.confirmed_at.is_(None)

INSERT_APP = statement(insert(totp_factors))
FIND_APP = statement(
    select(
        totp_factors.c.id,
        totp_factors.c.confirmed_at,
        totp_factors.c.last_used_at,
        totp_factors.c.sealed,
        totp_factors.c.last_step,
    ).where(*_apps_of_account, _is_confirmed)
)
FIND_PENDING = statement(
    select(totp_factors.c.id, totp_factors.c.sealed, totp_factors.c.expires_at).where(
        *_apps_of_account,
        _is_pending,
        # A key that was shown in another browser may be known to somebody else.
        totp_factors.c.browser_id == bindparam("browser", type_=BigInteger),
        totp_factors.c.expires_at > _now,
    )
)
CONFIRM = statement(
    update(totp_factors)
    .where(
        totp_factors.c.org_id == _org,
        totp_factors.c.id == _id,
        _is_pending,
        totp_factors.c.expires_at > _now,
    )
    .values(confirmed_at=_now, expires_at=None, last_step=_step, last_used_at=_now)
    .returning(totp_factors.c.id)
)
USE_STEP = statement(
    update(totp_factors)
    .where(
        totp_factors.c.org_id == _org,
        totp_factors.c.id == _id,
        _is_confirmed,
        totp_factors.c.last_step < _step,
    )
    .values(last_step=_step, last_used_at=_now)
    .returning(totp_factors.c.id)
)
"""Says who won: of any number of equal codes at once, one moves the step on."""

DROP_PENDING = statement(delete(totp_factors).where(*_apps_of_account, _is_pending))
DROP_OTHER_APPS = statement(delete(totp_factors).where(*_apps_of_account, totp_factors.c.id != _id))
DROP_APPS = statement(delete(totp_factors).where(*_apps_of_account))
EXPIRE_PENDING = expires_by_time(totp_factors)

INSERT_CODE = statement(insert(recovery_codes))
USE_CODE = statement(
    update(recovery_codes)
    .where(
        *_codes_of_account,
        recovery_codes.c.digest == bindparam("given", type_=LargeBinary),
        recovery_codes.c.used_at.is_(None),
    )
    .values(used_at=_now)
    .returning(recovery_codes.c.id)
)
COUNT_CODES = statement(
    select(func.count()).where(*_codes_of_account, recovery_codes.c.used_at.is_(None))
)
DROP_CODES = statement(delete(recovery_codes).where(*_codes_of_account))
