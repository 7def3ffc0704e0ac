"""The channel on which processes tell each other what changed, and by which each knows its server.

It is one connection that is always open. While it answers, the server is there; when it is lost,
it is made again, wherever the primary is by then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from doorward.db.errors import Unavailable
from doorward.db.postgres_connecting import PooledConnection
from doorward.db.postgres_errors import translating
from doorward.db.postgres_pool import Pool

__all__ = ["Channel"]

_NAME = "doorward_caches"
_HEARTBEAT_S = 2.0
"""How long a channel that died without a word may go unnoticed, and the server with it."""
_ANSWER_S = 2.0
_FIRST_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 1.0
_CLOSE_S = 5.0
_STARTED = "SELECT pg_postmaster_start_time()::text || pg_is_in_recovery()::text"
_ALIVE = "SELECT pid FROM pg_stat_activity WHERE pid = ANY($1::int[]) AND state <> 'idle'"


class Channel:
    """Counts the changes that other processes announced, and notices another server."""

    def __init__(
        self,
        connect: Callable[[], Awaitable[PooledConnection]],
        *,
        process: str,
        pool: Pool,
    ) -> None:
        """Connect by ``connect``. What ``process`` announces is not counted.

        The connections of ``pool`` are renewed whenever the channel leads to another server.
        """
        self.listener: Any = None
        self.version = 1
        self._connect = connect
        self._process = process
        self._pool = pool
        self._started = ""
        self._dropped = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None

    @property
    def is_open(self) -> bool:
        """Whether changes are heard of; else they have to be asked for."""
        return self.listener is not None and not self.listener.is_closed()

    async def listen(self) -> None:
        """Open the channel. Raises ``Unavailable``."""
        with translating():
            listener = await self._connect()
            try:
                async with asyncio.timeout(2 * _ANSWER_S):
                    started = await listener.fetchval(_STARTED)
                    await listener.add_listener(_NAME, self._announced)
            except BaseException:
                listener.terminate()
                raise
        listener.add_termination_listener(self._lost)
        if listener.is_closed():
            raise Unavailable("the channel was lost as soon as it was open")
        # What was cached while nobody listened is dropped before the channel is trusted again.
        self.version += 1
        self.listener = listener
        if started != self._started:
            if self._started:
                self._pool.renew()
            self._started = started
        if self._keeper is None:
            self._keeper = asyncio.get_running_loop().create_task(self._keep())

    def _announced(self, _connection: object, _pid: int, _channel: str, process: str) -> None:
        # What this process changed itself, it knew at once.
        if process != self._process:
            self.version += 1

    def _lost(self, *_: object) -> None:
        self._dropped.set()

    async def _keep(self) -> None:
        while True:
            # ``wait_for`` may forget that it was cancelled while its time was up (before 3.12), and
            # whoever closes the database would wait for this task forever.
            with suppress(TimeoutError):
                async with asyncio.timeout(_HEARTBEAT_S):
                    await self._dropped.wait()
            self._dropped.clear()
            if self.is_open:
                await self._beat()
            if not self.is_open:
                await self._listen_again()

    async def _beat(self) -> None:
        try:
            async with asyncio.timeout(_ANSWER_S):
                asked = list(self._pool.owed)
                rows = await self.listener.fetch(_ALIVE, asked)
                self._pool.settle(asked, (row[0] for row in rows))
        except Exception:  # noqa: BLE001 - whatever it is, the channel does not answer
            self.listener.terminate()

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

    async def close(self) -> None:
        """Let go of it."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.wait([self._keeper])
        if self.listener is not None:
            # A heartbeat that was broken off may leave a server's word to be waited for in vain.
            # When its time is up the connection is cut.
            with suppress(Exception):
                await self.listener.close(timeout=_CLOSE_S)
