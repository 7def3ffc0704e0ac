"""``listAccounts`` of API v1: criteria, columns and pages as parameters."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest
from typing import Final

from doorward.accounts import (
    MAX_PAGE_SIZE,
    Account,
    AccountDetails,
    AccountPage,
    Operator,
    SearchWanted,
)
from doorward.dialects.neon_crm.columns import CUSTOM_FIELD, Column, find_output
from doorward.dialects.neon_crm.v1_envelopes import V1Error
from doorward.dialects.neon_crm.v1_parameters import V1Parameters
from doorward.dialects.neon_crm.v2_replies import V2Error
from doorward.dialects.neon_crm.v2_search import (
    Asked,
    parse_criterion,
    parse_sort,
    parse_values,
)
from doorward.dialects.neon_crm.wire import Json

__all__ = ["parse_listing", "render_listing"]

_MAX_CRITERIA: Final = 20
_MAX_COLUMNS: Final = 300
_MOST_PAGES: Final = 10**9
_DEFAULT_SIZE: Final = 10
_ALONE: Final = {Operator.BLANK, Operator.NOT_BLANK}


@dataclass(frozen=True, slots=True)
class _Criterion:
    key: str
    operator: str
    value: str


def parse_listing(params: V1Parameters) -> Asked:
    """What ``listAccounts`` is asked for. Raises ``V1Error``, with the codes of API v2."""
    criteria = _criteria(params)
    if len(criteria) > _MAX_CRITERIA:
        raise V1Error(400, f"A search has up to {_MAX_CRITERIA} criteria.")
    columns = _columns(params)
    sort_column = params.find("page.sortColumn")
    try:
        conditions = [
            condition
            for each in criteria
            for condition in parse_criterion(each.key, each.operator, parse_values(each.value))
        ]
        sort = parse_sort(columns, sort_column, params.find("page.sortDirection"))
    except V2Error as error:
        raise V1Error.of(error) from error
    wanted = SearchWanted(
        conditions=conditions,
        sort=sort,
        page=params.number("page.currentPage", 1, _MOST_PAGES, 1) - 1,
        page_size=params.number("page.pageSize", 1, MAX_PAGE_SIZE, _DEFAULT_SIZE),
    )
    return Asked(wanted, columns, sort_column)


def render_listing(
    asked: Asked, page: AccountPage, details: dict[int, AccountDetails]
) -> dict[str, Json]:
    """A page of results: for each account its names and values."""
    size = asked.wanted.page_size
    found: list[Json] = [
        {"nameValuePair": _pairs(asked.columns, each, details[each.account_id])}
        for each in page.accounts
    ]
    return {
        "page": {
            "currentPage": asked.wanted.page + 1,
            "pageSize": size,
            "totalPage": -(-page.total // size),
            "totalResults": page.total,
        },
        "searchResults": {"nameValuePairs": found},
    }


def _pairs(columns: tuple[Column, ...], account: Account, details: AccountDetails) -> Json:
    pairs: list[Json] = []
    for column in columns:
        value: Json = column.read(account, details)
        if column.name == "Account ID":
            value = account.account_id
        pairs.append({"name": column.name, "value": "" if value is None else value})
    return pairs


def _criteria(params: V1Parameters) -> list[_Criterion]:
    """The criteria by their places, whether a client sends them one by one or part by part."""
    parts: dict[str, list[str]] = {"key": [], "searchoperator": [], "value": []}
    for part, value in params.within("searches.search."):
        if part in parts:
            parts[part].append(value)
    keys, operators, values = parts.values()
    if len(keys) != len(operators):
        raise V1Error(29 if len(keys) > len(operators) else 22)
    if len(values) != len(keys):
        # Who compares with nothing may send nothing to compare with.
        rest = iter([each for each in values if each])
        values = ["" if each.upper() in _ALONE else next(rest, "") for each in operators]
        if next(rest, None) is not None:
            raise V1Error(25)
    return [_Criterion(*each) for each in zip(keys, operators, values, strict=True)]


def _columns(params: V1Parameters) -> tuple[Column, ...]:
    """The columns by their places: custom fields by their numbers, all others by name."""
    numbers: list[str] = []
    names: list[str] = []
    for part, value in params.within("outputfields.idnamepair."):
        if part in {"id", "name"}:
            (numbers if part == "id" else names).append(value)
    pairs = zip_longest(numbers, names, fillvalue="")
    chosen = [number if CUSTOM_FIELD.match(number) else name for number, name in pairs]
    columns = [find_output(name) for name in chosen]
    if not 1 <= len(columns) <= _MAX_COLUMNS or None in columns:
        raise V1Error(26)
    return tuple(column for column in columns if column is not None)
