"""Rule: a statement reads and writes one organization, whose ``org_id`` it names first.

Every table that has the column is looked at wherever it stands: joined, in a subquery, in a
``WITH``. Its ``org_id`` must equal the parameter, or that of a table for which this holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    BindParameter,
    CompoundSelect,
    Delete,
    FromClause,
    Insert,
    Join,
    Select,
    Update,
)
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BinaryExpression, BooleanClauseList, ClauseElement, Grouping
from sqlalchemy.sql.expression import ColumnClause
from sqlalchemy.sql.selectable import (
    AliasedReturnsRows,
    FromGrouping,
    SelectBase,
    SelectStatementGrouping,
)

__all__ = ["ORG", "faults_of"]

ORG = "org_id"

Column = tuple[str, str]
"""What its table is called in the statement, and its own name."""


@dataclass(frozen=True)
class Condition:
    """A condition; what an outer join says binds only the tables that it adds."""

    clause: Any
    binds: frozenset[str] | None = None


@dataclass
class Scope:
    """What one SELECT, UPDATE or DELETE speaks of, with what stands around it."""

    tables: set[str] = field(default_factory=set)
    held: set[Column] = field(default_factory=set)
    """Columns that hold the organization."""

    def within(self) -> Scope:
        """The same, for what stands inside."""
        return Scope(set(self.tables), set(self.held))


def faults_of(expression: Any, *, across: bool = False) -> list[str]:
    """Why ``expression`` does not keep to one organization.

    ``across`` is for one that goes through all of them on purpose: what it joins must still be of
    the same organization, so that a row never meets another organization's.
    """
    reader = Reader(across=across)
    reader.read(expression)
    if len(reader.parameters) > 1:
        reader.faults.append(f"several organizations: {', '.join(sorted(reader.parameters))}")
    if reader.parameters and not _names_it_first(expression):
        reader.faults.append(f"{ORG} is not what it asks for first")
    return reader.faults


class Reader:
    """Reads one statement, and notes what it finds."""

    def __init__(self, *, across: bool) -> None:
        """Read ``across`` organizations, or within one."""
        self.faults: list[str] = []
        self.parameters: set[str] = set()
        """What the organization is handed in as."""
        self._across = across
        self._answers: dict[int, list[bool]] = {}

    def read(self, expression: Any) -> None:
        """Read a whole statement."""
        for cte in expression._independent_ctes:
            self.read(cte.element)
        if isinstance(expression, Insert):
            self._insert(expression)
        elif isinstance(expression, Update | Delete):
            self._change(expression)
        else:
            self._rows(expression, Scope())

    def _rows(self, rows: Any, around: Scope) -> list[bool]:
        """Which of the columns that ``rows`` answers hold the organization."""
        while isinstance(rows, SelectStatementGrouping):
            rows = rows.element
        if isinstance(rows, CompoundSelect):
            parts = [self._rows(part, around) for part in rows.selects]
            return [all(column) for column in zip(*parts, strict=True)]
        if isinstance(rows, Select):
            return self._select(rows, around)
        self.read(rows)
        return [getattr(column, "name", "") == ORG for column in rows._returning]

    def _select(self, select: Any, around: Scope) -> list[bool]:
        scope = around.within()
        sources: dict[str, FromClause] = {}
        conditions = [Condition(clause) for clause in select._where_criteria]
        for source in select.get_final_froms():
            _open(source, sources, conditions)
        # What stands around it too is meant by its columns, as long as anything is its own.
        own = {name: source for name, source in sources.items() if name not in around.tables}
        self._bind(scope, own or sources, conditions)
        beside = [*select._order_by_clauses, *select._group_by_clauses, *select._having_criteria]
        self._inner([*(c.clause for c in conditions), *select._raw_columns, *beside], scope)
        columns = [_bare(column) for column in select.selected_columns]
        return [self._is_given(each) or _column(each) in scope.held for each in columns]

    def _is_given(self, column: Any) -> bool:
        """Whether the organization that is asked for is itself what is selected."""
        if isinstance(column, BindParameter) and column.key == ORG:
            self.parameters.add(ORG)
            return True
        return False

    def _bind(self, scope: Scope, own: dict[str, Any], conditions: list[Condition]) -> None:
        scope.held -= {(name, ORG) for name in own}
        for name, source in own.items():
            is_first = not scope.held
            if _is_query(source):
                held = self._answer(source, scope)
                if is_first or not self._across:
                    columns = zip(source.c, held, strict=True)
                    scope.held |= {(name, column.name) for column, is_held in columns if is_held}
            elif self._across and is_first and ORG in source.c:
                scope.held.add((name, ORG))
        scope.tables |= set(own)
        self._spread(scope, conditions)
        self.faults += [
            f"{getattr(source, 'element', source).name} is read of any organization"
            for name, source in own.items()
            if not _is_query(source) and ORG in source.c and (name, ORG) not in scope.held
        ]

    def _spread(self, scope: Scope, conditions: list[Condition]) -> None:
        """Hold whatever equals the parameter, or a column that holds it already."""
        equal = [
            (left, right, condition.binds)
            for condition in conditions
            for each in _all_of(condition.clause)
            if isinstance(each, BinaryExpression) and each.operator is operators.eq
            for left, right in ((each.left, each.right), (each.right, each.left))
        ]
        before = -1
        while len(scope.held) > before:
            before = len(scope.held)
            for left, right, binds in equal:
                column = _column(left)
                if column is None or (binds is not None and column[0] not in binds):
                    continue
                is_given = column[1] == ORG and isinstance(right, BindParameter)
                if is_given:
                    self.parameters.add(str(right.key))
                if is_given or _column(right) in scope.held:
                    scope.held.add(column)

    def _answer(self, source: Any, scope: Scope) -> list[bool]:
        query = source.element
        if id(query) not in self._answers:
            is_lateral = getattr(source, "_is_lateral", False)
            self._answers[id(query)] = self._rows(query, scope if is_lateral else Scope())
        return self._answers[id(query)]

    def _inner(self, clauses: Iterable[Any], scope: Scope) -> None:
        for clause in clauses:
            for query in _queries_in(clause):
                self._rows(query, scope)

    def _change(self, change: Any) -> None:
        scope = Scope()
        conditions = [Condition(clause) for clause in change._where_criteria]
        tables = {change.table.name: change.table}
        for condition in conditions:
            tables |= {str(table.name): table for table in _tables_in(condition.clause)}
        self._bind(scope, tables, conditions)
        values = {} if isinstance(change, Delete) else change._values or {}
        clauses = [value for value in values.values() if isinstance(value, ClauseElement)]
        self._inner([*change._where_criteria, *clauses], scope)
        self._verify_stays(change.table, values)

    def _insert(self, insert: Any) -> None:
        table, values = insert.table, insert._values or {}
        if insert.select is not None:
            held = self._rows(insert.select, Scope())
            given = {
                name for name, is_held in zip(insert._select_names, held, strict=True) if is_held
            }
        else:
            # Without values of its own it takes every column.
            given = _names(values) or set(table.c.keys())
        if ORG in table.c and ORG not in given:
            self.faults.append(f"{table.name} is written without {ORG}")
        conflict = insert._post_values_clause
        if conflict is not None:
            met = conflict.inferred_target_elements
            if ORG in table.c and met is not None and ORG not in _names(met):
                self.faults.append(f"{table.name} meets a row of any organization")
            self._verify_stays(table, dict(getattr(conflict, "update_values_to_set", ())))

    def _verify_stays(self, table: Any, values: Iterable[Any]) -> None:
        if ORG in _names(values):
            self.faults.append(f"{table.name} is handed to another organization")


def _names_it_first(expression: Any) -> bool:
    criteria = [each for clause in _criteria(expression) for each in _all_of(clause)]
    first = criteria[0] if criteria else None
    return first is None or getattr(getattr(first, "left", None), "name", None) == ORG


def _criteria(expression: Any) -> tuple[Any, ...]:
    return getattr(expression, "_where_criteria", ())


def _open(source: Any, sources: dict[str, FromClause], conditions: list[Condition]) -> None:
    """Take joins apart into what they join and what they say of it."""
    if isinstance(source, FromGrouping):
        source = source.element
    if not isinstance(source, Join):
        sources[str(source.name)] = source
        return
    _open(source.left, sources, conditions)
    before = set(sources)
    _open(source.right, sources, conditions)
    added = frozenset(set(sources) - before)
    conditions.append(Condition(source.onclause, added if source.isouter else None))


def _all_of(clause: Any) -> Iterator[Any]:
    """The conditions that must all hold."""
    if isinstance(clause, Grouping):
        yield from _all_of(clause.element)
    elif isinstance(clause, BooleanClauseList) and clause.operator is operators.and_:
        for part in clause.clauses:
            yield from _all_of(part)
    else:
        yield clause


def _names(columns: Iterable[Any]) -> set[str]:
    return {getattr(column, "name", column) for column in columns}


def _bare(column: Any) -> Any:
    """The column below labels and groupings."""
    while not isinstance(column, ColumnClause) and hasattr(column, "element"):
        column = column.element
    return column


def _column(column: Any) -> Column | None:
    table: Any = getattr(column, "table", None)
    if not isinstance(column, ColumnClause) or table is None:
        return None
    return str(table.name), column.name


def _is_query(source: Any) -> bool:
    """Whether it is a subquery or a CTE, and not a table by another name."""
    return isinstance(source, AliasedReturnsRows) and not isinstance(source.element, FromClause)


def _queries_in(clause: Any) -> Iterator[Any]:
    """Queries within a clause, but not those within them."""
    if isinstance(clause, SelectBase):
        yield clause
    elif not isinstance(clause, FromClause):
        for child in clause.get_children():
            yield from _queries_in(child)


def _tables_in(clause: Any) -> Iterator[Any]:
    """Tables whose columns a clause names, but not those within its queries."""
    if isinstance(clause, ColumnClause):
        if clause.table is not None:
            yield clause.table
    elif not isinstance(clause, SelectBase):
        for child in clause.get_children():
            yield from _tables_in(child)
