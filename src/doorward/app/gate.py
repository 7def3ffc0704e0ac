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
_MOST: Final = 64
"""Connections that are accepted in one turn of the loop."""
_TURN_S: Final = 0.001
_PATIENT_TURNS: Final = 16
"""After so many turns in which nobody was left out, one more is taken in each."""
_PAUSE_S: Final = 0.2
_EXHAUSTED: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


class Gate:
    """Accepts connections at one listening socket, which other processes may share.

    Where they do, each takes one and leaves the next to the others for a moment, so that all come
    to have as many. While the line stays long, more are taken at a time.
    """

    def __init__(
        self,
        listening: socket.socket,
        make: Callable[[], asyncio.Protocol],
        traffic: Traffic,
        *,
        is_shared: bool,
    ) -> None:
        """Hand each connection to a protocol that ``make`` makes."""
        self._listening = listening
        self._make = make
        self._traffic = traffic
        self._is_shared = is_shared
        self._full_turns = 0
        self._loop = asyncio.get_running_loop()
        self._pause: asyncio.TimerHandle | None = None

    def open(self) -> None:
        """Begin to accept."""
        self._listening.settimeout(0)
        self._listening.listen(_BACKLOG)
        self._watch()

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

    def _watch(self) -> None:
        self._pause = None
        self._loop.add_reader(self._listening.fileno(), self._let_in)

    def _rest(self, seconds: float) -> None:
        self._loop.remove_reader(self._listening.fileno())
        self._pause = self._loop.call_later(seconds, self._watch)

    def _let_in(self) -> None:
        most = min(1 + self._full_turns // _PATIENT_TURNS, _MOST) if self._is_shared else _MOST
        taken = 0
        while taken < most and self._accept():
            taken += 1
        self._full_turns = self._full_turns + 1 if taken == most else 0
        if self._is_shared and self._pause is None:
            self._rest(_TURN_S)

    def _accept(self) -> bool:
        """Take one connection; whether there was one."""
        try:
            accepted, _ = self._listening.accept()
        except OSError as error:
            # Mostly another process was quicker.
            if error.errno in _EXHAUSTED and self._pause is None:
                log.warning("no connection can be accepted: %s", error)
                # Asking again at once would be all that we do.
                self._rest(_PAUSE_S)
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
