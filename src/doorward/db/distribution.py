"""How a sharding extension of PostgreSQL spreads the tables, organization by organization."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import PrimaryKeyConstraint, Table, UniqueConstraint

from doorward.db.statements import metadata

__all__ = ["Placement", "placements"]

_ORG = "org_id"


@dataclass(frozen=True, slots=True)
class Placement:
    """Where the rows of a table lie, and the statement for Citus that brings them there."""

    table: str
    is_spread: bool
    """Whether each organization's rows lie on one node; else every node has all rows."""
    statement: str


def placements() -> tuple[Placement, ...]:
    """The placement of every table that is loaded, in the order in which they are to be placed.

    A table is spread by organization if each of its keys holds one: what must be unique in the
    installation has to be looked up on one node.
    """
    tables = metadata.sorted_tables
    spread = [table.name for table in tables if _is_spread(table)]
    whole = [table.name for table in tables if table.name not in spread]
    return (*map(_whole, whole), *(_spread(name, beside=spread[0]) for name in spread))


def _whole(name: str) -> Placement:
    return Placement(name, is_spread=False, statement=f"SELECT create_reference_table('{name}');")


def _spread(name: str, *, beside: str) -> Placement:
    beside = "none" if name == beside else beside
    call = f"create_distributed_table('{name}', '{_ORG}', colocate_with => '{beside}')"
    return Placement(name, is_spread=True, statement=f"SELECT {call};")


def _is_spread(table: Table) -> bool:
    return all(_ORG in key for key in _keys(table))


def _keys(table: Table) -> Iterator[set[str]]:
    for constraint in table.constraints:
        if isinstance(constraint, PrimaryKeyConstraint | UniqueConstraint):
            yield {column.name for column in constraint.columns}
    for index in table.indexes:
        if index.unique:
            yield {column.name for column in index.columns}
