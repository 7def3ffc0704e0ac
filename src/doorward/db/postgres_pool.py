"""The connections of one process, and what becomes of those that do not answer.

Nothing here costs a statement more than a few assignments: one watch looks at all that is under
way. What takes too long is refused, without the server being told to stop: a commit that waits for
its standby would then be called done, and its rows be seen, although no other server has them. The
server's own end of such a connection is remembered, and no more is asked of it than it can bear.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any

from doorward.db.errors import DatabaseError, Overloaded, Unavailable
from doorward.db.postgres_connecting import PooledConnection
from doorward.db.postgres_errors import translating

__all__ = ["Pool"]

ANSWER_S = 8.0
"""How long a statement may take, and how long a caller waits for a connection."""
_WATCH_S = 0.5
_PAUSE_S = 0.1
"""After a connection could not be made, nobody tries for so long."""
_IDLE_S = 300.0
_CLOSE_S = 5.0
_QUEUE = 20_000
"""Callers that may wait for a connection at once."""


class Pool:
    """At most ``size`` connections, made when they are needed."""

    def __init__(self, connect: Callable[[], Awaitable[PooledConnection]], *, size: int) -> None:
        """Connections are made by ``connect``."""
        self._connect = connect
        self._size = size
        self._idle: list[PooledConnection] = []
        self._busy: set[PooledConnection] = set()
        self._opening = 0
        self._waiting: deque[tuple[float, asyncio.Future[PooledConnection | None]]] = deque()
        self._loop = asyncio.get_running_loop()
        self._refused_until = 0.0
        self._unwritable_until = 0.0
        self._refusal = ""
        self._is_closed = False
        self._all_back: asyncio.Future[None] | None = None
        self.owed: set[int] = set()
        """Backends that still work on what was given up."""
        self._watch = self._loop.call_later(_WATCH_S, self._look)

    @property
    def queue_length(self) -> int:
        """How many callers wait for a connection."""
        return len(self._waiting)

    def sizes(self) -> Mapping[str, int]:
        """How many connections there are, by what they do."""
        return {"used": len(self._busy), "idle": len(self._idle), "given_up": len(self.owed)}

    def verify_writable(self) -> None:
        """Raise ``Unavailable`` while too many commits were given up: reads shall go on."""
        if len(self.owed) >= max(1, self._size // 2):
            raise Unavailable("commits are not confirmed")
        if self._loop.time() < self._unwritable_until:
            raise Unavailable("the server takes no writes")

    async def take(self, limit_s: float | None = None) -> PooledConnection:
        """A connection for statements of at most ``limit_s`` seconds each; ``give`` it back.

        Raises ``Unavailable`` or ``Overloaded``.
        """
        return self._begin(self._ready() or await self._wait(), limit_s)

    def take_idle(self, limit_s: float | None = None) -> PooledConnection | None:
        """Like ``take``, where nobody has to wait for it."""
        connection = self._ready()
        return None if connection is None else self._begin(connection, limit_s)

    def _begin(self, connection: PooledConnection, limit_s: float | None) -> PooledConnection:
        connection.limit_s = limit_s or ANSWER_S
        connection.begun_at = self._loop.time()
        return connection

    def _ready(self) -> PooledConnection | None:
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                self._busy.add(connection)
                return connection
        return None

    async def _wait(self) -> PooledConnection:
        until = self._loop.time() + ANSWER_S
        while True:
            try:
                self._verify_open()
            except Unavailable:
                self._wake()  # what is refused here is refused to the next one too
                raise
            if len(self._busy) + self._opening < self._size:
                return await self._open()
            if len(self._waiting) >= _QUEUE:
                raise Overloaded("too many units of work are waiting")
            future: asyncio.Future[PooledConnection | None] = self._loop.create_future()
            self._waiting.append((until, future))
            try:
                handed = await future
            except asyncio.CancelledError:
                self._pass_on(future)
                raise
            if handed is not None:
                return handed
            if (ready := self._ready()) is not None:
                return ready

    def _pass_on(self, future: asyncio.Future[PooledConnection | None]) -> None:
        """Whoever went away while something was handed over lets the next have it."""
        if future.done() and not future.cancelled() and future.exception() is None:
            handed = future.result()
            if handed is None:
                self._wake()
            else:
                self.give(handed)

    def _verify_open(self) -> None:
        if self._is_closed:
            raise Unavailable("the database is closed")
        if self._loop.time() < self._refused_until:
            raise Unavailable(self._refusal)
        if len(self.owed) >= self._size:
            raise Unavailable("the server does not answer")

    async def _open(self) -> PooledConnection:
        self._opening += 1
        try:
            with translating():
                connection = await self._connect()
        except DatabaseError as error:
            # The next ones need not find out for themselves, all at the same moment.
            self._refused_until = self._loop.time() + _PAUSE_S
            self._refusal = str(error)
            raise
        finally:
            self._opening -= 1
            self._wake()
        if self._is_closed:
            connection.terminate()
            raise Unavailable("the database is closed")
        self._busy.add(connection)
        return connection

    def _wake(self) -> None:
        """There may be room for a connection: the next one finds out."""
        while self._waiting:
            _, future = self._waiting.popleft()
            if not future.done():
                future.set_result(None)
                return

    def give(self, connection: PooledConnection) -> None:
        """Take it back: the next who waits has it."""
        connection.begun_at = None
        if connection not in self._busy or not connection.is_at_rest():
            self.drop(connection)
            return
        while self._waiting:
            _, future = self._waiting.popleft()
            if not future.done():
                future.set_result(connection)
                return
        self._busy.discard(connection)
        connection.used_at = self._loop.time()
        self._idle.append(connection)
        self._count_back()

    def drop(self, connection: PooledConnection) -> None:
        """Let go of a connection in an unknown state."""
        connection.begun_at = None
        self._busy.discard(connection)
        if not connection.is_closed():
            connection.terminate()
        self._count_back()
        self._wake()

    def _count_back(self) -> None:
        if self._all_back is not None and not self._busy and not self._all_back.done():
            self._all_back.set_result(None)

    def renew(self) -> None:
        """Let go of every connection, also of those in use: they lead to what is gone."""
        self.owed.clear()
        self._refused_until = self._unwritable_until = 0.0
        idle, self._idle = self._idle, []
        for connection in (*idle, *self._busy):
            connection.terminate()
        self._busy.clear()
        self._wake()

    def leave(self, connection: PooledConnection) -> None:
        """Let go of a connection whose server takes no writes, and of the idle ones beside it."""
        self._unwritable_until = self._loop.time() + _PAUSE_S
        idle, self._idle = self._idle, []
        for each in idle:
            each.terminate()
        self.drop(connection)

    def _look(self) -> None:
        now = self._loop.time()
        self._watch = self._loop.call_later(_WATCH_S, self._look)
        for connection in list(self._busy):
            if connection.begun_at is not None and now - connection.begun_at > connection.limit_s:
                self._give_up(connection)
        while self._waiting and self._waiting[0][0] < now:
            _, future = self._waiting.popleft()
            if not future.done():
                future.set_exception(Unavailable("no connection came free in time"))
        while self._idle and (self._idle[0].is_closed() or now - self._idle[0].used_at > _IDLE_S):
            self._idle.pop(0).terminate()

    def _give_up(self, connection: PooledConnection) -> None:
        if not connection.is_closed():
            self.owed.add(connection.get_server_pid())
        # Whoever waits for its answer is told that the connection is lost.
        connection.terminate()

    def settle(self, asked: Iterable[int], alive: Iterable[int]) -> None:
        """Of the backends ``asked`` about only those ``alive`` still work; others are newer."""
        self.owed.difference_update(set(asked) - set(alive))

    async def close(self) -> None:
        """Wait a while for the units under way, then close every connection."""
        self._is_closed = True
        self._watch.cancel()
        if self._busy:
            self._all_back = self._loop.create_future()
            await asyncio.wait([self._all_back], timeout=_CLOSE_S)
        busy, self._busy = list(self._busy), set()
        for connection in busy:
            connection.terminate()
        while self._waiting:
            self._wake()
        await asyncio.gather(*(_close(each) for each in self._idle))
        self._idle.clear()

    def terminate(self) -> None:
        """Close at once."""
        self._is_closed = True
        self._watch.cancel()
        self.renew()


async def _close(connection: Any) -> None:
    with suppress(Exception):
        await connection.close(timeout=_CLOSE_S)
