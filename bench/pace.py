"""The load at a fixed rate: requests begin when they are due, whether or not the server keeps up.

A latency counts from the moment when its operation was due. So a server that stands still is
charged for every request that would have come meanwhile, and not for one alone.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, cast

from bench.load import Lane, Operation, Round, Wrong
from bench.wire import Reader, Unreadable

__all__ = ["Arrivals", "Desk", "Worker", "run_paced"]

_TICK_S = 0.001
"""How often it is looked what is due; between, every answer is an occasion too."""
_STUCK_S = 30.0


class Arrivals:
    """When operations are due, ``rate`` a second from ``began`` on until ``ended``. Nanoseconds.

    Those from ``opened`` on count.
    """

    def __init__(self, rate: float, began: int, opened: int, ended: int) -> None:
        """Nothing is due before ``began``."""
        self._step = 1e9 / rate
        self._began = began
        self._opened = opened
        self._ended = ended
        self._number = 0

    def due(self, now: int) -> Iterator[int]:
        """Each moment that has come by ``now`` and was not told before."""
        while (at := self._began + int(self._number * self._step)) <= min(now, self._ended - 1):
            self._number += 1
            yield at

    def counts(self, due: int) -> bool:
        """Whether what was due then is part of the figures."""
        return due >= self._opened

    def are_over(self, now: int) -> bool:
        """Whether nothing more will be due."""
        return now >= self._ended


class Worker(Protocol):
    """Whoever performs an operation, and tells the desk when it has ended."""

    def begin(self, due: int) -> None:
        """Begin one that was due at ``due``."""


class Desk:
    """Gives what is due to connections that are free, the oldest first."""

    def __init__(self, arrivals: Arrivals) -> None:
        """Nobody is free yet."""
        self.round = Round()
        self.emptied = asyncio.get_running_loop().create_future()
        self._arrivals = arrivals
        self._free: deque[Worker] = deque()
        self._waiting: deque[int] = deque()
        self._busy = 0

    def join(self, connection: Worker) -> None:
        """One more is free."""
        self._free.append(connection)

    def look(self) -> None:
        """Begin all that is due and finds a connection."""
        now = time.perf_counter_ns()
        self._waiting.extend(self._arrivals.due(now))
        while self._waiting and self._free:
            self._busy += 1
            self._free.popleft().begin(self._waiting.popleft())
        is_over = self._arrivals.are_over(now) and not self._busy
        if (is_over and not self._waiting) and not self.emptied.done():
            self.emptied.set_result(None)

    def done(self, connection: Worker, due: int, wrong: str | None) -> None:
        """An operation that was due at ``due`` has ended."""
        self._busy -= 1
        self._free.append(connection)
        if wrong is not None:
            self.round.refuse(wrong)
        else:
            self.round.finished += 1
            if self._arrivals.counts(due):
                self.round.latencies.append(time.perf_counter_ns() - due)
        self.look()

    def lost(self, why: str) -> None:
        """A connection is gone, with what it was doing."""
        self.round.refuse(why)
        if not self.emptied.done():
            self.emptied.set_result(None)


class _Connection(asyncio.Protocol):
    """One kept connection, which does nothing until it is told."""

    def __init__(self, desk: Desk, operations: Lane) -> None:
        self._desk = desk
        self._operations = operations
        self._reader = Reader()
        self._write: Callable[[bytes], None]
        self._running: Operation[object]
        self._due = 0
        self.transport: asyncio.Transport
        self.closed = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are of no asyncio class.
        self.transport = cast("asyncio.Transport", transport)
        self._write = self.transport.write
        self._desk.join(self)

    def begin(self, due: int) -> None:
        """Send the first request of an operation that was due at ``due``."""
        self._due = due
        self._running = self._operations()
        self._write(next(self._running))

    def data_received(self, data: bytes) -> None:
        try:
            answer = self._reader.feed(data)
            if answer is None:
                return
            request = self._running.send(answer)
        except StopIteration:
            self._desk.done(self, self._due, None)
        except Wrong as error:
            self._desk.done(self, self._due, str(error))
        except (Unreadable, ValueError) as error:
            self._desk.lost(f"unreadable: {error}")
        else:
            self._write(request)

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed.set_result(None)
        if not self._desk.emptied.done():
            self._desk.lost(f"the server closed the connection ({exc})")


async def run_paced(
    addresses: Sequence[tuple[str, int]],
    lanes: Sequence[Lane],
    *,
    rate: float,
    warm_up_s: float,
    seconds: float,
) -> Round:
    """Load the servers at ``addresses`` with ``rate`` operations a second, and measure.

    There is one connection for each lane, in turn to each address. Operations that are due after
    ``warm_up_s``, within ``seconds``, count, however late they end.
    """
    loop = asyncio.get_running_loop()
    began = time.perf_counter_ns() + 50_000_000
    opened = began + int(warm_up_s * 1e9)
    arrivals = Arrivals(rate, began, opened, opened + int(seconds * 1e9))
    desk = Desk(arrivals)
    connections = []
    gc.collect()
    gc.disable()
    try:
        for lane, address in zip(lanes, itertools.cycle(addresses), strict=False):
            _, connection = await loop.create_connection(
                lambda lane=lane: _Connection(desk, lane),  # type: ignore[misc]
                *address,
            )
            connections.append(connection)
        await _keep_pace(desk, arrivals)
    finally:
        gc.enable()
        if not desk.emptied.done():
            desk.emptied.cancel()
        for connection in connections:
            connection.transport.abort()
            await connection.closed
    desk.round.seconds = seconds
    return desk.round


async def _keep_pace(desk: Desk, arrivals: Arrivals) -> None:
    """Look again and again until all that was due has been answered."""
    began, worked = time.perf_counter(), time.process_time()
    while not arrivals.are_over(time.perf_counter_ns()) and not desk.emptied.done():
        desk.look()
        await asyncio.sleep(_TICK_S)
    desk.round.generator_busy = (time.process_time() - worked) / (time.perf_counter() - began)
    desk.look()
    _, late = await asyncio.wait([desk.emptied], timeout=_STUCK_S)
    if late:
        desk.round.refuse("answers did not come")
