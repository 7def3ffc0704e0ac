"""Reading from replicas, and never what is no longer so.

Whoever asks is answered from a state that holds all that was committed when they asked. So that a
replica can say that much, the primary is asked first for how far its log is on disk, once for all
who ask in the same moment; and a replica is read only after it has replayed that far, of the same
history. What was acknowledged before is within it: a revocation above all. A replica that is not
there in time is left alone, the primary answers, and the replica is asked again a little later.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, TypeVar

import asyncpg

from doorward.db.database import Database
from doorward.db.errors import DatabaseError, Unavailable
from doorward.db.postgres_connecting import PooledConnection
from doorward.db.postgres_errors import translating
from doorward.db.postgres_pool import Pool
from doorward.db.together import Together

__all__ = ["Replicas"]

T = TypeVar("T")

PATIENCE_S = 0.05
"""How long a reader waits for a replica to be as far as the primary was."""
_REST_S = 1.0
"""How long a replica that was not is left alone."""
_PROBE_S = 2.0
_CONNECT_S = 0.5
"""How long it may take until there is a connection to ask on."""
_POLL_S = 0.001
_HISTORY = "('x' || substr(pg_walfile_name(pg_current_wal_flush_lsn()), 1, 8))::bit(32)::int"
_MARK: Final = f"SELECT (pg_current_wal_flush_lsn() - '0/0')::bigint, {_HISTORY}"
_HISTORY_OF: Final = """
SELECT coalesce((SELECT received_tli FROM pg_stat_wal_receiver),
                (SELECT timeline_id FROM pg_control_checkpoint()))
"""
"""Of which history a replica is: who may not read the receiver's knows it a checkpoint later."""
_REPLAYED: Final = """
SELECT CASE WHEN pg_is_in_recovery() THEN (pg_last_wal_replay_lsn() - '0/0')::bigint END
"""


@dataclass(frozen=True, slots=True)
class _Mark:
    """How far the primary's log was, and which of several histories it is."""

    position: int
    history: int


class _Behind(Exception):
    """A replica is not as far, is of another history, or is no replica."""


@dataclass(eq=False, slots=True)
class _Replica:
    pool: Pool
    is_resting: bool = False


class Replicas:
    """The replicas of one primary."""

    def __init__(self, pools: Sequence[Pool], db: Database, primary: Pool) -> None:
        """Read by ``pools``, each of which leads to one replica of ``primary``."""
        self._replicas = [_Replica(each) for each in pools]
        self._primary = primary
        self._marks: Together[None, _Mark | None] = Together(db, self._ask, at_once=1)
        self._turn = 0
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def in_use(self) -> int:
        """How many of them are asked at present."""
        return sum(not each.is_resting for each in self._replicas)

    async def read(
        self, call: Callable[[PooledConnection], Awaitable[T]], limit_s: float | None
    ) -> tuple[T] | None:
        """What ``call`` answers on a replica that is as far as the primary is now, in a tuple.

        None when there is none: then the primary has to be asked.
        """
        replica = self._choose()
        if replica is None:
            return None
        mark = await self._marks.do(None)
        if mark is None:
            return None
        try:
            connection = await _ready(replica.pool, mark, PATIENCE_S, limit_s)
        except (_Behind, DatabaseError, TimeoutError):
            self._rest(replica)
            return None
        try:
            answer = await call(connection)
        except DatabaseError:
            # A replica may have to break off a long read; or it is gone, and its pool finds out.
            replica.pool.give(connection)
            return None
        except BaseException:
            replica.pool.drop(connection)
            raise
        replica.pool.give(connection)
        return (answer,)

    def _choose(self) -> _Replica | None:
        """One that is in use, each in its turn."""
        self._turn += 1
        for number in range(len(self._replicas)):
            replica = self._replicas[(self._turn + number) % len(self._replicas)]
            if not replica.is_resting:
                return replica
        return None

    async def _ask(self, askers: Sequence[None]) -> list[_Mark | None]:
        """How far the primary is. None where it cannot be asked: it will say so itself."""
        connection = None
        try:
            connection = await self._primary.take()
            with translating():
                row = await connection.fetchrow(_MARK)
            mark = _Mark(row[0], row[1])
        except DatabaseError:
            mark = None
        finally:
            if connection is not None:
                self._primary.give(connection)
        return [mark] * len(askers)

    def _rest(self, replica: _Replica) -> None:
        if not replica.is_resting:
            replica.is_resting = True
            task = asyncio.get_running_loop().create_task(self._take_back(replica))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _take_back(self, replica: _Replica) -> None:
        """Use ``replica`` again once it is as far as the primary. Nobody waits for this."""
        while replica.is_resting:
            await asyncio.sleep(_REST_S)
            with suppress(_Behind, DatabaseError, TimeoutError):
                mark = await self._marks.do(None)
                if mark is not None:
                    replica.pool.give(await _ready(replica.pool, mark, _PROBE_S))
                    replica.is_resting = False

    async def close(self) -> None:
        """Let go of every connection."""
        tasks = list(self._tasks)
        for each in tasks:
            each.cancel()
        if tasks:
            await asyncio.wait(tasks)
        for replica in self._replicas:
            await replica.pool.close()


async def _ready(
    pool: Pool, mark: _Mark, patience_s: float, limit_s: float | None = None
) -> PooledConnection:
    """A connection that shows at least ``mark``.

    Raises ``_Behind``, ``Unavailable``, and ``TimeoutError`` when it is not within ``patience_s``.
    """
    connection = pool.take_idle(limit_s)
    if connection is None:
        async with asyncio.timeout(_CONNECT_S):
            connection = await pool.take(limit_s)
    if connection.history == mark.history and connection.replayed >= mark.position:
        return connection
    try:
        async with asyncio.timeout(patience_s):
            await _catch_up(connection, mark)
    except BaseException:
        # Perhaps broken off in the middle of a question.
        pool.drop(connection)
        raise
    return connection


async def _catch_up(connection: PooledConnection, mark: _Mark) -> None:
    """Answer once ``connection`` shows at least ``mark``. Raises ``_Behind``, ``Unavailable``."""
    try:
        if connection.history != mark.history:
            connection.history = await connection.fetchval(_HISTORY_OF)
            connection.replayed = 0
            if connection.history != mark.history:
                raise _Behind
        while connection.replayed < mark.position:
            replayed = await connection.fetchval(_REPLAYED)
            if replayed is None:
                raise _Behind
            connection.replayed = replayed
            if replayed < mark.position:
                await asyncio.sleep(_POLL_S)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        raise Unavailable(str(error)) from error
