"""SQLite: reads on the loop's own connection, writes in groups that share one durable commit."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar, cast

from doorward.db.clock import Clock
from doorward.db.database import Transaction
from doorward.db.errors import Conflict, DatabaseError, Overloaded, Unavailable, Unrepresentable
from doorward.db.ids import RowIds
from doorward.db.installation import READ_CACHE_VERSION, TAKE_NODE
from doorward.db.statements import Row, Statement

__all__ = ["SqliteDatabase", "connect_sqlite"]

T = TypeVar("T")
_BATCH = 256
"""Units in one commit: enough to share an fsync, few enough that reads are not held up."""
_QUEUE = 20_000
_LOCK_WAIT_S = 10.0


def connect_sqlite(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """Open ``path`` in WAL mode, durable on every commit (``synchronous=FULL``)."""
    connection = sqlite3.connect(
        path, isolation_level=None, check_same_thread=False, cached_statements=512, timeout=0
    )
    connection.execute("PRAGMA busy_timeout = 5000")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA cache_size = -16000")
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute("PRAGMA busy_timeout = 0")
    if read_only:
        connection.execute("PRAGMA query_only = ON")
    return connection


class _Connection:
    """One ``sqlite3`` connection that speaks ``Statement`` and our errors."""

    __slots__ = ("counter", "raw")

    def __init__(self, raw: sqlite3.Connection, counter: _Counter) -> None:
        self.raw = raw
        self.counter = counter

    def execute(self, statement: Statement, params: dict[str, Any]) -> sqlite3.Cursor:
        text, fixed = statement.for_sqlite()
        if fixed:
            params = {**fixed, **params}
        self.counter.statements += 1
        try:
            return self.raw.execute(text, params)
        except sqlite3.Error as error:
            raise _translated(error) from error
        except (OverflowError, UnicodeEncodeError) as error:
            raise Unrepresentable(str(error)) from error


class _Counter:
    __slots__ = ("statements",)

    def __init__(self) -> None:
        self.statements = 0


class _Transaction:
    """A unit's view of the writer. Its savepoint opens with its first statement."""

    __slots__ = ("_connection", "_marked")

    def __init__(self, connection: _Connection) -> None:
        self._connection = connection
        self._marked = False

    async def one(self, statement: Statement, /, **params: Any) -> Row | None:
        self._mark()
        cursor = self._connection.execute(statement, params)
        row = cast("Row | None", cursor.fetchone())
        cursor.close()
        return row

    async def all(self, statement: Statement, /, **params: Any) -> list[Row]:
        self._mark()
        return self._connection.execute(statement, params).fetchall()

    async def run(self, statement: Statement, /, **params: Any) -> int:
        self._mark()
        return self._connection.execute(statement, params).rowcount

    def _mark(self) -> None:
        if not self._marked:
            self._connection.raw.execute("SAVEPOINT unit")
            self._marked = True

    def keep(self) -> None:
        if self._marked:
            self._connection.raw.execute("RELEASE unit")

    def undo(self) -> None:
        if self._marked and self._connection.raw.in_transaction:
            self._connection.raw.execute("ROLLBACK TO unit")
            self._connection.raw.execute("RELEASE unit")


class _Job:
    """A unit that waits for the next group, and the future that its caller awaits."""

    __slots__ = ("error", "future", "result", "work")

    def __init__(self, work: Callable[[_Connection], Any], future: asyncio.Future[Any]) -> None:
        self.work = work
        self.future = future
        self.result: Any = None
        self.error: BaseException | None = None


