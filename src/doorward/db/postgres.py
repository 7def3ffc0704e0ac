"""PostgreSQL through asyncpg: a unit of work is a transaction, a single statement needs none."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

import asyncpg

from doorward.db.clock import Clock
from doorward.db.database import Transaction
from doorward.db.errors import Conflict, DatabaseError, Unavailable, Unrepresentable
from doorward.db.ids import RowIds
from doorward.db.installation import READ_CACHE_VERSION, TAKE_NODE
from doorward.db.statements import Row, Statement

__all__ = ["PostgresDatabase", "open_postgres", "plain_dsn"]

T = TypeVar("T")
_CHANNEL = "doorward_caches"
_ATTEMPTS = 4


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
    with _translating():
        pool = await asyncpg.create_pool(
            plain_dsn(url),
            min_size=1,
            max_size=pool_size,
            connection_class=_PooledConnection,
            command_timeout=30,
            statement_cache_size=1024,
            server_settings={"application_name": "doorward"},
        )
        text, order, _ = TAKE_NODE.for_postgres()
        node = await pool.fetchval(text, *([1] * len(order)))
    db = PostgresDatabase(plain_dsn(url), pool, ids=RowIds(node=node, clock=clock), clock=clock)
    await db.listen()
    return db


class _Transaction:
    """A unit's view of one connection inside a transaction."""

    __slots__ = ("_connection", "_database", "touched")

    def __init__(self, connection: Any, database: PostgresDatabase) -> None:
        self._connection = connection
        self._database = database
        self.touched = False

    async def one(self, statement: Statement, /, **params: Any) -> Row | None:
        text, arguments = self._database.prepared(statement, params)
        row = await self._connection.fetchrow(text, *arguments)
        return None if row is None else tuple(row)

    async def all(self, statement: Statement, /, **params: Any) -> list[Row]:
        text, arguments = self._database.prepared(statement, params)
        return [tuple(row) for row in await self._connection.fetch(text, *arguments)]

    async def run(self, statement: Statement, /, **params: Any) -> int:
        text, arguments = self._database.prepared(statement, params)
        return _changed(await self._connection.execute(text, *arguments))

    async def announce(self, statement: Statement) -> None:
        """Tell the other processes, at commit, that what they cached has changed."""
        await self.one(statement)
        self.touched = True


