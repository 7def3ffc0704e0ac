"""SQLite: reads on the loop's own connection, writes in groups that share one durable commit."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import Context, copy_context
from pathlib import Path
from typing import Any, TypeVar, cast

from doorward.db.clock import Clock
from doorward.db.database import Transaction
from doorward.db.errors import DatabaseError, Overloaded, Unavailable
from doorward.db.figures import BATCHES
from doorward.db.ids import RowIds
from doorward.db.installation import READ_CACHE_VERSION
from doorward.db.sqlite_connection import (
    SqliteConnection,
    StatementCount,
    connect_sqlite,
    take_node,
    translating,
    wait_for_lock,
)
from doorward.db.statements import Row, Statement
from doorward.db.together import TURNS

__all__ = ["SqliteDatabase"]

T = TypeVar("T")
_BATCH = 256
"""Units in one commit: enough to share an fsync, few enough that reads are not held up."""
_QUEUE = 20_000


class _Transaction:
    """A unit's view of the writer. Its savepoint opens with its first statement."""

    __slots__ = ("_connection", "_failure", "_marked", "_over")

    def __init__(self, connection: SqliteConnection) -> None:
        self._connection = connection
        self._failure: DatabaseError | None = None
        self._marked = False
        self._over = False

    async def one(self, statement: Statement, /, **params: Any) -> Row | None:
        return self._noting(self._connection.first, statement, params)

    async def all(self, statement: Statement, /, **params: Any) -> list[Row]:
        return self._noting(self._connection.rows, statement, params)

    async def run(self, statement: Statement, /, **params: Any) -> int:
        return self._noting(self._connection.changed, statement, params)

    def _noting(
        self, call: Callable[[Statement, dict[str, Any]], T], statement: Statement, params: Any
    ) -> T:
        if self._over:
            raise RuntimeError("a transaction is used after its unit of work has ended")
        if self._failure is not None:
            raise self._failure
        try:
            if not self._marked:
                self._connection.control("SAVEPOINT unit")
                self._marked = True
            return call(statement, params)
        except DatabaseError as error:
            self._failure = error
            raise

    def keep(self) -> None:
        """Close the savepoint. Raises what a statement raised, even if the work went on."""
        if self._failure is not None:
            raise self._failure
        self._over = True
        if self._marked:
            self._connection.control("RELEASE unit")

    def undo(self) -> None:
        self._over = True
        if self._marked and self._connection.raw.in_transaction:
            self._connection.control("ROLLBACK TO unit")
            self._connection.control("RELEASE unit")


class _Job:
    """A unit that waits for the next group, and the future that its caller awaits."""

    __slots__ = ("error", "future", "result", "work")

    def __init__(
        self, work: Callable[[SqliteConnection], Any], future: asyncio.Future[Any]
    ) -> None:
        self.work = work
        self.future = future
        self.result: Any = None
        self.error: BaseException | None = None


