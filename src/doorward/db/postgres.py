"""PostgreSQL through asyncpg: a unit of work is a transaction, a single statement needs none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any, Final, TypeVar, cast

import asyncpg

from doorward.db.clock import Clock
from doorward.db.database import Transaction
from doorward.db.errors import Conflict, DatabaseError, Overloaded, Unavailable, Unrepresentable
from doorward.db.ids import RowIds
from doorward.db.installation import READ_CACHE_VERSION, TAKE_NODE
from doorward.db.statements import Row, Statement

__all__ = ["PostgresDatabase", "open_postgres", "plain_dsn"]

T = TypeVar("T")
_CHANNEL = "doorward_caches"
_ATTEMPTS = 4
_QUEUE = 20_000
"""Callers that may wait for a connection at once."""
_HEARTBEAT_S = 10.0
_CLOSE_S = 5.0
"""How long a channel that died without a word may go unnoticed."""
_FIRST_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 5.0


class _PooledConnection(asyncpg.Connection):  # type: ignore[misc] # asyncpg has no types
    """A connection that is handed back without a round trip: units leave nothing behind."""

    def get_reset_query(self) -> str:
        return ""


def plain_dsn(url: str) -> str:
    """The libpq address of ``url``, with any ``+driver`` removed from its scheme."""
    scheme, separator, rest = url.partition("://")
    return f"{scheme.partition('+')[0]}{separator}{rest}"


async def open_postgres(url: str, *, clock: Clock, pool_size: int = 10) -> PostgresDatabase:
    """Connect to ``url``, whose schema is already up to date. Raises ``Unavailable``."""
    try:
        return await _open(url, clock=clock, pool_size=pool_size)
    except Unavailable:
        raise
    except (DatabaseError, ValueError) as error:
        # Wrong password, no schema, no address at all: whatever it is, nothing can be served.
        raise Unavailable(str(error)) from error


async def _open(url: str, *, clock: Clock, pool_size: int) -> PostgresDatabase:
    with _translating():
        pool = await asyncpg.create_pool(
            plain_dsn(url),
            min_size=1,
            max_size=pool_size,
            connection_class=_PooledConnection,
            command_timeout=30,
            statement_cache_size=1024,
            server_settings={
                "application_name": "doorward",
                # Every statement reads ranges of keys, whatever its values: planning it again for
                # each would take longer than it does, and the longer the larger the tables are.
                "plan_cache_mode": "force_generic_plan",
            },
        )
    try:
        node = await _take_node(pool)
        db = PostgresDatabase(plain_dsn(url), pool, ids=RowIds(node=node, clock=clock), clock=clock)
        await db.listen()
    except BaseException:
        pool.terminate()
        raise
    return db


async def _take_node(pool: Any) -> int:
    text, order, fixed = TAKE_NODE.for_postgres()
    with _translating():
        node = await pool.fetchval(text, *(fixed[name] for name in order))
    if node is None:
        raise Unavailable("the database holds no installation: run the migrations")
    return cast("int", node)


class _Transaction:
    """A unit's view of one connection inside a transaction."""

    __slots__ = ("_connection", "_database", "failure", "over", "touched")

    def __init__(self, connection: Any, database: PostgresDatabase) -> None:
        self._connection = connection
        self._database = database
        self.failure: DatabaseError | None = None
        self.over = False
        self.touched = False

    async def one(self, statement: Statement, /, **params: Any) -> Row | None:
        row = await self._noting(self._connection.fetchrow, statement, params)
        return None if row is None else tuple(row)

    async def all(self, statement: Statement, /, **params: Any) -> list[Row]:
        rows = await self._noting(self._connection.fetch, statement, params)
        return [tuple(row) for row in rows]

    async def run(self, statement: Statement, /, **params: Any) -> int:
        return _changed(await self._noting(self._connection.execute, statement, params))

    async def _noting(
        self, call: Callable[..., Awaitable[Any]], statement: Statement, params: dict[str, Any]
    ) -> Any:
        if self.over:
            raise RuntimeError("a transaction is used after its unit of work has ended")
        self.verify_sound()
        try:
            text, arguments = self._database.prepared(statement, params)
            with _translating():
                return await call(text, *arguments)
        except DatabaseError as error:
            self.failure = error
            raise

    def verify_sound(self) -> None:
        """Raise what a statement raised before: the server takes nothing more of this unit."""
        if self.failure is not None:
            raise self.failure

    async def announce(self, statement: Statement) -> None:
        """Tell the other processes, at commit, that what they cached has changed."""
        await self.one(statement, process=self._database.process)
        self.touched = True


