"""Rows of counters: one for each subject that was tried, counted by one statement."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    and_,
    bindparam,
    case,
    literal,
    not_,
    null,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.elements import CompilerElement

from doorward.db import Statement, expires_by_time, metadata, statement

__all__ = [
    "CLEAR",
    "COUNT",
    "COUNT_IN_WINDOW",
    "EXPIRE",
    "FIND",
    "FIND_DUE",
    "OVERFLOW_AT",
    "SETTLE",
    "TAKE_BACK",
    "brakes",
]

_WAITING = text("due_at IS NOT NULL")

brakes = Table(
    "brakes",
    metadata,
    Column("org_id", Text, nullable=False),
    Column("id", LargeBinary, nullable=False),
    Column("tries", BigInteger, nullable=False),
    Column("wait", BigInteger, nullable=False),
    Column("open_at", BigInteger, nullable=False),
    Column("account_id", BigInteger),
    Column("due_at", BigInteger),
    Column("expires_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("id", "org_id"),
    Index("brakes_by_expiry", "expires_at"),
    Index("brakes_due", "due_at", sqlite_where=_WAITING, postgresql_where=_WAITING),
    sqlite_with_rowid=False,
)
"""``id`` is a keyed digest of brake and subject; ``due_at`` says since when the owner of
``account_id`` is to be told."""


def _number(name: str) -> ColumnElement[int]:
    return bindparam(name, type_=BigInteger)


_row = brakes.c
_now, _most, _first, _longest = (_number(each) for each in ("now", "most", "first", "longest"))
_zero = literal(0, BigInteger)
_org = bindparam("org_id", type_=Text)
_this = (_row.org_id == _org, _row.id == bindparam("id", type_=LargeBinary))

# A row that lies further ahead than any rule reaches was written by a clock that ran ahead.
_over = or_(_row.expires_at <= _now, _row.expires_at > _now + _number("kept"))
_closed = and_(_row.open_at > _now, _row.open_at <= _now + _number("shut"))
_tries = _row.tries + 1
_within = _tries < _most
_wait = case(
    (_within, _zero),
    (_row.wait == 0, _first),
    (_row.wait * 2 > _longest, _longest),
    else_=_row.wait * 2,
)
_told = case((and_(_tries == _most, _number("tells") == 1), _now), else_=_row.due_at)


def _counting(*, window: bool) -> Statement:
    """Count one try, unless the row is closed; answers nothing then.

    What is inserted is the row as the first try leaves it, which one that is over becomes again.
    The engine holds the row from the look at it until it is written, so however many come at
    once, each sees what the one before left.
    """
    ends = (
        _row.expires_at
        if window
        else case((_within, _row.expires_at), else_=_now + _wait + _number("span"))
    )
    opens = case((_within, _zero), else_=_row.expires_at if window else _now + _wait)
    changed = {"tries": _tries, "wait": _wait, "open_at": opens, "due_at": _told}
    changed["expires_at"] = ends

    def build(engine: str) -> CompilerElement:
        insert = postgresql.insert if engine == "postgresql" else sqlite.insert
        base = insert(brakes).values({each.name: bindparam(each.name) for each in brakes.c})
        begun = base.excluded
        return base.on_conflict_do_update(
            index_elements=["id", "org_id"],
            set_={
                name: case((_over, getattr(begun, name)), else_=value)
                for name, value in changed.items()
            },
            where=or_(_over, not_(_closed)),
        ).returning(_row.open_at)

    return Statement(build)


COUNT = _counting(window=False)
COUNT_IN_WINDOW = _counting(window=True)

FIND = statement(
    select(_row.id, _row.open_at, _row.expires_at).where(
        _row.org_id == _org,
        or_(*(_row.id == bindparam(f"id_{place}", type_=LargeBinary) for place in range(4))),
    )
)
CLEAR = statement(
    update(brakes)
    .where(*_this)
    .values(
        tries=0,
        wait=0,
        open_at=0,
        expires_at=case((_row.due_at.is_(None), _now), else_=_row.expires_at),
    )
)
"""It is over at once, unless somebody is still to be told: that it was right in the end is more
reason to."""

TAKE_BACK = statement(
    update(brakes)
    .where(*_this, _row.tries > 0)
    .values(
        tries=_row.tries - 1,
        wait=case((_row.tries <= _most, _zero), else_=_row.wait // 2),
        open_at=0,
    )
)

FIND_DUE = statement(
    select(_row.org_id, _row.id, _row.account_id)
    .where(_row.due_at.is_not(None), _row.due_at <= _now)
    .order_by(_row.due_at)
    .limit(_number("batch"))
)
"""Of every organization on purpose: the job serves all of them."""

SETTLE = statement(
    update(brakes)
    .where(*_this, _row.due_at.is_not(None))
    .values(due_at=null())
    .returning(_row.account_id)
)

EXPIRE = expires_by_time(brakes)
OVERFLOW_AT = statement(
    select(_row.expires_at).order_by(_row.expires_at.desc()).offset(_number("most")).limit(1)
)
"""When the first row beyond the ``most`` that are kept ends."""
