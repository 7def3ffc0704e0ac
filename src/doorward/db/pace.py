"""How much work one short transaction does, and how long others are let through after it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

from doorward.db.database import Database, Transaction
from doorward.db.statements import Statement

__all__ = ["Pace", "run_in_batches"]

_WORK_S: Final = 0.002
"""How long the statements of a batch may run on SQLite: meanwhile nothing else happens."""
_LOCK_S: Final = 0.010
"""How long it may take until they are durable: half of the 20 ms of any lock."""
_ROOM: Final = 0.6
"""Of what it may take: a batch that took less may be followed by one of twice as many rows."""
_SMALLEST: Final = 128
"""Fewer rows than this take about as long: a commit is what costs then."""
_LARGEST: Final = 2048
_STEEPEST: Final = 4
"""By what the size is divided at most: one batch may have been unlucky."""
_RESTS: Final = 4
"""Others are alone for so many times as long as statements ran, and as long as a commit took."""
_LONGEST_REST_S: Final = 0.25


class Pace:
    """Sizes batches by how long the last ones took.

    What slows them down is whatever slows everybody down, a disk or a busy machine: then they
    become smaller and rarer by themselves.
    """

    __slots__ = ("_rest_s", "_smallest", "_timer", "size")

    def __init__(
        self, *, smallest: int = _SMALLEST, timer: Callable[[], float] = time.perf_counter
    ) -> None:
        """Begin with the ``smallest``, fewer where rows are large, by ``timer`` (seconds)."""
        self.size = smallest
        """How many rows the next batch has."""
        self._smallest = smallest
        self._timer = timer
        self._rest_s = 0.0

    async def run(self, db: Database, work: Callable[[Transaction], Awaitable[int]]) -> int:
        """Run ``work``, a unit that answers how many of ``size`` rows it did, and learn from it."""
        began = worked_s = 0.0

        async def timed(tx: Transaction) -> int:
            nonlocal began, worked_s
            began = self._timer()
            done = await work(tx)
            worked_s = self._timer() - began
            return done

        done = await db.unit(timed)
        took_s = self._timer() - began
        self._rest_s = worked_s * _RESTS + took_s - worked_s
        share = took_s / _LOCK_S
        self._learn(done, share if db.is_far else max(share, worked_s / _WORK_S))
        return done

    def _learn(self, done: int, share: float) -> None:
        """``share`` is how much of the time that a batch may take this one took."""
        if share > 1:
            self.size = max(self._smallest, int(self.size / min(share, _STEEPEST)))
        elif done >= self.size and share < _ROOM:
            self.size = min(_LARGEST, self.size * 2)

    async def rest(self, looked_s: float = 0.0) -> None:
        """Let others through, after the last batch and ``looked_s`` of looking for the next."""
        await asyncio.sleep(min(self._rest_s + looked_s * _RESTS, _LONGEST_REST_S))
        self._rest_s = 0.0


async def run_in_batches(
    db: Database, statement: Statement, /, *, smallest: int = _SMALLEST, **params: Any
) -> int:
    """Run ``statement``, which changes up to ``:batch`` rows, until none is left; how many."""
    pace, done = Pace(smallest=smallest), 0
    while True:
        size = pace.size
        changed = await pace.run(db, lambda tx: tx.run(statement, **params, batch=pace.size))
        done += changed
        if changed < size:
            return done
        await pace.rest()
