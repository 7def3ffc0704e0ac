"""A worker's way to the process that looks after it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from doorward.workers.model import Seat, Word

__all__ = ["Parent"]

_BEAT_S: Final = 5.0


class Parent:
    """The other end: it hears that this worker lives, and says when to end."""

    def __init__(self, seat: Seat) -> None:
        """Speak for the worker in ``seat``; call it once, inside the running loop."""
        self._channel = socket.socket(fileno=seat.channel)
        self._channel.settimeout(0)
        self._channel.set_inheritable(False)
        self._tasks: list[asyncio.Task[None]] = []

    def ready(self) -> None:
        """It serves."""
        self._say(Word.READY)
        self._tasks.append(asyncio.get_running_loop().create_task(self._beat()))

    def listen(self, *, replaced: Callable[[], None], end: Callable[[bool], None]) -> None:
        """Call ``replaced`` or ``end`` when it says so; ``end`` also when it is gone.

        ``end`` is given whether to be quick.
        """

        async def hear() -> None:
            loop = asyncio.get_running_loop()
            while True:
                try:
                    heard = await loop.sock_recv(self._channel, 1)
                except OSError:
                    heard = b""
                if heard == Word.REPLACED.value:
                    replaced()
                else:
                    end(heard == Word.QUICK.value)
                if not heard:
                    return

        self._tasks.append(asyncio.get_running_loop().create_task(hear()))

    async def close(self) -> None:
        """Say nothing more."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        self._channel.close()

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(_BEAT_S)
            self._say(Word.ALIVE)

    def _say(self, word: Word) -> None:
        # Whoever is gone needs not to know; ``listen`` finds out.
        with suppress(OSError):
            self._channel.send(word.value)
