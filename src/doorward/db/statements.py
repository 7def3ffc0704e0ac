"""Statements: SQLAlchemy Core expressions, compiled once for each engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from sqlalchemy import MetaData, Table, bindparam
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql.asyncpg import dialect as asyncpg_dialect
from sqlalchemy.dialects.sqlite.pysqlite import dialect as pysqlite_dialect
from sqlalchemy.sql.compiler import Compiled, SQLCompiler
from sqlalchemy.sql.elements import CompilerElement

__all__ = ["Row", "Statement", "metadata", "statement", "upsert"]

Row: TypeAlias = tuple[Any, ...]
"""One row, in the order of the statement's columns."""

metadata = MetaData()
"""Every table of every room; migrations bring a database to exactly this."""


class Statement:
    """One SQL statement, written once and compiled on first use for each engine."""

    __slots__ = ("_build", "_postgres", "_sqlite")

    def __init__(self, build: Callable[[str], CompilerElement]) -> None:
        """Keep ``build``, which answers the expression for an engine's name."""
        self._build = build
        self._sqlite: tuple[str, Mapping[str, Any]] | None = None
        self._postgres: tuple[str, tuple[str, ...], Mapping[str, Any]] | None = None

    def expression(self, engine: str) -> CompilerElement:
        """The Core expression that this statement compiles, for tests that read statements."""
        return self._build(engine)

    def for_sqlite(self) -> tuple[str, Mapping[str, Any]]:
        """The text with ``:name`` parameters, and the values that the expression fixes itself."""
        if self._sqlite is None:
            compiled = self._build("sqlite").compile(dialect=pysqlite_dialect(paramstyle="named"))
            self._sqlite = (str(compiled), _fixed(compiled))
        return self._sqlite

    def for_postgres(self) -> tuple[str, tuple[str, ...], Mapping[str, Any]]:
        """The text with ``$n`` parameters, their names in order, and the fixed values."""
        if self._postgres is None:
            dialect = asyncpg_dialect()  # type: ignore[no-untyped-call] # SQLAlchemy leaves it so
            compiled = self._build("postgresql").compile(dialect=dialect)
            order = tuple(getattr(compiled, "positiontup", None) or ())
            self._postgres = (str(compiled), order, _fixed(compiled))
        return self._postgres


def statement(expression: CompilerElement) -> Statement:
    """Make a statement of ``expression``; build it once, at import, in a room's ``store.py``."""
    return Statement(lambda _engine: expression)


def upsert(
    table: Table, *, keys: Sequence[str], change: Sequence[str], add: Sequence[str] = ()
) -> Statement:
    """Insert a row, or change the columns ``change`` of the row with the same ``keys``.

    The columns ``add`` are numbers, to which the new ones are added.
    Arguments are given as for a plain insert: every column of ``table``, by name.
    """

    def build(engine: str) -> CompilerElement:
        insert = postgresql.insert if engine == "postgresql" else sqlite.insert
        base = insert(table).values({column.name: bindparam(column.name) for column in table.c})
        changed = {name: getattr(base.excluded, name) for name in change}
        changed |= {name: table.c[name] + getattr(base.excluded, name) for name in add}
        return base.on_conflict_do_update(index_elements=list(keys), set_=changed)

    return Statement(build)


def _fixed(compiled: Compiled) -> Mapping[str, Any]:
    """What the expression fixes itself, NULL included; the rest is for the caller to give."""
    binds = compiled.binds.items() if isinstance(compiled, SQLCompiler) else ()
    return {name: bind.effective_value for name, bind in binds if not bind.required}