class SqliteDatabase:
    """A SQLite file behind the ``Database`` interface. Build it with ``open_sqlite``."""

    def __init__(self, path: Path, *, clock: Clock) -> None:
        """Open ``path``, whose schema is already up to date; rows are dated by ``clock``."""
        self.clock = clock
        self._path = path
        self._counter = _Counter()
        self._reader = _Connection(connect_sqlite(path, read_only=True), self._counter)
        self._writer = _Connection(connect_sqlite(path), self._counter)
        self._scanner: _Connection | None = None
        self._committer = ThreadPoolExecutor(1, thread_name_prefix="doorward-commit")
        self._scanning = ThreadPoolExecutor(1, thread_name_prefix="doorward-scan")
        self._queue: list[_Job] = []
        self._drain: asyncio.Task[None] | None = None
        _wait_for_lock(self._writer.raw)
        node = self._writer.execute(TAKE_NODE, {}).fetchone()[0]
        self._writer.raw.execute("COMMIT")
        self._ids = RowIds(node=node, clock=clock)

    @property
    def statements_run(self) -> int:
        """How many statements were executed here."""
        return self._counter.statements

    def next_id(self) -> int:
        """A time-ordered identifier for a new row."""
        return self._ids.next()

    async def one(self, statement: Statement, /, **params: Any) -> Row | None:
        """The first row of committed state, or None."""
        cursor = self._reader.execute(statement, params)
        row = cast("Row | None", cursor.fetchone())
        # An unfinished cursor would hold the snapshot open, and later reads would see old rows.
        cursor.close()
        return row

    async def all(self, statement: Statement, /, **params: Any) -> list[Row]:
        """Every row of committed state."""
        return self._reader.execute(statement, params).fetchall()

    async def scan(self, statement: Statement, /, **params: Any) -> list[Row]:
        """A long read on a connection and a thread of its own."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._scanning, self._scan, statement, params)

    def _scan(self, statement: Statement, params: dict[str, Any]) -> list[Row]:
        if self._scanner is None:
            self._scanner = _Connection(connect_sqlite(self._path, read_only=True), self._counter)
        return self._scanner.execute(statement, params).fetchall()

    async def run(self, statement: Statement, /, **params: Any) -> int:
        """One durable statement; how many rows changed."""
        return cast("int", await self._submit(lambda c: c.execute(statement, params).rowcount))

    async def write_one(self, statement: Statement, /, **params: Any) -> Row | None:
        """One durable statement with RETURNING; its first row, or None."""

        def work(connection: _Connection) -> Row | None:
            # Every row is fetched: SQLite applies the statement as its rows are stepped through.
            rows = connection.execute(statement, params).fetchall()
            return rows[0] if rows else None

        return cast("Row | None", await self._submit(work))

    async def unit(self, work: Callable[[Transaction], Awaitable[T]], /) -> T:
        """Run ``work`` in the next group; answers after that group's durable commit."""

        def perform(connection: _Connection) -> T:
            tx = _Transaction(connection)
            try:
                result = _drive(cast("Coroutine[Any, Any, T]", work(tx)))
            except BaseException:
                tx.undo()
                raise
            tx.keep()
            return result

        return cast("T", await self._submit(perform))

    async def cache_version(self) -> int:
        """The version that every process sees, read afresh."""
        row = await self.one(READ_CACHE_VERSION)
        return row[0] if row else 0

    async def ping(self) -> None:
        """Prove that the file can be read."""
        await self.cache_version()

    async def close(self) -> None:
        """Finish the units under way, then close every connection."""
        if self._drain is not None:
            await asyncio.wait([self._drain])
        self._committer.shutdown()
        self._scanning.shutdown()
        for connection in (self._reader, self._writer, self._scanner):
            if connection is not None:
                connection.raw.close()

    def _submit(self, work: Callable[[_Connection], Any]) -> asyncio.Future[Any]:
        if len(self._queue) >= _QUEUE:
            raise Overloaded("too many units of work are waiting")
        loop = asyncio.get_running_loop()
        job = _Job(work, loop.create_future())
        self._queue.append(job)
        if self._drain is None:
            self._drain = loop.create_task(self._drain_queue())
        return job.future

    async def _drain_queue(self) -> None:
        try:
            while self._queue:
                batch, self._queue = self._queue[:_BATCH], self._queue[_BATCH:]
                await self._commit_group(batch)
        finally:
            self._drain = None

    async def _commit_group(self, batch: list[_Job]) -> None:
        loop = asyncio.get_running_loop()
        raw = self._writer.raw
        try:
            try:
                raw.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                # Another process is writing: wait for it off the loop.
                await loop.run_in_executor(self._committer, _wait_for_lock, raw)
            for job in batch:
                self._perform(job)
            await loop.run_in_executor(self._committer, raw.execute, "COMMIT")
        except Exception as error:  # noqa: BLE001 - whatever stopped the commit, nothing was kept
            if raw.in_transaction:
                raw.execute("ROLLBACK")
            failure = error if isinstance(error, DatabaseError) else Unavailable(str(error))
            for job in batch:
                job.error = failure
        for job in batch:
            _resolve(job)

    def _perform(self, job: _Job) -> None:
        try:
            job.result = job.work(self._writer)
        except Exception as error:  # noqa: BLE001 - it is the caller's, and is raised there
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


def _drive(work: Coroutine[Any, Any, T]) -> T:
    """Run a unit to its end at once: on SQLite nothing it may await ever waits."""
    try:
        work.send(None)
    except StopIteration as stop:
        return cast("T", stop.value)
    work.close()
    raise RuntimeError("a unit of work awaited something other than its transaction")


def _wait_for_lock(raw: sqlite3.Connection) -> None:
    deadline = time.monotonic() + _LOCK_WAIT_S
    pause = 0.0001
    while True:
        try:
            raw.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise Unavailable(str(error)) from error
            time.sleep(pause)
            pause = min(pause * 1.5, 0.002)
        else:
            return


def _translated(error: sqlite3.Error) -> DatabaseError:
    if isinstance(error, sqlite3.IntegrityError) and "UNIQUE" in str(error):
        return Conflict(str(error))
    if isinstance(error, sqlite3.OperationalError):
        return Unavailable(str(error))
    return DatabaseError(str(error))
