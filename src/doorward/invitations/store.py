"""Rows of invitations: only a digest of the link, and one open row of an account at most."""

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
    insert,
    select,
    update,
)

from doorward.db import expires_by_time, metadata, statement

__all__ = [
    "ACCEPT_INVITATION",
    "END_INVITATIONS",
    "EXPIRE_INVITATIONS",
    "FIND_INVITATION",
    "INSERT_INVITATION",
    "LATEST_INVITATION",
    "invitations",
]

invitations = Table(
    "invitations",
    metadata,
    Column("org_id", Text, nullable=False),
    Column("id", BigInteger, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("account_id", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("accepted_at", BigInteger),
    PrimaryKeyConstraint("id", "org_id"),
    Index("invitations_by_account", "org_id", "account_id"),
    Index("invitations_by_expiry", "expires_at"),
    sqlite_with_rowid=False,
)

_org = bindparam("org_id", type_=Text)
_id = bindparam("id", type_=BigInteger)
_account = bindparam("account", type_=BigInteger)
_now = bindparam("now", type_=BigInteger)
_this = (invitations.c.org_id == _org, invitations.c.id == _id)
_open = (invitations.c.ended_at.is_(None), invitations.c.accepted_at.is_(None))
_columns = (
    invitations.c.id,
    invitations.c.account_id,
    invitations.c.created_at,
    invitations.c.expires_at,
    invitations.c.ended_at,
    invitations.c.accepted_at,
)

INSERT_INVITATION = statement(insert(invitations))
FIND_INVITATION = statement(select(invitations.c.digest, *_columns).where(*_this))
LATEST_INVITATION = statement(
    select(*_columns)
    .where(invitations.c.org_id == _org, invitations.c.account_id == _account)
    .order_by(invitations.c.id.desc())
    .limit(1)
)
ACCEPT_INVITATION = statement(
    update(invitations)
    .where(*_this, *_open, invitations.c.expires_at > _now)
    .values(accepted_at=_now)
    .returning(invitations.c.account_id)
)
"""Says who won: one answer for each link."""

END_INVITATIONS = statement(
    update(invitations)
    .where(invitations.c.org_id == _org, invitations.c.account_id == _account, *_open)
    .values(ended_at=_now)
)
EXPIRE_INVITATIONS = expires_by_time(invitations)
