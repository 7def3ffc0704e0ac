"""The table of accounts that are to be deleted, and its statements."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    PrimaryKeyConstraint,
    Table,
    Text,
    bindparam,
    delete,
    or_,
    select,
    update,
)

from doorward.db import metadata, statement, upsert

__all__ = [
    "BEGIN",
    "CANCEL",
    "CLAIM",
    "DELETION_COLUMNS",
    "FIND",
    "FIND_DUE",
    "FINISH",
    "LIST",
    "PUT",
    "account_deletions",
]

account_deletions = Table(
    "account_deletions",
    metadata,
    Column("org_id", Text, nullable=False),
    Column("account_id", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("asked_at", BigInteger, nullable=False),
    Column("due_at", BigInteger),
    Column("claimed_until", BigInteger),
    PrimaryKeyConstraint("org_id", "account_id"),
    Index("account_deletions_due", "due_at"),
    sqlite_with_rowid=False,
)

_c = account_deletions.c
_THIS = (
    _c.org_id == bindparam("org_id", type_=Text),
    _c.account_id == bindparam("account_id", type_=BigInteger),
)
_now = bindparam("now", type_=BigInteger)
_until = bindparam("until", type_=BigInteger)
DELETION_COLUMNS = tuple(each for each in _c if each.name != "claimed_until")
"""What ``Deletion.from_row`` reads."""

PUT = upsert(
    account_deletions,
    keys=("org_id", "account_id"),
    change=("state", "asked_by", "asked_at", "due_at", "claimed_until"),
)
FIND = statement(select(*DELETION_COLUMNS).where(*_THIS))
LIST = statement(
    select(*DELETION_COLUMNS)
    .where(
        _c.org_id == bindparam("org_id", type_=Text),
        _c.account_id > bindparam("after", type_=BigInteger),
    )
    .order_by(_c.account_id)
    .limit(bindparam("batch", type_=BigInteger))
)
CANCEL = statement(
    delete(account_deletions).where(*_THIS, _c.state != "erasing").returning(_c.account_id)
)
BEGIN = statement(
    update(account_deletions)
    .where(*_THIS, _c.state == "scheduled", _c.due_at <= _now)
    .values(state="erasing", due_at=_until)
    .returning(_c.account_id)
)
# Across organizations on purpose: whatever is due is due in one order.
FIND_DUE = statement(
    select(*DELETION_COLUMNS)
    .where(_c.due_at <= _now, or_(_c.claimed_until.is_(None), _c.claimed_until <= _now))
    .order_by(_c.due_at)
    .limit(bindparam("batch", type_=BigInteger))
)
CLAIM = statement(
    update(account_deletions)
    .where(
        *_THIS,
        _c.state == "erasing",
        _c.due_at <= _now,
        or_(_c.claimed_until.is_(None), _c.claimed_until <= _now),
    )
    .values(claimed_until=_until)
    .returning(_c.account_id)
)
FINISH = statement(delete(account_deletions).where(*_THIS, _c.state == "erasing"))