class PostgresDatabase:
    """A PostgreSQL database behind the ``Database`` interface. Build it with ``open_postgres``."""

    def __init__(self, dsn: str, pool: Any, *, ids: RowIds, clock: Clock) -> None:
        """Serve from ``pool``; rows are numbered by ``ids`` and dated by ``clock``."""
        self.clock = clock
        self.statements_run = 0
        self._dsn = dsn
        self._pool = pool
        self._ids = ids
        self._version = 1
        self._listener: Any = None
        self._relisten: asyncio.Task[None] | None = None
        self._closing = False

    def next_id(self) -> int:
        """A time-ordered identifier for a new row."""
        return self._ids.next()

    def prepared(self, statement: Statement, params: dict[str, Any]) -> tuple[str, list[Any]]:
        """The text of ``statement`` and its arguments in the order of the text."""
        text, order, fixed = statement.for_postgres()
        self.statements_run += 1
        if fixed:
            params = {**fixed, **params}
        return text, [params.get(name) for name in order]

    async def one(self, statement: Statement, /, **params: Any) -> Row | None:
        """The first row of committed state, or None."""
        text, arguments = self.prepared(statement, params)
        with _translating():
            row = await self._pool.fetchrow(text, *arguments)
        return None if row is None else tuple(row)

    async def all(self, statement: Statement, /, **params: Any) -> list[Row]:
        """Every row of committed state."""
        text, arguments = self.prepared(statement, params)
        with _translating():
            return [tuple(row) for row in await self._pool.fetch(text, *arguments)]

    async def scan(self, statement: Statement, /, **params: Any) -> list[Row]:
        """A long read; the server does the work, so it is an ordinary one here."""
        return await self.all(statement, **params)

    async def run(self, statement: Statement, /, **params: Any) -> int:
        """One durable statement; how many rows changed."""
        text, arguments = self.prepared(statement, params)
        with _translating():
            return _changed(await self._pool.execute(text, *arguments))

    async def write_one(self, statement: Statement, /, **params: Any) -> Row | None:
        """One durable statement with RETURNING; its first row, or None."""
        return await self.one(statement, **params)

    async def unit(self, work: Callable[[Transaction], Awaitable[T]], /) -> T:
        """Run ``work`` in a transaction, again after a deadlock or a serialization failure."""
        for attempt in range(_ATTEMPTS):
            try:
                with _translating():
                    return await self._attempt(work)
            except _TryAgain as again:
                if attempt == _ATTEMPTS - 1:
                    raise Unavailable(str(again)) from again
        raise AssertionError("unreachable: the last attempt answers or raises")

    async def _attempt(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        async with self._pool.acquire() as connection:
            async with connection.transaction():
                tx = _Transaction(connection, self)
                result = await work(tx)
            if tx.touched:
                self._version += 1
            return result

    async def cache_version(self) -> int:
        """A number that moved if any process's change was announced since."""
        if self._listener is None or self._listener.is_closed():
            # Without the channel nothing tells us of changes: compare with the row itself.
            row = await self.one(READ_CACHE_VERSION)
            return -(row[0] if row else 0) - 1
        return self._version

    async def listen(self) -> None:
        """Open the channel on which other processes announce changes."""
        with _translating():
            self._listener = await asyncpg.connect(self._dsn, timeout=5)
            await self._listener.add_listener(_CHANNEL, self._announced)
        self._listener.add_termination_listener(self._lost)
        self._version += 1

    def _announced(self, *_: object) -> None:
        self._version += 1

    def _lost(self, *_: object) -> None:
        if not self._closing and (self._relisten is None or self._relisten.done()):
            self._relisten = asyncio.get_running_loop().create_task(self._listen_again())

    async def _listen_again(self) -> None:
        pause = 0.1
        while not self._closing:
            try:
                await self.listen()
            except DatabaseError:
                await asyncio.sleep(pause)
                pause = min(pause * 2, 5)
            else:
                return

    async def ping(self) -> None:
        """Prove that the server answers. Raises ``Unavailable``."""
        await self.one(READ_CACHE_VERSION)

    async def close(self) -> None:
        """Finish the units under way, then close every connection."""
        self._closing = True
        if self._relisten is not None:
            self._relisten.cancel()
            with suppress(asyncio.CancelledError):
                await self._relisten
        if self._listener is not None:
            await self._listener.close()
        await self._pool.close()


class _TryAgain(DatabaseError):
    """The engine undid the unit for another's sake."""


@contextmanager
def _translating() -> Iterator[None]:
    try:
        yield
    except asyncpg.UniqueViolationError as error:
        raise Conflict(str(error)) from error
    except (asyncpg.DeadlockDetectedError, asyncpg.SerializationError) as error:
        raise _TryAgain(str(error)) from error
    except (
        asyncpg.exceptions.DataError,
        asyncpg.CharacterNotInRepertoireError,
        asyncpg.UntranslatableCharacterError,
    ) as error:
        raise Unrepresentable(str(error)) from error
    except (asyncpg.PostgresConnectionError, asyncpg.InterfaceError, OSError, TimeoutError) as error:
        raise Unavailable(str(error)) from error
    except asyncpg.exceptions.OperatorInterventionError as error:
        raise Unavailable(str(error)) from error
    except asyncpg.PostgresError as error:
        raise DatabaseError(str(error)) from error


def _changed(status: str) -> int:
    tail = status.rpartition(" ")[2]
    return int(tail) if tail.isdigit() else 0
