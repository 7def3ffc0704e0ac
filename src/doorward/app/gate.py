"""Where connections come in."""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
from collections.abc import Callable
from typing import Final

from doorward.app.traffic import Traffic

__all__ = ["Gate"]

log = logging.getLogger("doorward")

_BACKLOG: Final = 2048
_PAUSE_S: Final = 0.2
_EXHAUSTED: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


class Gate:
    """Accepts connections at one listening socket, which other processes may share.

    It takes one in each turn of the loop: a process that is busy leaves the next to the others.
    """

    def __init__(
        self, listening: socket.socket, make: Callable[[], asyncio.Protocol], traffic: Traffic
    ) -> None:
        """Hand each connection to a protocol that ``make`` makes."""
        self._listening = listening
        self._make = make
        self._traffic = traffic
        self._loop = asyncio.get_running_loop()
        self._pause: asyncio.TimerHandle | None = None

    def open(self) -> None:
        """Begin to accept."""
        self._listening.settimeout(0)
        self._listening.listen(_BACKLOG)
        self._loop.add_reader(self._listening.fileno(), self._accept)

    async def close(self, *, empty: bool) -> None:
        """Accept no more; ``empty`` first takes in whoever stands before the gate already.

        Where another process goes on accepting, they are left to that one.
        """
        if self._pause is not None:
            self._pause.cancel()
        self._loop.remove_reader(self._listening.fileno())
        while empty and self._accept():
            pass
        self._listening.close()

    def _accept(self) -> bool:
        """Take one connection; whether there was one."""
        try:
            accepted, _ = self._listening.accept()
        except OSError as error:
            # Mostly another process was quicker.
            if error.errno in _EXHAUSTED:
                self._wait(error)
            return False
        accepted.settimeout(0)
        task = self._loop.create_task(self._hand_over(accepted))
        self._traffic.arriving.add(task)
        task.add_done_callback(self._traffic.arriving.discard)
        return True

    async def _hand_over(self, accepted: socket.socket) -> None:
        try:
            await self._loop.connect_accepted_socket(self._make, accepted)
        except OSError:
            # It was closed by its client in this moment.
            accepted.close()

    def _wait(self, error: OSError) -> None:
        """Where the system gives no more, asking again at once would be all that we do."""
        log.warning("no connection can be accepted: %s", error)
        self._loop.remove_reader(self._listening.fileno())
        self._pause = self._loop.call_later(
            _PAUSE_S, self._loop.add_reader, self._listening.fileno(), self._accept
        )