class PostgresDatabase:
    """A PostgreSQL database behind the ``Database`` interface. Build it with ``open_postgres``."""

    is_far = True

    def __init__(self, dsn: str, pool: Any, *, ids: RowIds, clock: Clock) -> None:
        """Serve from ``pool``; rows are numbered by ``ids`` and dated by ``clock``."""
        self.clock = clock
        self.statements_run = 0
        self._dsn = dsn
        self._pool = pool
        self._ids = ids
        self.process = str(ids.node)
        """What this process signs its announcements with."""
        self._version = 1
        self._waiting = 0
        self._listener: Any = None
        self._dropped = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None

    def next_id(self) -> int:
        """A time-ordered identifier for a new row."""
        return self._ids.next()

    def prepared(self, statement: Statement, params: dict[str, Any]) -> tuple[str, list[Any]]:
        """The text of ``statement`` and its arguments in the order of the text."""
        text, order, fixed = statement.for_postgres()
        self.statements_run += 1
        if fixed:
            params = {**fixed, **params}
        try:
            return text, [params[name] for name in order]
        except KeyError as error:
            raise DatabaseError(f"no value is given for the parameter {error}") from None

    async def one(self, statement: Statement, /, **params: Any) -> Row | None:
        """The first row of committed state, or None."""
        row = await self._single(self._pool.fetchrow, statement, params)
        return None if row is None else tuple(row)

    async def all(self, statement: Statement, /, **params: Any) -> list[Row]:
        """Every row of committed state."""
        return [tuple(row) for row in await self._single(self._pool.fetch, statement, params)]

    async def scan(self, statement: Statement, /, **params: Any) -> list[Row]:
        """A long read; the server does the work, so it is an ordinary one here."""
        return await self.all(statement, **params)

    async def run(self, statement: Statement, /, **params: Any) -> int:
        """One durable statement; how many rows changed."""
        return _changed(await self._single(self._pool.execute, statement, params))

    async def run_each(self, statement: Statement, rows: Sequence[dict[str, Any]], /) -> None:
        """One durable statement for each of ``rows``: all of them or none, and one way there."""
        each = [self.prepared(statement, row) for row in rows]

        async def attempt() -> None:
            with self._admitted(), _translating():
                await self._pool.executemany(each[0][0], [arguments for _, arguments in each])

        await _persist(attempt)

    async def write_one(self, statement: Statement, /, **params: Any) -> Row | None:
        """One durable statement with RETURNING; its first row, or None."""
        return await self.one(statement, **params)

    async def unit(self, work: Callable[[Transaction], Awaitable[T]], /) -> T:
        """Run ``work`` in a transaction, again after a deadlock or a serialization failure."""
        return await _persist(lambda: self._attempt(work))

    async def _single(
        self, call: Callable[..., Awaitable[Any]], statement: Statement, params: dict[str, Any]
    ) -> Any:
        text, arguments = self.prepared(statement, params)

        async def attempt() -> Any:
            with self._admitted(), _translating():
                return await call(text, *arguments)

        return await _persist(attempt)

    async def _attempt(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        async with self._connection() as connection:
            transaction = connection.transaction()
            with _translating():
                await transaction.start()
            tx = _Transaction(connection, self)
            try:
                result = await work(tx)
                # Else the server would answer COMMIT with a rollback, and nobody would know.
                tx.verify_sound()
            except BaseException:
                with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError):
                    await transaction.rollback()
                raise
            finally:
                tx.over = True
            with _translating():
                await transaction.commit()
            if tx.touched:
                self._version += 1
            return result

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Any]:
        with self._admitted():
            with _translating():
                connection = await self._pool.acquire()
            try:
                yield connection
            finally:
                # What became of the unit is known by now; a connection lost here changes nothing.
                with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError):
                    await self._pool.release(connection)

    @contextmanager
    def _admitted(self) -> Iterator[None]:
        if self._waiting >= _QUEUE:
            raise Overloaded("too many units of work are waiting")
        self._waiting += 1
        try:
            yield
        finally:
            self._waiting -= 1

    async def cache_version(self) -> int:
        """A number that moved if any process's change was announced since."""
        if self._listener is None or self._listener.is_closed():
            # Without the channel nothing tells us of changes: compare with the row itself.
            row = await self.one(READ_CACHE_VERSION)
            return -(row[0] if row else 0) - 1
        return self._version

    async def listen(self) -> None:
        """Open the channel on which other processes announce changes. Raises ``Unavailable``."""
        with _translating():
            listener = await asyncpg.connect(self._dsn, timeout=5, command_timeout=5)
            try:
                await listener.add_listener(_CHANNEL, self._announced)
            except BaseException:
                listener.terminate()
                raise
        listener.add_termination_listener(self._lost)
        if listener.is_closed():
            raise Unavailable("the channel was lost as soon as it was open")
        # What was cached while nobody listened is dropped before the channel is trusted again.
        self._version += 1
        self._listener = listener
        if self._keeper is None:
            self._keeper = asyncio.get_running_loop().create_task(self._keep_listening())

    def _announced(self, _connection: object, _pid: int, _channel: str, process: str) -> None:
        # What this process changed itself, it knew at once.
        if process != self.process:
            self._version += 1

    def _lost(self, *_: object) -> None:
        self._dropped.set()

    async def _keep_listening(self) -> None:
        while True:
            # ``wait_for`` may forget that it was cancelled while its time was up (before 3.12), and
            # whoever closes the database would wait for this task forever.
            with suppress(TimeoutError):
                async with asyncio.timeout(_HEARTBEAT_S):
                    await self._dropped.wait()
            self._dropped.clear()
            if not self._listener.is_closed():
                await self._beat()
            if self._listener.is_closed():
                await self._listen_again()

    async def _beat(self) -> None:
        try:
            await self._listener.execute("SELECT 1")
        except Exception:  # noqa: BLE001 - whatever it is, the channel does not answer
            self._listener.terminate()

    async def _listen_again(self) -> None:
        pause = _FIRST_PAUSE_S
        while True:
            try:
                await self.listen()
            except Exception:  # noqa: BLE001 - until it is open again, versions are compared
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE_S)
            else:
                return

    async def ping(self) -> None:
        """Prove that the server answers. Raises ``Unavailable``."""
        await self.one(READ_CACHE_VERSION)

    async def close(self) -> None:
        """Finish the units under way, then close every connection."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.wait([self._keeper])
        if self._listener is not None:
            # A heartbeat that was broken off may leave a server's word to be waited for in vain.
            # When its time is up the connection is cut.
            with suppress(Exception):
                await self._listener.close(timeout=_CLOSE_S)
        await self._pool.close()


class _TryAgain(DatabaseError):
    """The engine undid the unit for another's sake."""


