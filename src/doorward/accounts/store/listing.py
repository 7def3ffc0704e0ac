"""Lists that are walked in both directions: each page starts at a place of an index."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from sqlalchemy import BigInteger, Column, ColumnElement, bindparam, or_, select, tuple_

from doorward.accounts.model import Account, AccountKind, AccountStatus, UserType
from doorward.accounts.store.rows import keys_of
from doorward.accounts.store.tables import ACCOUNT_COLUMNS, KEY_TEXT, OF_KIND, accounts
from doorward.db import Database, Statement, statement

__all__ = ["KEYS", "Place", "Search", "list_accounts", "list_statement", "search_accounts"]

KEYS = ("username_key", "email_key", "name_key", "family_key", "given_key")
"""By which people are found, in this order; each person once."""

_LOWEST = 0


@dataclass(frozen=True, slots=True)
class Search:
    """Which accounts: of one kind, maybe of one status or type, maybe found by a prefix.

    They have a key from ``prefix`` up to but not including ``end``.
    """

    org_id: str
    kind: AccountKind
    status: AccountStatus | None = None
    user_type: UserType | None = None
    prefix: str = ""
    end: str = ""

    @property
    def filters(self) -> tuple[str, ...]:
        """The columns that must have one value."""
        return tuple(name for name in ("status", "user_type") if getattr(self, name) is not None)

    @property
    def values(self) -> Mapping[str, str]:
        """What the statement's parameters are to be."""
        values = {"org_id": self.org_id, "kind": str(self.kind)}
        return values | {name: str(getattr(self, name)) for name in self.filters}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page of a search begins: after an account, or at the first of all without one.

    A page that goes ``back`` ends before the account.
    """

    account: Account | None
    back: bool


@cache
def list_statement(filters: tuple[str, ...], key: str | None, back: bool) -> Statement:  # noqa: FBT001 - half of the shape
    """A page by number, or of those whose ``key`` begins with a prefix and no earlier key does.

    It starts at one place of an index and reads on from there, however many there are. The cache
    holds one statement for each shape, of which there are 48.
    """
    found = select(*ACCOUNT_COLUMNS).where(
        *OF_KIND, *(accounts.c[name] == bindparam(name) for name in filters)
    )
    number = accounts.c.account_id
    start_id = bindparam("start_id", type_=BigInteger)
    if key is None:
        found = found.where(number < start_id if back else number > start_id)
        order: tuple[Column[object], ...] = (number,)
    else:
        order = (accounts.c[key], number)
        place = tuple_(*order)
        start = tuple_(bindparam("start", type_=KEY_TEXT), start_id)
        bound = accounts.c[key] >= bindparam("prefix")
        beyond = (place < start, bound) if back else (place > start, accounts.c[key] < _end())
        earlier = KEYS[: KEYS.index(key)]
        found = found.where(*beyond, *(_begins_not(accounts.c[name]) for name in earlier))
    directed = [column.desc() if back else column.asc() for column in order]
    return statement(found.order_by(*directed).limit(bindparam("limit", type_=BigInteger)))


def _end() -> ColumnElement[str]:
    return bindparam("end")


def _begins_not(column: Column[str]) -> ColumnElement[bool]:
    return or_(column.is_(None), column < bindparam("prefix"), column >= _end())


async def list_accounts(
    db: Database, wanted: Search, number: int | None, *, back: bool, limit: int
) -> list[Account]:
    """A page in the order of the accounts' numbers: after ``number``, or before it."""
    start_id = number if number is not None else _LOWEST
    search = list_statement(wanted.filters, None, back)
    rows = await db.scan(search, **wanted.values, start_id=start_id, limit=limit)
    return [Account.from_row(row) for row in (reversed(rows) if back else rows)]


async def search_accounts(
    db: Database, wanted: Search, place: Place, *, limit: int
) -> list[Account]:
    """A page of accounts by user name, then by e-mail address only, then by the names only."""
    ordered: Sequence[str] = KEYS[::-1] if place.back else KEYS
    start, start_id = _edge(wanted, place)
    if place.account is not None:
        key = _found_by(place.account, wanted)
        if key is None:
            return []
        ordered = ordered[ordered.index(key) :]
        start, start_id = keys_of(place.account)[key] or "", place.account.account_id
    found: list[Account] = []
    for key in ordered:
        rows = await db.scan(
            list_statement(wanted.filters, key, place.back),
            **wanted.values,
            prefix=wanted.prefix,
            end=wanted.end,
            start=start,
            start_id=start_id,
            limit=limit - len(found),
        )
        found += [Account.from_row(row) for row in rows]
        if len(found) == limit:
            break
        start, start_id = _edge(wanted, place)
    return found[::-1] if place.back else found


def _edge(wanted: Search, place: Place) -> tuple[str, int]:
    """The place before all that are found by one key, or after them."""
    return (wanted.end, _LOWEST) if place.back else (wanted.prefix, _LOWEST)


def _found_by(account: Account, wanted: Search) -> str | None:
    keys = keys_of(account)
    for name in KEYS:
        key = keys[name]
        if key is not None and wanted.prefix <= key < wanted.end:
            return name
    return None
