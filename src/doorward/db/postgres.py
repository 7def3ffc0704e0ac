"""PostgreSQL through asyncpg: a unit of work is a transaction, a single statement needs none."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from operator import attrgetter
from typing import Any, Final, TypeVar, cast

import asyncpg

from doorward.db.clock import Clock
from doorward.db.database import Transaction
from doorward.db.errors import DatabaseError, Unavailable
from doorward.db.ids import RowIds
from doorward.db.installation import READ_CACHE_VERSION, TAKE_NODE
from doorward.db.opening import PostgresOptions
from doorward.db.postgres_channel import Channel
from doorward.db.postgres_connecting import Connector, PooledConnection
from doorward.db.postgres_errors import NOT_WRITABLE, persist, translating
from doorward.db.postgres_pool import Pool
from doorward.db.postgres_replicas import Replicas
from doorward.db.postgres_shared import Shared
from doorward.db.statements import Row, Statement

__all__ = ["PostgresDatabase", "open_postgres"]

T = TypeVar("T")
_SCAN_S = 30.0
_UNCONFIRMED = "the commit was not confirmed by the standby"
_SETTINGS: Final = {
    "application_name": "doorward",
    # Every statement reads ranges of keys, whatever its values: planning it again for each would
    # take longer than it does, and the longer the larger the tables are.
    "plan_cache_mode": "force_generic_plan",
}
_Call = Callable[[PooledConnection], Callable[..., Awaitable[Any]]]
_FETCH: Final[_Call] = attrgetter("fetch")
_FETCH_ROW: Final[_Call] = attrgetter("fetchrow")
_EXECUTE: Final[_Call] = attrgetter("execute")
_EXECUTE_MANY: Final[_Call] = attrgetter("executemany")


async def open_postgres(
    url: str,
    *,
    clock: Clock,
    pool_size: int,
    options: PostgresOptions,
) -> PostgresDatabase:
    """Connect to ``url``, whose schema is already up to date. Raises ``Unavailable``."""
    try:
        return await _open(url, clock=clock, pool_size=pool_size, options=options)
    except Unavailable:
        raise
    except (DatabaseError, ValueError) as error:
        # Wrong password, no schema, no address at all: whatever it is, nothing can be served.
        raise Unavailable(str(error)) from error


async def _open(
    url: str, *, clock: Clock, pool_size: int, options: PostgresOptions
) -> PostgresDatabase:
    direct = Connector(options.direct_url or url, settings=_SETTINGS)
    # A pooler hands one server's connection to many: it takes no settings for a single one.
    pooled = Connector(url, prepares=options.prepares) if options.direct_url else direct
    replicas = [Connector(each, settings=_SETTINGS) for each in options.replicas]
    pool = Pool(pooled.connect, size=pool_size)
    try:
        node = await _take_node(pool)
        ids = RowIds(node=node, clock=clock)
        channel = Channel(direct.connect, process=str(node), pool=pool)
        await channel.listen()
    except BaseException:
        pool.terminate()
        raise
    db = PostgresDatabase(pool, channel, ids=ids, clock=clock)
    if replicas:
        pools = [Pool(each.connect, size=pool_size) for each in replicas]
        db.replicas = Replicas(pools, db, pool)
    return db


async def _take_node(pool: Pool) -> int:
    text, order, fixed = TAKE_NODE.for_postgres()
    connection = await pool.take()
    try:
        with translating():
            node = await connection.fetchval(text, *(fixed[name] for name in order))
    finally:
        pool.give(connection)
    if node is None:
        raise Unavailable("the database holds no installation: run the migrations")
    return cast("int", node)


class _Transaction:
    """A unit's view of one connection inside a transaction."""

    __slots__ = ("_connection", "_database", "failure", "over", "touched")

    def __init__(self, connection: PooledConnection, database: PostgresDatabase) -> None:
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
            text, arguments = _prepared(statement, params)
            self._database.statements_run += 1
            self._database.begin(self._connection)
            with translating():
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

    def __init__(self, pool: Pool, channel: Channel, *, ids: RowIds, clock: Clock) -> None:
        """Serve from ``pool``; rows are numbered by ``ids`` and dated by ``clock``."""
        self.clock = clock
        self.statements_run = 0
        self.units_run = 0
        self.pool = pool
        self.channel = channel
        self._ids = ids
        self.process = str(ids.node)
        """What this process signs its announcements with."""
        self.replicas: Replicas | None = None
        self._now = asyncio.get_running_loop().time
        self._shared = Shared(
            self,
            fetch=lambda text, arguments: self._ask(_FETCH, text, arguments),
            fetch_anywhere=lambda text, arguments: self._anywhere(text, arguments, None),
            execute=lambda text, arguments: self._ask(_EXECUTE, text, arguments, is_write=True),
        )

    @property
    def queue_length(self) -> int:
        """How many callers wait for a connection."""
        return self.pool.queue_length

    def pool_sizes(self) -> Mapping[str, int]:
        """How many connections are used, idle, and given up while the server still works."""
        return self.pool.sizes()

    def next_id(self) -> int:
        """A time-ordered identifier for a new row."""
        return self._ids.next()

    def begin(self, connection: PooledConnection) -> None:
        """The next statement on ``connection`` begins: its time runs from now."""
        connection.begun_at = self._now()

    async def one(self, statement: Statement, /, **params: Any) -> Row | None:
        """The first row of committed state, or None."""
        text, arguments = _prepared(statement, params)
        group = self._shared.read(statement)
        if group is not None:
            return _raised(await group.do(arguments))
        return _row(await self._ask(_FETCH_ROW, text, arguments))

    async def all(self, statement: Statement, /, **params: Any) -> list[Row]:
        """Every row of committed state."""
        text, arguments = _prepared(statement, params)
        return [tuple(row) for row in await self._ask(_FETCH, text, arguments)]

    async def one_anywhere(self, statement: Statement, /, **params: Any) -> Row | None:
        """The first row of what was committed when it was asked for, or None."""
        text, arguments = _prepared(statement, params)
        group = self._shared.read_anywhere(statement)
        if group is not None:
            return _raised(await group.do(arguments))
        rows = await self._anywhere(text, arguments, None)
        return _row(rows[0] if rows else None)

    async def scan(self, statement: Statement, /, **params: Any) -> list[Row]:
        """A long read; a server does the work, so it is an ordinary one here, with more time."""
        text, arguments = _prepared(statement, params)
        return [tuple(row) for row in await self._anywhere(text, arguments, _SCAN_S)]

    async def run(self, statement: Statement, /, **params: Any) -> int:
        """One durable statement; how many rows changed."""
        self.units_run += 1
        text, arguments = _prepared(statement, params)
        group = self._shared.insert(statement)
        if group is not None:
            _raised(await group.do(arguments))
            return 1
        return _changed(await self._ask(_EXECUTE, text, arguments, is_write=True))

    async def run_each(self, statement: Statement, rows: Sequence[dict[str, Any]], /) -> None:
        """One durable statement for each of ``rows``: all of them or none, and one way there."""
        self.units_run += 1
        each = [_prepared(statement, row) for row in rows]
        rows_of_arguments = [arguments for _, arguments in each]
        await self._ask(_EXECUTE_MANY, each[0][0], [rows_of_arguments], is_write=True)

    async def write_one(self, statement: Statement, /, **params: Any) -> Row | None:
        """One durable statement with RETURNING; its first row, or None."""
        self.units_run += 1
        text, arguments = _prepared(statement, params)
        return _row(await self._ask(_FETCH_ROW, text, arguments, is_write=True))

    async def unit(self, work: Callable[[Transaction], Awaitable[T]], /) -> T:
        """Run ``work`` in a transaction, again after a deadlock or a serialization failure."""
        self.units_run += 1
        return await persist(lambda: self._attempt(work))

    async def _anywhere(self, text: str, arguments: list[Any], limit_s: float | None) -> Any:
        if self.replicas is not None:

            async def ask(connection: PooledConnection) -> Any:
                self.statements_run += 1
                with translating():
                    return await connection.fetch(text, *arguments)

            found = await self.replicas.read(ask, limit_s)
            if found is not None:
                return found[0]
        return await self._ask(_FETCH, text, arguments, limit_s=limit_s)

    async def _ask(
        self,
        call: _Call,
        text: str,
        arguments: list[Any],
        *,
        is_write: bool = False,
        limit_s: float | None = None,
    ) -> Any:
        async def ask(connection: PooledConnection) -> Any:
            self.statements_run += 1
            with translating():
                return await call(connection)(text, *arguments)

        return await persist(lambda: self._on_connection(ask, is_write=is_write, limit_s=limit_s))

    async def _on_connection(
        self,
        call: Callable[[PooledConnection], Awaitable[T]],
        *,
        is_write: bool = False,
        limit_s: float | None = None,
    ) -> T:
        """What ``call`` answers on a connection of its own."""
        if is_write:
            self.pool.verify_writable()
        connection = await self.pool.take(limit_s)
        try:
            connection.warned = False
            answer = await call(connection)
        except Exception as error:
            if isinstance(error.__cause__, NOT_WRITABLE):
                # It is another's standby now: the next connection finds the primary.
                self.pool.leave(connection)
            else:
                self.pool.give(connection)
            raise
        except BaseException:
            # Somebody went away in the middle: what the server still answers is for nobody.
            self.pool.drop(connection)
            raise
        warned = connection.warned
        self.pool.give(connection)
        if is_write and warned:
            raise Unavailable(_UNCONFIRMED)
        return answer

    async def _attempt(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        tx: _Transaction | None = None

        async def whole(connection: PooledConnection) -> T:
            nonlocal tx
            with translating():
                await connection.execute("BEGIN")
            tx = _Transaction(connection, self)
            try:
                result = await work(tx)
                # Else the server would answer COMMIT with a rollback, and nobody would know.
                tx.verify_sound()
            except Exception:
                await self._roll_back(connection)
                raise
            finally:
                tx.over = True
            self.begin(connection)
            connection.warned = False
            with translating():
                told = await connection.execute("COMMIT")
            if told != "COMMIT":
                raise DatabaseError("the server rolled the unit back")
            return result

        result = await self._on_connection(whole, is_write=True)
        if tx is not None and tx.touched:
            self.channel.version += 1
        return result

    async def _roll_back(self, connection: PooledConnection) -> None:
        self.begin(connection)
        try:
            await connection.execute("ROLLBACK")
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            connection.terminate()

    @property
    def known_cache_version(self) -> int | None:
        """The version while the channel is open, or None."""
        return self.channel.version if self.channel.is_open else None

    async def cache_version(self) -> int:
        """A number that moved if any process's change was announced since."""
        if not self.channel.is_open:
            # Without the channel nothing tells us of changes: compare with the row itself.
            row = await self.one(READ_CACHE_VERSION)
            return -(row[0] if row else 0) - 1
        return self.channel.version

    async def ping(self) -> None:
        """Prove that the server answers. Raises ``Unavailable``."""
        await self.one(READ_CACHE_VERSION)

    async def close(self) -> None:
        """Finish the units under way, then close every connection."""
        if self.replicas is not None:
            await self.replicas.close()
        await self.channel.close()
        await self.pool.close()


def _prepared(statement: Statement, params: dict[str, Any]) -> tuple[str, list[Any]]:
    """The text of ``statement`` and its arguments in the order of the text."""
    text, order, fixed = statement.for_postgres()
    if fixed:
        params = {**fixed, **params}
    try:
        return text, [params[name] for name in order]
    except KeyError as error:
        raise DatabaseError(f"no value is given for the parameter {error}") from None


def _row(record: Any) -> Row | None:
    return None if record is None else tuple(record)


def _raised(answer: Row | DatabaseError | None) -> Row | None:
    if isinstance(answer, DatabaseError):
        raise answer
    return answer


def _changed(status: str) -> int:
    tail = status.rpartition(" ")[2]
    return int(tail) if tail.isdigit() else 0
