"""Pages by number: the blocks say where a page begins, so that nothing is counted or skipped."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Select,
    bindparam,
    cast,
    func,
    literal,
    select,
)

from doorward.accounts.model import Account, AccountKind, UserType
from doorward.accounts.store.blocks import SHIFTS
from doorward.accounts.store.tables import ACCOUNT_COLUMNS, OF_KIND, account_blocks, accounts
from doorward.db import Database, Statement, statement

__all__ = ["count_matches", "find_start", "list_page", "page_statement", "start_statement"]

_b = account_blocks.c
_MEASURES: Mapping[UserType | None, ColumnElement[int]] = {
    None: _b.individuals + _b.companies,
    UserType.INDIVIDUAL: _b.individuals,
    UserType.COMPANY: _b.companies,
}


def _level(above: CTE | None, shift: int, wider: int, measure: ColumnElement[int]) -> CTE:
    """The block of ``shift`` in which the page begins, and how many accounts come before it."""
    earlier: ColumnElement[int] = literal(0) if above is None else _of(above.c.before)
    running = cast(func.sum(measure).over(order_by=_b.block, rows=(None, 0)), BigInteger)
    blocks = select(
        _b.block.label("block"),
        measure.label("inside"),
        (earlier + running - measure).label("before"),
    ).where(
        _b.org_id == bindparam("org_id"), _b.kind == bindparam("kind"), _b.shift == literal(shift)
    )
    if above is not None:
        factor = literal(1 << (wider - shift), BigInteger)
        first, past = _of(above.c.block) * factor, (_of(above.c.block) + 1) * factor
        blocks = blocks.where(_b.block >= first, _b.block < past)
    each = blocks.subquery()
    offset = bindparam("offset", type_=BigInteger)
    found = (
        select(each.c.block, each.c.before)
        .where(each.c.before <= offset, offset < each.c.before + each.c.inside)
        .limit(1)
        .cte(f"blocks_{shift}")
    )
    # One row, found once: else a planner may look for it again for each block of the next level.
    return found.prefix_with("MATERIALIZED")


def _of(column: ColumnElement[int]) -> ColumnElement[int]:
    # Not a join: with a value of its own on either side, every planner reads a range of the key.
    return select(column).scalar_subquery()


@cache
def start_statement(user_type: UserType | None) -> Statement:
    """Where the accounts after so many begin: one block of the lowest level, and what is before."""
    found: CTE | None = None
    wider = 0
    for shift in reversed(SHIFTS):
        found = _level(found, shift, wider, _MEASURES[user_type])
        wider = shift
    assert found is not None  # noqa: S101 - there are levels
    return statement(select(found.c.block, found.c.before))


def _matching(filters: tuple[str, ...]) -> tuple[ColumnElement[bool], ...]:
    return (*OF_KIND, *(accounts.c[name] == bindparam(name) for name in filters))


def _from(found: Select[tuple[int]], filters: tuple[str, ...], start: object) -> Select[tuple[int]]:
    return found.where(*_matching(filters), accounts.c.account_id >= start).order_by(
        accounts.c.account_id
    )


@cache
def page_statement(filters: tuple[str, ...]) -> Statement:
    """A page of the accounts with given values, from a number on and then past ``skip`` of them.

    Those that are passed are read from the index alone.
    """
    first = (
        _from(select(accounts.c.account_id), filters, bindparam("start_id", type_=BigInteger))
        .limit(1)
        .offset(bindparam("skip", type_=BigInteger))
        .scalar_subquery()
    )
    page = _from(select(*ACCOUNT_COLUMNS), filters, first)
    return statement(page.limit(bindparam("limit", type_=BigInteger)))


@cache
def _count_statement(filters: tuple[str, ...]) -> Statement:
    return statement(select(func.count()).select_from(accounts).where(*_matching(filters)))


async def find_start(
    db: Database, org_id: str, kind: AccountKind, user_type: UserType | None, *, offset: int
) -> tuple[int, int]:
    """The number from which a page is to be read, and how many accounts are then to be passed."""
    row = await db.one(start_statement(user_type), org_id=org_id, kind=kind, offset=offset)
    if row is None:
        return 0, offset
    return row[0] << SHIFTS[0], offset - row[1]


async def count_matches(
    db: Database, org_id: str, kind: AccountKind, values: Mapping[str, str]
) -> int:
    """How many accounts have all of ``values``, by column."""
    found = await db.scan(_count_statement(tuple(values)), org_id=org_id, kind=kind, **values)
    return int(found[0][0])


async def list_page(
    db: Database,
    org_id: str,
    kind: AccountKind,
    values: Mapping[str, str],
    window: tuple[int, int, int],
) -> list[Account]:
    """Accounts that have all of ``values``.

    The window says from which number on, past how many, and how many at most.
    """
    start_id, skip, limit = window
    rows = await db.scan(
        page_statement(tuple(values)),
        org_id=org_id,
        kind=kind,
        start_id=start_id,
        skip=skip,
        limit=limit,
        **values,
    )
    return [Account.from_row(row) for row in rows]
