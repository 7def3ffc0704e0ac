"""``listAccounts`` of API v1: criteria, columns and pages as parameters."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from doorward.accounts import MAX_PAGE_SIZE, Account, AccountDetails, AccountPage, SearchWanted
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


@dataclass(slots=True)
class _Criterion:
    key: str | None = None
    operator: str | None = None
    values: list[str] = field(default_factory=list)


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
            for condition in parse_criterion(each.key, each.operator, _values(each))
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
    """The criteria in their order: each begins with the first of its parts that repeats."""
    criteria: list[_Criterion] = []
    seen: set[str] = set()
    for part, value in params.within("searches.search."):
        if not criteria or part in seen:
            criteria.append(_Criterion())
            seen.clear()
        seen.add(part)
        current = criteria[-1]
        if part == "key":
            current.key = value
        elif part == "searchoperator":
            current.operator = value
        elif part == "value" and value:
            current.values.append(value)
    return criteria


def _values(criterion: _Criterion) -> tuple[str, ...]:
    return tuple(value for text in criterion.values for value in parse_values(text))


def _columns(params: V1Parameters) -> tuple[Column, ...]:
    """The columns in their order: custom fields by their numbers, all others by name."""
    names: list[str] = []
    for part, value in params.within("outputfields.idnamepair."):
        is_number = part == "id" and CUSTOM_FIELD.match(value)
        if value and (part == "name" or is_number):
            names.append(value)
    if not 1 <= len(names) <= _MAX_COLUMNS:
        raise V1Error(26, "Output field id or name is invalid.")
    columns = [find_output(name) for name in names]
    if None in columns:
        raise V1Error(26, "Output field id or name is invalid.")
    return tuple(column for column in columns if column is not None)
