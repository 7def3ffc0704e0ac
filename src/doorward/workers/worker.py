"""One worker as the process that looks after it sees it."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from doorward.workers.model import Seat, Word

__all__ = ["Worker", "start_worker"]

log = logging.getLogger("doorward")

_SILENT_S: Final = 60.0
"""A loop that does not turn for so long will not again."""


class Worker:
    """A process and the way to it."""

    def __init__(
        self, number: int, process: asyncio.subprocess.Process, channel: socket.socket
    ) -> None:
        """Hear what ``process`` says on ``channel``. Made by ``start_worker``."""
        self.number = number
        self.ready_at: float | None = None
        self._process = process
        self._channel = channel
        self._ready = asyncio.Event()
        self._hearing = asyncio.get_running_loop().create_task(self._hear())

    @property
    def pid(self) -> int:
        """The number of its process."""
        return self._process.pid

    @property
    def lived_s(self) -> float:
        """How long it has served."""
        return 0.0 if self.ready_at is None else time.monotonic() - self.ready_at

    async def becomes_ready(self, patience_s: float) -> bool:
        """Whether it serves, once it does or has ended; one that takes too long is killed."""
        try:
            async with asyncio.timeout(patience_s):
                await self._ready.wait()
        except TimeoutError:
            log.warning("worker %d was not ready in time: it is killed", self.pid)
            self.kill()
        return self.ready_at is not None

    async def wait(self) -> int:
        """Its exit status, once it has ended; negative is the signal that killed it."""
        status = await self._process.wait()
        await self._hearing
        self._channel.close()
        return status

    def say(self, word: Word) -> None:
        """Tell it something."""
        # It may have ended, or not have listened for so long that nothing more fits.
        with suppress(OSError):
            self._channel.send(word.value)

    def terminate(self) -> None:
        """Ask it to end."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: int) -> None:
        # The process's own way asks first whether it has ended, and takes its status from ``wait``.
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    async def _hear(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                async with asyncio.timeout(None if self.ready_at is None else _SILENT_S):
                    heard = await loop.sock_recv(self._channel, 64)
            except TimeoutError:
                log.warning(
                    "worker %d has said nothing for %d s: it is killed", self.pid, _SILENT_S
                )
                self.kill()
                return
            except OSError:
                heard = b""
            if Word.READY.value in heard:
                self.ready_at = time.monotonic()
            if Word.READY.value in heard or not heard:
                self._ready.set()
            if not heard:
                return


async def start_worker(
    command: Sequence[str], number: int, listening: socket.socket, folder: Path
) -> Worker:
    """Start ``command`` as a process of its own, which inherits ``listening``.

    It is a fresh one: nothing of this process, neither a thread nor an open database, is in it.
    """
    ours, theirs = socket.socketpair()
    ours.settimeout(0)
    seat = Seat(listening.fileno(), theirs.fileno(), number, folder)
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            str(seat),
            stdin=asyncio.subprocess.DEVNULL,
            pass_fds=(seat.listening, seat.channel),
            # What a terminal sends to all, it sends to the one that looks after them.
            start_new_session=True,
        )
    except BaseException:
        ours.close()
        raise
    finally:
        theirs.close()
    return Worker(number, process, ours)
