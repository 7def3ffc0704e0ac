"""The worker that seals what was recorded, a few seconds after."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import Final

from doorward.audit.sealing import Sealer
from doorward.db import SECOND, Clock, DatabaseError

__all__ = ["SealingWorker"]

log = logging.getLogger("doorward")

_LOOK_EVERY_S: Final = 2.0
_RECENT_S: Final = 10
_WIDER_EVERY_S: Final = 60.0
_WIDER_S: Final = 180
_ALL_EVERY_S: Final = 3600.0
_STOP_S: Final = 5.0


class SealingWorker:
    """One task in each process that serves; between them every event is sealed once.

    Every two seconds it looks at what was recorded since it looked last and a little before, every
    minute further back, for what a slow unit kept late, and at everything at the start and every
    hour: however much there is, it is not looked at again and again.
    """

    def __init__(self, *, sealer: Sealer, clock: Clock) -> None:
        """Have ``sealer`` seal, by ``clock``."""
        self._sealer = sealer
        self._clock = clock
        self._done_to = clock()
        self._task: asyncio.Task[None] | None = None
        self._ending = asyncio.Event()

    def start(self) -> None:
        """Begin; call it once, inside the running loop."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        """End after the batch under way, and seal what this process has just recorded."""
        if self._task is None:
            return
        self._ending.set()
        await asyncio.wait([self._task], timeout=_STOP_S)
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        with suppress(DatabaseError, TimeoutError):
            async with asyncio.timeout(_STOP_S):
                await self.take_turn(_RECENT_S)

    async def take_turn(self, back_s: int) -> int:
        """Seal what was recorded since ``back_s`` seconds before the last turn; how many events."""
        now = self._clock()
        done = await self._sealer.seal_recent(self._done_to - back_s * SECOND)
        if not done:
            # Nothing was left over: the next turn begins here.
            self._done_to = now
        return done

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        all_at = wider_at = loop.time()
        while not self._ending.is_set():
            now, busy = loop.time(), 0
            try:
                if now >= all_at:
                    all_at = now + _ALL_EVERY_S
                    await self._sealer.seal_all()
                wider = now >= wider_at
                wider_at = now + _WIDER_EVERY_S if wider else wider_at
                busy = await self.take_turn(_WIDER_S if wider else _RECENT_S)
            except DatabaseError as error:
                log.warning("sealing the audit log waits: %s", error)
            except Exception:
                # One turn that goes wrong shall not end all that come after it.
                log.exception("a turn of sealing the audit log failed")
            if not busy:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._ending.wait(), _LOOK_EVERY_S)
