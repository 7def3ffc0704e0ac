"""The small interface behind which SQLite and PostgreSQL are the same."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from doorward.db.clock import Clock
from doorward.db.statements import Row, Statement

__all__ = ["Database", "Reads", "Transaction"]

T = TypeVar("T")


class Reads(Protocol):
    """What can be read, by the loop's own connection or inside a unit of work."""

    async def one(self, statement: Statement, /, **params: Any) -> Row | None:
        """The first row, or None."""

    async def all(self, statement: Statement, /, **params: Any) -> list[Row]:
        """Every row, in order."""


class Transaction(Reads, Protocol):
    """The inside of a unit of work. Await nothing else there.

    A refusal aborts the unit: whatever it does afterwards, nothing of it is kept, and unless it
    raises something of its own, it ends with that refusal.
    """

    async def run(self, statement: Statement, /, **params: Any) -> int:
        """Execute, and answer how many rows changed. Raises ``Conflict``."""


class Database(Reads, Protocol):
    """One database, shared by every room of this process."""

    clock: Clock
    is_far: bool
    """Whether a statement is a way there and back, which is worth sharing (``Together``)."""

    @property
    def statements_run(self) -> int:
        """How many statements this process has executed: query counts are pinned by tests."""

    @property
    def units_run(self) -> int:
        """How many units of work this process was asked for, single writes among them."""

    @property
    def queue_length(self) -> int:
        """How many callers wait for the database at this moment."""

    def pool_sizes(self) -> Mapping[str, int]:
        """How many connections the pool has, by what they do; nothing without one."""

    async def one_anywhere(self, statement: Statement, /, **params: Any) -> Row | None:
        """Like ``one``, from any server that has all that was committed when it is asked."""

    async def scan(self, statement: Statement, /, **params: Any) -> list[Row]:
        """A long read (lists, exports) that never holds up the event loop, from any such server."""

    async def run(self, statement: Statement, /, **params: Any) -> int:
        """One durable statement, as a unit of its own; how many rows changed."""

    async def run_each(self, statement: Statement, rows: Sequence[dict[str, Any]], /) -> None:
        """One durable statement for each of ``rows``, as a unit of its own: all of them or none."""

    async def write_one(self, statement: Statement, /, **params: Any) -> Row | None:
        """One durable statement with RETURNING; its first row, or None."""

    async def unit(self, work: Callable[[Transaction], Awaitable[T]], /) -> T:
        """Run ``work`` as one transaction; answers once it is durable.

        ``work`` may run again after a serialization failure, and must await only its transaction.
        An exception from it rolls everything back and is raised here.
        """

    def next_id(self) -> int:
        """A time-ordered identifier for a new row."""

    @property
    def known_cache_version(self) -> int | None:
        """What ``cache_version`` would answer, where that is known without asking; else None."""

    async def cache_version(self) -> int:
        """A number that changes whenever any process changed what is cached."""

    async def ping(self) -> None:
        """Prove that the database answers. Raises ``Unavailable``."""

    async def close(self) -> None:
        """Finish the units under way, then let go of every connection."""