class SqliteDatabase:
    """A SQLite file behind the ``Database`` interface. Build it with ``open_sqlite``."""

    is_far = False

    def __init__(self, path: Path, *, clock: Clock) -> None:
        """Open ``path``, whose schema is already up to date; rows are dated by ``clock``.

        Raises ``Unavailable``.
        """
        self.clock = clock
        self.units_run = 0
        self._path = path
        self._counter = StatementCount()
        with translating():
            raw = connect_sqlite(path)
        self._writer = SqliteConnection(raw, self._counter)
        try:
            self._ids = RowIds(node=take_node(self._writer), clock=clock)
            with translating():
                raw = connect_sqlite(path, read_only=True)
        except BaseException:
            self._writer.raw.close()
            raise
        self._reader = SqliteConnection(raw, self._counter)
        self._scanner: SqliteConnection | None = None
        self._committer = ThreadPoolExecutor(1, thread_name_prefix="doorward-commit")
        self._scanning = ThreadPoolExecutor(1, thread_name_prefix="doorward-scan")
        self._queue: list[_Job] = []
        self._drain: asyncio.Task[None] | None = None
        self._inside = False
        self._closed = False
        self._version: int | None = None

    @property
    def statements_run(self) -> int:
        """How many statements were executed here."""
        return self._counter.statements

    @property
    def queue_length(self) -> int:
        """How many units wait for their group."""
        return len(self._queue)

    def pool_sizes(self) -> Mapping[str, int]:
        """There is no pool."""
        return {}

    def next_id(self) -> int:
        """A time-ordered identifier for a new row."""
        return self._ids.next()

    async def one(self, statement: Statement, /, **params: Any) -> Row | None:
        """The first row of committed state, or None."""
        self._refuse_inside()
        return self._reader.first(statement, params)

    async def all(self, statement: Statement, /, **params: Any) -> list[Row]:
        """Every row of committed state."""
        self._refuse_inside()
        return self._reader.rows(statement, params)

    async def one_anywhere(self, statement: Statement, /, **params: Any) -> Row | None:
        """There is one file."""
        return await self.one(statement, **params)

    async def scan(self, statement: Statement, /, **params: Any) -> list[Row]:
        """A long read on a connection and a thread of its own."""
        self._refuse_inside()
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._scanning, self._scan, statement, params)

    def _scan(self, statement: Statement, params: dict[str, Any]) -> list[Row]:
        if self._scanner is None:
            with translating():
                raw = connect_sqlite(self._path, read_only=True)
            self._scanner = SqliteConnection(raw, self._counter)
        return self._scanner.rows(statement, params)

    async def run(self, statement: Statement, /, **params: Any) -> int:
        """One durable statement; how many rows changed."""
        return cast("int", await self._submit(lambda c: c.changed(statement, params)))

    async def run_each(self, statement: Statement, rows: Sequence[dict[str, Any]], /) -> None:
        """One durable statement for each of ``rows``: all of them or none."""

        async def work(tx: Transaction) -> None:
            for row in rows:
                await tx.run(statement, **row)

        await self.unit(work)

    async def write_one(self, statement: Statement, /, **params: Any) -> Row | None:
        """One durable statement with RETURNING; its first row, or None."""

        def work(connection: SqliteConnection) -> Row | None:
            # Every row is fetched: SQLite applies the statement as its rows are stepped through.
            rows = connection.rows(statement, params)
            return rows[0] if rows else None

        return cast("Row | None", await self._submit(work))

    async def unit(self, work: Callable[[Transaction], Awaitable[T]], /) -> T:
        """Run ``work`` in the next group; answers after that group's durable commit."""
        # The unit runs in the task that drains the queue, but sees what its caller's task sees.
        context = copy_context()

        def perform(connection: SqliteConnection) -> T:
            tx = _Transaction(connection)
            self._inside = True
            try:
                result = _drive(
                    cast("Callable[[Transaction], Coroutine[Any, Any, T]]", work), tx, context
                )
                tx.keep()
            except BaseException:
                tx.undo()
                raise
            finally:
                self._inside = False
            return result

        return cast("T", await self._submit(perform))

    @property
    def known_cache_version(self) -> int | None:
        """The version as it was read in this turn of the event loop, or None."""
        return None if self._inside else self._version

    async def cache_version(self) -> int:
        """The version that every process sees, read once in each turn of the event loop."""
        # Refused in any case, not only in the turns in which the row has to be read.
        self._refuse_inside()
        if self._version is None:
            row = self._reader.first(READ_CACHE_VERSION, {})
            self._version = row[0] if row else 0
            # What another process commits during this turn might as well have come after it.
            asyncio.get_running_loop().call_soon(self._forget_version)
        return self._version

    def _forget_version(self) -> None:
        self._version = None

    async def ping(self) -> None:
        """Prove that the file can be read."""
        await self.cache_version()

    async def close(self) -> None:
        """Finish the units under way, then close every connection."""
        self._closed = True
        while self._drain is not None:
            await asyncio.wait([self._drain])
        self._committer.shutdown()
        self._scanning.shutdown()
        for connection in (self._reader, self._writer, self._scanner):
            if connection is not None:
                connection.raw.close()

    def _submit(self, work: Callable[[SqliteConnection], Any]) -> asyncio.Future[Any]:
        self._refuse_inside()
        if self._closed:
            raise Unavailable("the database is closed")
        if len(self._queue) >= _QUEUE:
            raise Overloaded("too many units of work are waiting")
        loop = asyncio.get_running_loop()
        job = _Job(work, loop.create_future())
        self._queue.append(job)
        self.units_run += 1
        if self._drain is None:
            self._drain = loop.create_task(self._drain_queue())
        return job.future

    def _refuse_inside(self) -> None:
        # A read here would miss the unit's own changes; on PostgreSQL it may wait for ever.
        if self._inside:
            raise RuntimeError("a unit of work used the database instead of its transaction")

    async def _drain_queue(self) -> None:
        try:
            while self._queue:
                size = await self._commit_group()
                if size > 1 or self._queue:
                    await self._gather()
        finally:
            self._drain = None
            # Empty, unless the loop is being shut down: nobody may wait for an answer then.
            abandoned, self._queue = self._queue, []
            _fail(abandoned, Unavailable("the server is shutting down"))

    async def _gather(self) -> None:
        """Let those who were answered together ask again, for the next commit."""
        for _ in range(TURNS):
            if len(self._queue) >= _BATCH:
                break
            await asyncio.sleep(0)

    def _take_group(self) -> list[_Job]:
        group, self._queue = self._queue[:_BATCH], self._queue[_BATCH:]
        BATCHES.observe(len(group))
        return group

    async def _commit_group(self) -> int:
        """Answer the next group, with its commit or with what stopped it; how many they were."""
        loop = asyncio.get_running_loop()
        raw = self._writer.raw
        batch: list[_Job] = []
        try:
            try:
                raw.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                # Another process is writing: wait for it off the loop.
                await loop.run_in_executor(self._committer, wait_for_lock, raw)
            # Only now: what came while another process was writing goes along.
            batch = self._take_group()
            for job in batch:
                self._perform(job)
            await loop.run_in_executor(self._committer, raw.execute, "COMMIT")
        except Exception as error:  # noqa: BLE001 - whatever stopped the commit, nothing was kept
            _roll_back(raw)
            batch = batch or self._take_group()
            _fail(batch, error if isinstance(error, DatabaseError) else Unavailable(str(error)))
        except BaseException:
            try:
                # After the commit that may be under way in that thread, and never beside it.
                await loop.run_in_executor(self._committer, _roll_back, raw)
            finally:
                _fail(batch, Unavailable("the server is shutting down"))
            raise
        for job in batch:
            _resolve(job)
        return len(batch)

    def _perform(self, job: _Job) -> None:
        try:
            job.result = job.work(self._writer)
        except (Exception, asyncio.CancelledError) as error:
            job.error = error
            if not self._writer.raw.in_transaction:
                # SQLite itself rolled the group back (disk full, I/O error): nobody was served.
                raise Unavailable(str(error)) from error


def _resolve(job: _Job) -> None:
    if job.future.done():
        return
    if job.error is not None:
        job.future.set_exception(job.error)
    else:
        job.future.set_result(job.result)


def _fail(jobs: list[_Job], error: DatabaseError) -> None:
    for job in jobs:
        job.error = error
        _resolve(job)


def _roll_back(raw: sqlite3.Connection) -> None:
    # A connection that cannot even do this has been closed, or has rolled back by itself.
    with suppress(sqlite3.Error):
        if raw.in_transaction:
            raw.execute("ROLLBACK")


def _drive(
    work: Callable[[Transaction], Coroutine[Any, Any, T]], tx: Transaction, context: Context
) -> T:
    """Run a unit to its end at once: on SQLite nothing it may await ever waits."""
    running = context.run(work, tx)
    try:
        context.run(running.send, None)
    except StopIteration as stop:
        return cast("T", stop.value)
    context.run(running.close)
    raise RuntimeError("a unit of work awaited something other than its transaction")
