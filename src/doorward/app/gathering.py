"""Rest between the turns of the loop where very many requests come one by one.

A turn costs about as much as a third of a request: the system wakes the process, the state of the
caches is looked at, a group is made durable or sent to the database. Whoever answers every request
in a turn of its own is as busy at seven tenths of its peak as others are at nine. So where the rate
is high and turns are small, the loop sleeps for a moment after each: what comes meanwhile shares
the next one. Network cards do the same with their interrupts.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final

__all__ = ["Gathering"]

_RATE: Final = 4000.0
"""Requests a second from which on it is worth it: then several come within ``_REST_S``."""
_ENOUGH: Final = 6
"""A turn with so many requests was not small."""
_MANY: Final = 20
"""With so many requests under way the turns to come are large by themselves."""
_REST_S: Final = 0.0003


class Gathering:
    """Counts the requests of each turn, and rests after those that were small."""

    __slots__ = ("_in_turn", "_seen", "_since", "_sleep", "is_on")

    def __init__(self, now: float, *, sleep: Callable[[float], None] = time.sleep) -> None:
        """Nothing came before ``now``, in seconds. ``sleep`` holds the whole thread up."""
        self.is_on = False
        """Whether so many requests come that ``add`` has to be told of each."""
        self._in_turn = 0
        self._seen = 0
        self._since = now
        self._sleep = sleep

    def look(self, total: int, now: float) -> None:
        """Decide by how many requests came since the last look; ``total`` counts all so far."""
        elapsed = now - self._since
        if elapsed > 0:
            self.is_on = (total - self._seen) / elapsed >= _RATE
            self._seen, self._since = total, now

    def add(self, loop: asyncio.AbstractEventLoop, under_way: int) -> None:
        """A request came in this turn of ``loop``, which makes ``under_way`` without an answer.

        To be called before its task is made.
        """
        if under_way >= _MANY:
            return
        self._in_turn += 1
        if self._in_turn == 1:
            loop.call_soon(self._follow, loop)

    def _follow(self, loop: asyncio.AbstractEventLoop) -> None:
        # Behind the first steps of all tasks of this turn: what can be answered at once has been.
        loop.call_soon(self._end_turn)

    def _end_turn(self) -> None:
        came, self._in_turn = self._in_turn, 0
        if came < _ENOUGH and self.is_on:
            self._sleep(_REST_S)
