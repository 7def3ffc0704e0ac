"""Looking after the workers: started, started again, replaced one by one, ended."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import tempfile
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Final

from doorward.workers.model import Plan, Word
from doorward.workers.worker import Worker, start_worker

__all__ = ["Supervisor", "supervise"]

log = logging.getLogger("doorward")

_BACKLOG: Final = 2048
_START_S: Final = 120.0
"""How long a worker may take to be ready; on a busy machine that is long."""
_STEADY_S: Final = 10.0
"""Whoever served for so long did not fail at its start."""
_TRIES: Final = 6
_FIRST_PAUSE_S: Final = 0.1
_LONGEST_PAUSE_S: Final = 10.0
_FAILED: Final = 1


def supervise(plan: Plan, listening: socket.socket, reread: Callable[[], Plan]) -> int:
    """Have workers serve at ``listening`` until SIGINT or SIGTERM; the exit status.

    SIGHUP has ``reread`` say what is to be started from now on, and replaces every worker by a
    new one, which serves before the old one ends. A plan that cannot be read raises
    ``ValueError``: then nothing is replaced.
    """
    listening.listen(_BACKLOG)
    with tempfile.TemporaryDirectory(prefix="doorward-") as folder:
        return asyncio.run(_look_after(plan, listening, reread, Path(folder)))


async def _look_after(
    plan: Plan, listening: socket.socket, reread: Callable[[], Plan], folder: Path
) -> int:
    return await Supervisor(plan, listening, reread, folder).run()


class Supervisor:
    """The workers of one server."""

    def __init__(
        self, plan: Plan, listening: socket.socket, reread: Callable[[], Plan], folder: Path
    ) -> None:
        """Start what ``plan`` says; ``folder`` is theirs, for the time that they live."""
        self._plan = plan
        self._listening = listening
        self._reread = reread
        self._folder = folder
        self._serving: dict[int, Worker] = {}
        """Who has each number now; whoever is replaced has none any more."""
        self._alive: set[Worker] = set()
        self._ended = asyncio.Event()
        self._is_ending = False
        self._status = 0
        self._failures = 0
        self._was_ready = False
        self._replacing: asyncio.Task[None] | None = None
        self._once_more = False
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> int:
        """Until the last worker has ended; the exit status. Call it in the main thread."""
        loop = asyncio.get_running_loop()
        signals: dict[int, Callable[[], None]] = {
            signal.SIGTERM: lambda: self._end(quick=False),
            signal.SIGINT: lambda: self._end(quick=True),
            signal.SIGHUP: self._replace,
        }
        for number, answer in signals.items():
            loop.add_signal_handler(number, answer)
        try:
            for number in range(self._plan.workers):
                self._spawn(self._fill(number))
            await self._ended.wait()
        finally:
            for number in signals:
                loop.remove_signal_handler(number)
            for task in self._tasks:
                task.cancel()
        return self._status

    # One worker.

    async def _fill(self, number: int) -> None:
        """Have a worker at ``number``."""
        worker = await self._start(number)
        self._serving[number] = worker
        if await worker.becomes_ready(_START_S):
            self._was_ready = True

    async def _start(self, number: int) -> Worker:
        worker = await start_worker(self._plan.command, number, self._listening, self._folder)
        self._alive.add(worker)
        self._spawn(self._watch(worker))
        if self._is_ending:
            worker.terminate()
        return worker

    async def _watch(self, worker: Worker) -> None:
        """Wait for its end; start another where it was not meant to end."""
        status = await worker.wait()
        self._alive.discard(worker)
        if self._is_ending:
            if not self._alive:
                self._ended.set()
        elif self._serving.get(worker.number) is worker:
            del self._serving[worker.number]
            await self._fill_again(worker, status)

    async def _fill_again(self, dead: Worker, status: int) -> None:
        self._failures = 0 if dead.lived_s > _STEADY_S else self._failures + 1
        nobody = not any(each.ready_at is not None for each in self._serving.values())
        if not self._was_ready or (nobody and self._failures >= _TRIES):
            log.critical("worker %d ended with status %d: nothing can be served", dead.pid, status)
            self._status = status if status > 0 else _FAILED
            self._end(quick=True)
            return
        pause = min(_FIRST_PAUSE_S * 2**self._failures, _LONGEST_PAUSE_S)
        log.error(
            "worker %d ended with status %d; another starts in %.1f s", dead.pid, status, pause
        )
        await asyncio.sleep(pause)
        if not self._is_ending and dead.number not in self._serving:
            await self._fill(dead.number)

    # All of them.

    def _replace(self) -> None:
        """SIGHUP: as soon as the replacing that is under way is done."""
        if self._is_ending:
            return
        if self._replacing is not None and not self._replacing.done():
            self._once_more = True
            return
        self._replacing = self._spawn(self._replace_all())

    async def _replace_all(self) -> None:
        self._once_more = True
        while self._once_more and not self._is_ending:
            self._once_more = False
            try:
                self._plan = self._reread()
            except ValueError as error:
                log.error("nothing is replaced: %s", error)  # noqa: TRY400 - it says what is wrong
                continue
            if await self._replace_each():
                log.info("%d workers serve, all of them new", self._plan.workers)

    async def _replace_each(self) -> bool:
        """One after the other, so that the machine has to start only one at a time."""
        for number in range(self._plan.workers):
            new = await self._start(number)
            if not await new.becomes_ready(_START_S):
                if not self._is_ending:
                    log.error("a new worker did not become ready: the old ones go on")
                return False
            old, self._serving[number] = self._serving.get(number), new
            if old is not None:
                self._spawn(self._retire(old))
        for number in [each for each in self._serving if each >= self._plan.workers]:
            self._spawn(self._retire(self._serving.pop(number)))
        return True

    async def _retire(self, old: Worker) -> None:
        old.say(Word.REPLACED)
        await asyncio.sleep(self._plan.ending_s)
        if old in self._alive:
            log.warning("worker %d took too long to end: it is killed", old.pid)
            old.kill()

    def _end(self, *, quick: bool) -> None:
        """Have everybody end; who asks a second time will not wait."""
        if self._is_ending:
            for each in self._alive:
                each.kill()
            return
        self._is_ending = True
        for each in self._alive:
            if quick:
                each.say(Word.QUICK)
            else:
                each.terminate()
        if not self._alive:
            self._ended.set()
        self._spawn(self._insist())

    async def _insist(self) -> None:
        await asyncio.sleep(self._plan.ending_s)
        for each in self._alive:
            log.warning("worker %d took too long to end: it is killed", each.pid)
            each.kill()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        # A loop holds its tasks weakly.
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
