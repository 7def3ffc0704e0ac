"""Searches of API v2: what is asked for, in which columns, in which order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import msgspec

from doorward.accounts import (
    MAX_PAGE_SIZE,
    Account,
    AccountDetails,
    Condition,
    Operator,
    SearchWanted,
    Sort,
)
from doorward.dialects.neon_crm.columns import (
    OUTPUT,
    SEARCH,
    BadValue,
    Column,
    conditions_of,
    find_output,
    operators_of,
)
from doorward.dialects.neon_crm.v2_replies import V2Error
from doorward.dialects.neon_crm.wire import Json

__all__ = [
    "Asked",
    "parse_criterion",
    "parse_search",
    "parse_sort",
    "parse_values",
    "render_output_fields",
    "render_search_fields",
]

_MAX_CRITERIA: Final = 20
_MAX_COLUMNS: Final = 300
_MAX_VALUES: Final = 500
_MAX_PAGE: Final = 10**9
_SEVERAL = {Operator.IN_RANGE, Operator.NOT_IN_RANGE}
_ALONE = {Operator.BLANK, Operator.NOT_BLANK}


@dataclass(frozen=True, slots=True)
class Asked:
    """A search and the columns of its answer."""

    wanted: SearchWanted
    columns: tuple[Column, ...]
    sort_column: str | None = None

    def row(self, account: Account, details: AccountDetails) -> dict[str, str | None]:
        """One account in these columns."""
        return {column.name: column.read(account, details) for column in self.columns}


class _Field(msgspec.Struct):
    field: str | int | None = None
    operator: str | None = None
    value: str | int | float | bool | list[str | int | float] | None = None


class _Pagination(msgspec.Struct, rename="camel"):
    current_page: int | None = None
    page_size: int | None = None
    sort_column: str | int | None = None
    sort_direction: str | None = None


class _Search(msgspec.Struct, rename="camel"):
    search_fields: list[_Field] | None = None
    output_fields: list[str | int] | None = None
    pagination: _Pagination | None = None


def parse_search(body: bytes) -> Asked:
    """The search that ``body`` asks for. Raises ``V2Error``."""
    try:
        given = msgspec.json.decode(body, type=_Search)
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        raise V2Error("400", "The body is not a search.") from error
    if not given.search_fields:
        raise V2Error("30")
    if len(given.search_fields) > _MAX_CRITERIA:
        raise V2Error("400", f"A search has up to {_MAX_CRITERIA} criteria.")
    conditions = [
        condition
        for field in given.search_fields
        for condition in parse_criterion(
            None if field.field is None else str(field.field), field.operator, _values(field.value)
        )
    ]
    columns = _columns(given.output_fields or [])
    page = given.pagination or _Pagination()
    sort_column = None if page.sort_column is None else str(page.sort_column)
    wanted = SearchWanted(
        conditions=conditions,
        sort=parse_sort(columns, sort_column, page.sort_direction),
        page=_bounded("currentPage", page.current_page, 0, _MAX_PAGE, 0),
        page_size=_bounded("pageSize", page.page_size, 1, MAX_PAGE_SIZE, 50),
    )
    return Asked(wanted, columns, sort_column)


def parse_criterion(
    key: str | None, operator_name: str | None, values: tuple[str, ...]
) -> tuple[Condition, ...]:
    """One line of a search, as conditions. Raises ``V2Error``."""
    if not key:
        raise V2Error("22")
    found = SEARCH.get(key.strip().casefold())
    if found is None:
        raise V2Error("23")
    if not operator_name:
        raise V2Error("29")
    _name, field, kind = found
    operator = _operator(operator_name)
    if operator is None or operator not in operators_of(kind):
        raise V2Error("29", "Search operator is invalid.")
    if operator in _ALONE:
        values = ()
    elif not values:
        raise V2Error("24")
    if len(values) > (_MAX_VALUES if operator in _SEVERAL else 1):
        raise V2Error("25")
    try:
        return conditions_of(field, kind, operator, values)
    except BadValue as bad:
        raise V2Error("25") from bad


def parse_values(text: str) -> tuple[str, ...]:
    """What ``text`` lists: ``("Bob","Robert")``, or itself. Raises ``V2Error``."""
    if not (text.startswith("(") and text.endswith(")")):
        return (text,) if text else ()
    values: list[str] = []
    rest = text[1:-1].strip()
    while rest:
        quoted = rest.startswith('"')
        value, mark, rest = rest[1:].partition('"') if quoted else rest.partition(",")
        if quoted:
            gap, comma, rest = rest.partition(",")
            if not mark or gap.strip():
                raise V2Error("25")
            mark = comma
        values.append(value if quoted else value.strip())
        rest = rest.strip()
    return tuple(values)


def parse_sort(columns: tuple[Column, ...], sort_column: str | None, direction: str | None) -> Sort:
    """The order of a search. Raises ``V2Error`` unless it is by a column of the answer."""
    if direction is not None and direction.upper() not in {"ASC", "DESC"}:
        raise V2Error("400", "sortDirection is ASC or DESC.")
    descending = direction is not None and direction.upper() == "DESC"
    if sort_column is None:
        return Sort(descending=descending)
    name = sort_column.strip().casefold()
    found = next((each for each in columns if each.name.casefold() == name), None)
    if found is None or found.field is None:
        raise V2Error("21")
    return Sort(found.field, descending)


def render_search_fields() -> Json:
    """What may be asked for, and how each can be compared."""
    return [
        {"fieldName": name, "operators": [str(each) for each in operators_of(kind)]}
        for name, _field, kind in SEARCH.values()
    ]


def render_output_fields() -> Json:
    """What may be read. Custom fields are read by their numbers."""
    return {"standardFields": [column.name for column in OUTPUT.values()], "customFields": []}


def _columns(names: list[str | int]) -> tuple[Column, ...]:
    if len(names) > _MAX_COLUMNS:
        raise V2Error("400", f"A search has up to {_MAX_COLUMNS} output fields.")
    columns = [find_output(str(name).strip()) for name in names]
    if not columns or None in columns:
        raise V2Error("26")
    return tuple(column for column in columns if column is not None)


def _operator(name: str) -> Operator | None:
    try:
        return Operator(name.strip().upper())
    except ValueError:
        return None


def _values(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, list):
        return tuple(str(each) for each in value)
    return parse_values(str(value).strip())


def _bounded(name: str, value: int | None, least: int, most: int, otherwise: int) -> int:
    if value is None:
        return otherwise
    if not least <= value <= most:
        raise V2Error("400", f"{name} is between {least} and {most}.")
    return value