async def _persist(attempt: Callable[[], Awaitable[T]]) -> T:
    """What ``attempt`` answers, after a few tries where the engine undid it for another's sake."""
    for count in range(1, _ATTEMPTS + 1):
        try:
            return await attempt()
        except _TryAgain as again:
            if count == _ATTEMPTS:
                raise Unavailable(str(again)) from again
    raise AssertionError("unreachable: the last attempt answers or raises")


_TRY_AGAIN: Final = (
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    # A migration changed a table under a statement that was prepared before.
    asyncpg.InvalidCachedStatementError,
    asyncpg.OutdatedSchemaCacheError,
)
_UNAVAILABLE: Final = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.exceptions.OperatorInterventionError,
    asyncpg.exceptions.InsufficientResourcesError,
    # The server has become a replica.
    asyncpg.ReadOnlySQLTransactionError,
    OSError,
    TimeoutError,
)


@contextmanager
def _translating() -> Iterator[None]:
    # The engine's own text may show a row's values; what is raised here names no more than a rule.
    try:
        yield
    except asyncpg.UniqueViolationError as error:
        raise Conflict(f"unique constraint {error.constraint_name}") from None
    except _TRY_AGAIN as error:
        raise _TryAgain(str(error)) from error
    except asyncpg.DataError as error:
        raise Unrepresentable(type(error).__name__) from None
    except _UNAVAILABLE as error:
        raise Unavailable(str(error) or type(error).__name__) from error
    except asyncpg.PostgresError as error:
        raise DatabaseError(f"{type(error).__name__}: {error.args[0]}") from None


def _changed(status: str) -> int:
    tail = status.rpartition(" ")[2]
    return int(tail) if tail.isdigit() else 0
