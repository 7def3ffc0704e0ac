"""Searches by condition, compiled once for each shape."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    and_,
    bindparam,
    case,
    func,
    not_,
    or_,
    select,
)
from sqlalchemy.sql.elements import CompilerElement

from doorward.accounts.model import Account, AccountKind, UserType
from doorward.accounts.search import Condition, Operator, SearchField, Sort
from doorward.accounts.store.tables import (
    ACCOUNT_COLUMNS,
    OF_KIND,
    account_details,
    accounts,
)
from doorward.db import Database, Statement

__all__ = ["Shape", "count_found", "list_found", "shape_of"]

Shape = tuple[tuple[SearchField, Operator, int], ...]
"""For each condition its field, its operator and how many values it has."""

_a, _d = accounts.c, account_details.c
_COLUMNS: Mapping[SearchField, ColumnElement[Any]] = {
    SearchField.ACCOUNT_ID: _a.account_id,
    SearchField.USERNAME: _a.username_key,
    SearchField.EMAIL: _a.email_key,
    SearchField.GIVEN_NAME: _a.given_key,
    SearchField.FAMILY_NAME: _a.family_key,
    SearchField.FULL_NAME: _a.name_key,
    SearchField.COMPANY_NAME: _a.name_key,
    SearchField.USER_TYPE: _a.user_type,
    SearchField.STATUS: _a.status,
    SearchField.CREATED_AT: _a.created_at,
    SearchField.UPDATED_AT: _a.updated_at,
    SearchField.CITY: _d.city_key,
    SearchField.STATE: _d.state_key,
    SearchField.ZIP_CODE: _d.zip_key,
    SearchField.COUNTRY: _d.country_key,
    SearchField.PHONE: _d.phone_key,
}
_IS_COMPANY = _a.user_type == UserType.COMPANY.value
_OF_DETAILS = {
    SearchField.CITY,
    SearchField.STATE,
    SearchField.ZIP_CODE,
    SearchField.COUNTRY,
    SearchField.PHONE,
}
_REQUIRING = frozenset(Operator) - {
    Operator.BLANK,
    Operator.NOT_EQUAL,
    Operator.NOT_CONTAIN,
    Operator.NOT_IN_RANGE,
}
"""Operators that no blank field meets."""

_PLAIN = {
    Operator.NOT_EQUAL: Operator.EQUAL,
    Operator.NOT_CONTAIN: Operator.CONTAIN,
    Operator.NOT_IN_RANGE: Operator.IN_RANGE,
}

_Column = ColumnElement[Any]
_Test = Callable[[_Column, Sequence[_Column]], ColumnElement[bool]]


def _tests(engine: str) -> Mapping[Operator, _Test]:
    find = func.strpos if engine == "postgresql" else func.instr
    return {
        Operator.EQUAL: lambda column, values: column == values[0],
        Operator.NOT_BLANK: lambda column, _values: column.is_not(None),
        Operator.CONTAIN: lambda column, values: find(column, values[0]) > 0,
        Operator.LESS_THAN: lambda column, values: column < values[0],
        Operator.GREATER_THAN: lambda column, values: column > values[0],
        Operator.LESS_AND_EQUAL: lambda column, values: column <= values[0],
        Operator.GREATER_AND_EQUAL: lambda column, values: column >= values[0],
        Operator.IN_RANGE: lambda column, values: column.in_(values),
    }


def shape_of(conditions: Sequence[Condition]) -> tuple[Shape, dict[str, int | str]]:
    """The shape of ``conditions``, and their values as parameters.

    There are as many shapes of several values as powers of two: the rest of the places hold the
    last value again.
    """
    shape, params = [], {}
    for number, condition in enumerate(conditions):
        values = condition.values
        count = 1 << (len(values) - 1).bit_length() if values else 0
        shape.append((condition.field, condition.operator, count))
        for place in range(count):
            params[f"v{number}_{place}"] = values[min(place, len(values) - 1)]
    return tuple(shape), params


def _where(engine: str, shape: Shape) -> list[ColumnElement[bool]]:
    tests = _tests(engine)
    found = []
    for number, (field, operator, count) in enumerate(shape):
        column = _COLUMNS[field]
        values = [bindparam(f"v{number}_{n}", type_=column.type) for n in range(count)]
        blank: list[ColumnElement[bool]] = [column.is_(None)]
        if field is SearchField.COMPANY_NAME:
            blank.append(not_(_IS_COMPANY))
        if operator is Operator.BLANK:
            found.append(or_(*blank))
        elif operator in _PLAIN:
            found.append(or_(*blank, not_(tests[_PLAIN[operator]](column, values))))
        else:
            found.append(and_(tests[operator](column, values), *map(not_, blank[1:])))
    return found


def _tables(shape: Shape, sort: Sort | None) -> FromClause:
    """Accounts, and their details where they are asked for: beginning with those, if it may."""
    asked = {(field, operator) for field, operator, _ in shape if field in _OF_DETAILS}
    sorted_by = sort is not None and sort.field in _OF_DETAILS
    if not asked and not sorted_by:
        return accounts
    same = and_(_d.org_id == _a.org_id, _d.account_id == _a.account_id)
    if any(operator in _REQUIRING for _, operator in asked):
        # Said of the details too, or no index of theirs could be used.
        return account_details.join(accounts, and_(same, _d.org_id == bindparam("org_id")))
    return accounts.outerjoin(account_details, same)


@lru_cache(maxsize=256)
def _count_statement(shape: Shape) -> Statement:
    def build(engine: str) -> CompilerElement:
        found = select(func.count()).select_from(_tables(shape, None))
        return found.where(*OF_KIND, *_where(engine, shape))

    return Statement(build)


@lru_cache(maxsize=256)
def _list_statement(shape: Shape, sort: Sort) -> Statement:
    def build(engine: str) -> CompilerElement:
        column = _COLUMNS[sort.field]
        if sort.field is SearchField.COMPANY_NAME:
            column = case((_IS_COMPANY, column))
        # Blank ones come first, and last when the order is turned round: on every engine.
        first = column.desc().nulls_last() if sort.descending else column.asc().nulls_first()
        order = [_a.account_id.desc() if sort.descending else _a.account_id]
        if sort.field is not SearchField.ACCOUNT_ID:
            order = [first, _a.account_id]
        return (
            select(*ACCOUNT_COLUMNS)
            .select_from(_tables(shape, sort))
            .where(*OF_KIND, *_where(engine, shape))
            .order_by(*order)
            .limit(bindparam("limit", type_=BigInteger))
            .offset(bindparam("offset", type_=BigInteger))
        )

    return Statement(build)


async def count_found(
    db: Database, org_id: str, kind: AccountKind, conditions: Sequence[Condition]
) -> int:
    """How many accounts meet ``conditions``, which are verified."""
    shape, params = shape_of(conditions)
    found = await db.scan(_count_statement(shape), org_id=org_id, kind=kind, **params)
    return int(found[0][0])


async def list_found(
    db: Database,
    where: tuple[str, AccountKind],
    conditions: Sequence[Condition],
    sort: Sort,
    window: tuple[int, int],
) -> list[Account]:
    """Accounts that meet ``conditions``; the window says past how many, and how many at most."""
    shape, params = shape_of(conditions)
    org_id, kind = where
    offset, limit = window
    rows = await db.scan(
        _list_statement(shape, sort),
        org_id=org_id,
        kind=kind,
        offset=offset,
        limit=limit,
        **params,
    )
    return [Account.from_row(row) for row in rows]
