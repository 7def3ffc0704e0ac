"""Reads of one row, and inserts of one, that are asked for in the same moment go together.

One way to the server and back, and for inserts one commit, then serve up to 32 callers. Each is
answered as if it had gone alone: a read begins after it was asked for, an insert is answered after
its commit, and where the server refuses the whole for the sake of one, each goes again alone. When
nobody knows what became of the whole, everybody is told so.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, TypeAlias

from doorward.db.database import Database
from doorward.db.errors import DatabaseError, Overloaded, Unavailable
from doorward.db.statements import Row, Statement
from doorward.db.together import Together

__all__ = ["Shared", "shared_insert", "shared_read"]

Arguments: TypeAlias = list[Any]
_Answer: TypeAlias = "Row | DatabaseError | None"
_Ask: TypeAlias = Callable[[str, Arguments], Awaitable[Any]]
_Group: TypeAlias = Together[Arguments, _Answer]

_COMMITS: Final = 4
"""How many groups of inserts may wait for their commits."""
_PARAMETER: Final = re.compile(r"\$(\d+)::([A-Z]+)(?![A-Z(\[])")
_ANY_PARAMETER: Final = re.compile(r"\$\d+")
_NOT_ALONE: Final = re.compile(r"\b(?:LIMIT|OFFSET|FOR)\b")
_INSERT: Final = re.compile(r"(INSERT INTO \w+ \([\w, ]+\)) VALUES \(([^()]*)\)")


def _types(text: str) -> list[str] | None:
    """The type of each parameter in order; None where one of them is not told, or there is none."""
    found = _PARAMETER.findall(text)
    types = {int(number): name for number, name in found}
    if len(found) != len(_ANY_PARAMETER.findall(text)) or not types:
        return None
    return [types[number] for number in sorted(types)] if max(types) == len(types) else None


def _arrays(types: Sequence[str]) -> str:
    return ", ".join(f"${number}::{name}[]" for number, name in enumerate(types, 1))


def shared_read(text: str) -> str | None:
    """The statement that answers ``text`` for each of several callers, by their number first.

    Its parameters are those of ``text``, each as an array. None where ``text`` cannot be shared.
    """
    types = _types(text)
    if types is None or not text.startswith("SELECT ") or _NOT_ALONE.search(text):
        return None
    names = ", ".join(f"p{number}" for number in range(1, len(types) + 1))
    inside = _PARAMETER.sub(lambda match: f"each.p{match[1]}", text)
    # LIMIT also keeps the planner from joining the tables whole: each row is found by its key.
    return (
        f"SELECT each.number, found.* FROM unnest({_arrays(types)})"  # noqa: S608 - of our own statements
        f" WITH ORDINALITY AS each({names}, number)"
        f" CROSS JOIN LATERAL ({inside} LIMIT 1) AS found"
    )


def shared_insert(text: str) -> str | None:
    """The statement that inserts a row like ``text`` for each of several callers.

    Its parameters are those of ``text``, each as an array. None where ``text`` cannot be shared.
    """
    types, match = _types(text), _INSERT.fullmatch(text)
    if types is None or match is None:
        return None
    values = [f"${number}::{name}" for number, name in enumerate(types, 1)]
    if match[2].split(", ") != values:
        return None  # what is inserted is computed
    return f"{match[1]} SELECT * FROM unnest({_arrays(types)})"  # noqa: S608 - of our own statements


class Shared:
    """The groups of one database, one for each statement that can be shared."""

    def __init__(self, db: Database, *, fetch: _Ask, fetch_anywhere: _Ask, execute: _Ask) -> None:
        """``fetch`` answers rows, ``execute`` one durable statement."""
        self._db = db
        self._fetch = fetch
        self._fetch_anywhere = fetch_anywhere
        self._execute = execute
        self._reads: dict[Statement, _Group | None] = {}
        self._reads_anywhere: dict[Statement, _Group | None] = {}
        self._inserts: dict[Statement, _Group | None] = {}

    def read(self, statement: Statement) -> _Group | None:
        """Who reads ``statement`` on the primary; None where each has to go alone."""
        try:
            return self._reads[statement]
        except KeyError:
            return self._reads.setdefault(statement, self._reading(statement, self._fetch))

    def read_anywhere(self, statement: Statement) -> _Group | None:
        """Who reads ``statement`` wherever it is answered; None where each has to go alone."""
        try:
            return self._reads_anywhere[statement]
        except KeyError:
            group = self._reading(statement, self._fetch_anywhere)
            return self._reads_anywhere.setdefault(statement, group)

    def insert(self, statement: Statement) -> _Group | None:
        """Who inserts by ``statement``; None where each has to go alone."""
        try:
            return self._inserts[statement]
        except KeyError:
            return self._inserts.setdefault(statement, self._inserting(statement))

    def _reading(self, statement: Statement, fetch: _Ask) -> _Group | None:
        whole = shared_read(statement.for_postgres()[0])
        if whole is None:
            return None
        text, alone = whole, f"{statement.for_postgres()[0]} LIMIT 1"

        async def one(arguments: Arguments) -> Row | None:
            rows = await fetch(alone, arguments)
            return tuple(rows[0]) if rows else None

        async def all_of(wanted: Sequence[Arguments]) -> list[_Answer]:
            found: list[_Answer] = [None] * len(wanted)
            for row in await fetch(text, _turned(wanted)):
                found[row[0] - 1] = tuple(row)[1:]
            return found

        return Together(self._db, _isolating(one, all_of))

    def _inserting(self, statement: Statement) -> _Group | None:
        alone = statement.for_postgres()[0]
        whole = shared_insert(alone)
        if whole is None:
            return None
        text = whole

        async def one(arguments: Arguments) -> None:
            await self._execute(alone, arguments)

        async def all_of(wanted: Sequence[Arguments]) -> list[_Answer]:
            await self._execute(text, _turned(wanted))
            return [None] * len(wanted)

        return Together(self._db, _isolating(one, all_of), at_once=_COMMITS)


def _turned(rows: Sequence[Arguments]) -> Arguments:
    return [list(column) for column in zip(*rows, strict=True)]


def _isolating(
    one: Callable[[Arguments], Awaitable[Row | None]],
    all_of: Callable[[Sequence[Arguments]], Awaitable[list[_Answer]]],
) -> Callable[[Sequence[Arguments]], Awaitable[list[_Answer]]]:
    """All together; and each alone where one of them is the reason for a refusal."""

    async def settled(arguments: Arguments) -> _Answer:
        try:
            return await one(arguments)
        except DatabaseError as error:
            return error

    async def work(wanted: Sequence[Arguments]) -> list[_Answer]:
        if len(wanted) == 1:
            return [await settled(wanted[0])]
        try:
            return await all_of(wanted)
        except (Unavailable, Overloaded) as error:
            # Perhaps it was done: to do it again would be wrong, and would not help.
            return [error] * len(wanted)
        except DatabaseError:
            return list(await asyncio.gather(*map(settled, wanted)))

    return work
