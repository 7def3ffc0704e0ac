"""Every statement of the package, loaded: kept ones by name, and each shape of the others."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from itertools import combinations, product
from typing import Any

from doorward.accounts import UserType
from doorward.accounts.search import Operator, SearchField, Sort
from doorward.accounts.store.listing import KEYS
from doorward.db import Statement
from tests.architecture.statements import Module, names_given
from tests.architecture.tree import PACKAGE, ROOT, package_files

Arguments = dict[str, Any]


def _every(**choices: Any) -> list[Arguments]:
    """Every combination of a value for each argument."""
    return [dict(zip(choices, values, strict=True)) for values in product(*choices.values())]


def _some_of(*names: str) -> list[tuple[str, ...]]:
    return [some for size in range(len(names) + 1) for some in combinations(names, size)]


_BOTH = (False, True)
_FILTERS = _some_of("status", "user_type")
_FIELDS, _OPERATORS = tuple(SearchField), tuple(Operator)
_SEARCHES = [
    (),
    *([(field, Operator.EQUAL, 1)] for field in _FIELDS),
    *([(SearchField.CITY, operator, 2)] for operator in _OPERATORS),
    [(SearchField.CITY, Operator.BLANK, 0), (SearchField.EMAIL, Operator.CONTAIN, 1)],
]
_SORTS = [Sort(SearchField.ACCOUNT_ID), Sort(SearchField.COMPANY_NAME), Sort(SearchField.CITY)]
_EVENTS = [frozenset(names) for names in _some_of("actor", "action", "target")]

SHAPES: Mapping[str, list[Arguments]] = {
    "accounts.store.details._find_several": _every(count=(1, 4)),
    "accounts.store.listing.list_statement": _every(
        filters=_FILTERS, key=(None, *KEYS), back=_BOTH
    ),
    "accounts.store.pages._count_statement": _every(filters=_FILTERS),
    "accounts.store.pages.page_statement": _every(filters=_FILTERS),
    "accounts.store.pages.start_statement": _every(user_type=(None, *UserType)),
    "accounts.store.searching._count_statement": _every(shape=_SEARCHES),
    "accounts.store.searching._list_statement": _every(shape=_SEARCHES, sort=_SORTS),
    "audit.store.events._listing": _every(names=_EVENTS),
    "audit.store.people._listing": _every(actions=[("one",), ("one", "two")]),
    "projects.store.projects._shared": _every(groups=(0, 1, 3), searching=_BOTH),
    "vault.store.connections._listed": _every(
        by_connector=_BOTH, by_status=_BOTH, by_account=_BOTH
    ),
}
"""Arguments for each function that keeps a statement for each shape: all of them where they can be
counted, else some of every kind."""


@cache
def every_statement() -> Mapping[str, Statement]:
    """All statements, by module and name; what several names share is found by one of them."""
    found = {**kept_by_name(), **_made()}
    unique = {id(statement): name for name, statement in found.items()}
    return {name: found[name] for name in sorted(unique.values())}


def kept_by_name() -> dict[str, Statement]:
    """Statements that names keep, by each of their names."""
    found: dict[str, Statement] = {}
    for file in package_files(ROOT):
        module = Module(file)
        if module.is_store and "migrations" not in module.name:
            loaded = importlib.import_module(f"{PACKAGE}.{module.name}")
            for name in (name for node in file.syntax.body for name in names_given(node)):
                within = _within(f"{module.name}.{name}", getattr(loaded, name, None))
                found.update(within)
    return found


def _within(name: str, value: object) -> Iterator[tuple[str, Statement]]:
    if isinstance(value, Statement):
        yield name, value
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from _within(f"{name}[{key}]", each)
    elif isinstance(value, tuple | list | set | frozenset):
        for place, each in enumerate(value):
            yield from _within(f"{name}[{place}]", each)
    elif not isinstance(value, type) and type(value).__module__.startswith(PACKAGE):
        for field, each in _fields_of(value):
            yield from _within(f"{name}.{field}", each)


def _fields_of(value: object) -> Iterator[tuple[str, object]]:
    if is_dataclass(value):
        yield from ((field.name, getattr(value, field.name)) for field in fields(value))
    elif hasattr(value, "__dict__"):
        yield from vars(value).items()


def _made() -> dict[str, Statement]:
    found: dict[str, Statement] = {}
    for name, calls in SHAPES.items():
        module, _, function = name.rpartition(".")
        make = getattr(importlib.import_module(f"{PACKAGE}.{module}"), function)
        # Beside the cache: the application's own statements stay what they are.
        found |= {f"{name}[{n}]": make.__wrapped__(**call) for n, call in enumerate(calls)}
    return found
