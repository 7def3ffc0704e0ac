"""Rows of consents. A withdrawn one stays as history for a while; one of a pair is alive."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    PrimaryKeyConstraint,
    Table,
    Text,
    bindparam,
    insert,
    select,
    text,
    update,
)

from doorward.db import expires_by_time, metadata, statement
from doorward.tokens.store import codes

__all__ = [
    "EXPIRE_CONSENTS",
    "FIND_CONSENT",
    "GET_CONSENT",
    "INSERT_CONSENT",
    "LIST_CONSENTS",
    "LIST_ORG_CONSENTS",
    "LOCK_CONSENT",
    "NARROW_CONSENT",
    "USE_CONSENT",
    "USE_FOR_CODE",
    "WIDEN_CONSENT",
    "WITHDRAW_CONSENT",
    "consents",
]

consents = Table(
    "consents",
    metadata,
    Column("org_id", Text, nullable=False),
    Column("id", BigInteger, nullable=False),
    Column("account_id", BigInteger, nullable=False),
    Column("client_id", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("granted_at", BigInteger, nullable=False),
    Column("last_used_at", BigInteger, nullable=False),
    Column("withdrawn_at", BigInteger),
    Column("declined", Text, nullable=False, server_default=""),
    PrimaryKeyConstraint("org_id", "id"),
    Index(
        "consents_alive",
        "org_id",
        "account_id",
        "client_id",
        unique=True,
        sqlite_where=text("withdrawn_at IS NULL"),
        postgresql_where=text("withdrawn_at IS NULL"),
    ),
    Index(
        "consents_by_withdrawal",
        "withdrawn_at",
        sqlite_where=text("withdrawn_at IS NOT NULL"),
        postgresql_where=text("withdrawn_at IS NOT NULL"),
    ),
    sqlite_with_rowid=False,
)

_org = bindparam("org_id", type_=Text)
_id = bindparam("id", type_=BigInteger)
_now = bindparam("now", type_=BigInteger)
_account = bindparam("account", type_=BigInteger)

_columns = (
    consents.c.id,
    consents.c.org_id,
    consents.c.account_id,
    consents.c.client_id,
    consents.c.scope,
    consents.c.granted_at,
    consents.c.last_used_at,
    consents.c.declined,
)
_alive = consents.c.withdrawn_at.is_(None)

INSERT_CONSENT = statement(insert(consents))
FIND_CONSENT = statement(
    select(*_columns).where(
        consents.c.org_id == _org,
        consents.c.account_id == _account,
        consents.c.client_id == bindparam("client", type_=Text),
        _alive,
    )
)
GET_CONSENT = statement(
    select(*_columns).where(consents.c.org_id == _org, consents.c.id == _id, _alive)
)
LOCK_CONSENT = statement(
    select(*_columns)
    .where(consents.c.org_id == _org, consents.c.id == _id, _alive)
    .with_for_update()
)
LIST_CONSENTS = statement(
    select(*_columns)
    .where(consents.c.org_id == _org, consents.c.account_id == _account, _alive)
    .order_by(consents.c.last_used_at.desc())
)
LIST_ORG_CONSENTS = statement(
    select(*_columns)
    .where(consents.c.org_id == _org, consents.c.id > bindparam("after", type_=BigInteger), _alive)
    .order_by(consents.c.id)
    .limit(bindparam("count", type_=BigInteger))
)
WIDEN_CONSENT = statement(
    update(consents)
    .where(consents.c.org_id == _org, consents.c.id == _id, _alive)
    .values(
        scope=bindparam("new_scope", type_=Text),
        declined=bindparam("new_declined", type_=Text),
        last_used_at=_now,
    )
)
NARROW_CONSENT = statement(
    update(consents)
    .where(consents.c.org_id == _org, consents.c.id == _id, _alive)
    .values(
        scope=bindparam("new_scope", type_=Text), declined=bindparam("new_declined", type_=Text)
    )
)
USE_CONSENT = statement(
    update(consents)
    .where(consents.c.org_id == _org, consents.c.id == _id, _alive)
    .values(last_used_at=_now)
    .returning(consents.c.id, consents.c.scope, consents.c.declined)
)
_used = (
    update(consents)
    .where(
        consents.c.org_id == _org,
        consents.c.id == bindparam("consent_id", type_=BigInteger),
        _alive,
    )
    .values(last_used_at=bindparam("used_at", type_=BigInteger))
    .returning(consents.c.id)
    .cte("used")
)
USE_FOR_CODE = statement(
    insert(codes)
    .from_select(
        [c.name for c in codes.c],
        select(*[bindparam(c.name, type_=c.type) for c in codes.c]).select_from(_used),
    )
    .returning(codes.c.id)
)
"""For PostgreSQL alone, which changes rows within WITH: without a consent there is no code."""
WITHDRAW_CONSENT = statement(
    update(consents)
    .where(consents.c.org_id == _org, consents.c.id == _id, _alive)
    .values(withdrawn_at=_now)
    .returning(consents.c.account_id, consents.c.client_id)
)

EXPIRE_CONSENTS = expires_by_time(
    consents, consents.c.withdrawn_at, consents.c.org_id, consents.c.id
)
