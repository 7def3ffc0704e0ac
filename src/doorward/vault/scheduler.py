"""What keeps connections good while nobody asks: renewals in time, and what waits to be done."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Final, TypeAlias

from doorward.db import DatabaseError
from doorward.vault.model import Connection
from doorward.vault.renewal import Renewal
from doorward.vault.spills import Spills
from doorward.vault.uses import Uses

__all__ = ["Chore", "VaultWorker"]

log = logging.getLogger("doorward")

_LOOK_EVERY_S: Final = 2.0
_AT_ONCE: Final = 24
_AT_A_TIME: Final = 20
_STOP_S: Final = 35.0

Chore: TypeAlias = Callable[[int], Awaitable[int]]
"""Does up to so much of what waits, and answers how much it did."""


class VaultWorker:
    """One task in each process that serves; between them every connection is renewed in time."""

    def __init__(
        self,
        *,
        renewal: Renewal,
        chores: Sequence[Chore],
        spills: Spills,
        uses: Uses,
        closing: Callable[[], Awaitable[None]],
        at_once: int = _AT_ONCE,
    ) -> None:
        """Renew ``at_once`` connections side by side; ``closing`` is awaited at the end.

        ``chores`` are what is done now and then, a little at a time.
        """
        self._renewal = renewal
        self._chores = tuple(chores)
        self._spills = spills
        self._uses = uses
        self._closing = closing
        self._at_once = at_once
        self._running: set[asyncio.Task[None]] = set()
        self._task: asyncio.Task[None] | None = None
        self._ending = asyncio.Event()

    def start(self) -> None:
        """Begin; call it once, inside the running loop."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        """End once what is under way is written down: no answer of a platform is lost."""
        if self._task is None:
            return
        self._ending.set()
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        if self._running:
            await asyncio.wait(self._running, timeout=_STOP_S)
        await self._closing()
        with suppress(DatabaseError):
            await self._uses.flush()

    async def take_turn(self) -> int:
        """Renew what is due, as many as there are hands free; how many were begun."""
        free = self._at_once - len(self._running)
        if free <= self._at_once // 2:
            await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)
            return 1
        rows = await self._renewal.claim_due(free)
        for row in rows:
            task = asyncio.get_running_loop().create_task(self._renew(row))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        return len(rows)

    async def drain(self) -> None:
        """Wait for what was begun."""
        while self._running:
            await asyncio.wait(self._running)

    async def look_after(self) -> int:
        """Write what waits to be written, and do a part of each chore; how much was done."""
        done = await self._spills.recover()
        for chore in self._chores:
            done += await chore(_AT_A_TIME)
        return done + await self._uses.flush()

    async def _renew(self, row: Connection) -> None:
        try:
            await self._renewal.renew(row)
        except DatabaseError as error:
            log.warning("connection %d waits: %s", row.connection_id, error)
        except Exception:
            log.exception("connection %d was not renewed", row.connection_id)

    async def _run(self) -> None:
        # First of all, what a process that died could not write.
        await self._try(self._spills.recover)
        looked_at = 0.0
        loop = asyncio.get_running_loop()
        while not self._ending.is_set():
            busy = await self._try(self.take_turn)
            if loop.time() - looked_at >= _LOOK_EVERY_S:
                looked_at = loop.time()
                await self._try(self.look_after)
            if not busy:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._ending.wait(), _LOOK_EVERY_S)

    async def _try(self, work: Callable[[], Awaitable[int]]) -> int:
        try:
            return await work()
        except DatabaseError as error:
            log.warning("the vault waits: %s", error)
        except Exception:
            # One turn that goes wrong shall not end all that come after it.
            log.exception("a turn of the vault failed")
        return 0
