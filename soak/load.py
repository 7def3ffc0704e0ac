"""The load: operations become due at a rate, whether or not the server keeps up.

Latencies count from when an operation was due: a server that stalls does not hide what waited.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import TypeAlias, cast

from bench.load import Operation, Wrong
from bench.wire import Reader, Unreadable
from soak.windows import Answers

__all__ = ["Crew", "Draw", "Errand", "Overwhelmed"]

Errand: TypeAlias = tuple[str, Operation[object]]
"""The name of an operation, and one of them."""
Draw: TypeAlias = Callable[[], Errand]

_TICK_S = 0.001
_MOST_BEHIND = 20_000
_PATIENCE_S = 10.0


class Overwhelmed(Exception):
    """So much is due that the rate is not one that this server can serve."""


class _Line(asyncio.Protocol):
    """One kept connection, with the operation that it is busy with."""

    def __init__(self, crew: Crew) -> None:
        self._crew = crew
        self._reader = Reader()
        self._transport: asyncio.Transport
        self._running: Operation[object] | None = None
        self._name = ""
        self._due = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are of no asyncio class.
        self._transport = cast("asyncio.Transport", transport)
        self._crew.free(self)

    def take(self, name: str, due: int, operation: Operation[object]) -> None:
        """Begin an operation that was due at ``due`` (nanoseconds)."""
        self._name, self._due, self._running = name, due, operation
        self._transport.write(next(operation))

    def data_received(self, data: bytes) -> None:
        if self._running is None:
            self._transport.abort()
            return
        try:
            answer = self._reader.feed(data)
            if answer is None:
                return
            request = self._running.send(answer)
        except StopIteration:
            self._crew.answers.right(self._name, (time.perf_counter_ns() - self._due) // 1000)
            self._end()
        except Wrong as error:
            self._crew.answers.refuse(self._name, str(error))
            self._end()
        except (Unreadable, ValueError) as error:
            self._refuse(f"unreadable: {error}")
            self._transport.abort()
        else:
            self._transport.write(request)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._running is not None and not self._crew.closed:
            self._refuse(f"the server closed the connection ({exc})")
        self._crew.lost(self)

    def close(self) -> None:
        """Hang up."""
        self._transport.close()

    def _refuse(self, text: str) -> None:
        self._crew.answers.refuse(self._name, text)
        self._running = None

    def _end(self) -> None:
        self._running = None
        self._crew.free(self)


class Crew:
    """Some connections to one server, and what is due and has not begun."""

    def __init__(self, address: tuple[str, int], answers: Answers, chance: random.Random) -> None:
        """Load ``address``; what comes of it goes into ``answers``."""
        self.answers = answers
        self._address = address
        self._chance = chance
        self._idle: deque[_Line] = deque()
        self._lines: set[_Line] = set()
        self._due: deque[tuple[str, int, Operation[object]]] = deque()
        self._endless: Draw | None = None
        self.closed = False
        self._quiet = asyncio.Event()
        self._joining: set[asyncio.Task[None]] = set()

    @property
    def behind(self) -> int:
        """How many operations are due and have not begun."""
        return len(self._due)

    async def join(self, connections: int) -> None:
        """Open ``connections``."""
        for _ in range(connections):
            await self._open()

    async def saturate(self, draw: Draw, seconds: float) -> None:
        """Begin an operation whenever a connection is free, for some seconds."""
        self._endless = draw
        while self._idle:
            self.free(self._idle.popleft())
        await asyncio.sleep(seconds)
        self._endless = None

    async def keep(self, draw: Draw, rate: float, until: float) -> None:
        """Let operations become due at ``rate`` a second, by chance, until a monotonic time.

        Raises ``Overwhelmed``.
        """
        due = time.perf_counter()
        while due < until:
            now = time.perf_counter()
            while due <= now and due < until:
                self.arrive(draw(), int(due * 1e9))
                due += self._chance.expovariate(rate)
            if len(self._due) > _MOST_BEHIND:
                raise Overwhelmed(f"{len(self._due)} operations are due, and {rate:.0f}/s more")
            await asyncio.sleep(max(_TICK_S, min(due, until) - now))

    async def leave(self) -> None:
        """Let what is under way end, for some seconds at most; then hang up everywhere."""
        self._quiet.clear()
        if len(self._idle) < len(self._lines):
            with suppress(TimeoutError):
                await asyncio.wait_for(self._quiet.wait(), _PATIENCE_S)
        self.closed = True
        for each in list(self._lines):
            each.close()
        await asyncio.sleep(0)

    def free(self, line: _Line) -> None:
        """``line`` may take the next operation."""
        if self._due:
            line.take(*self._due.popleft())
        elif self._endless is not None:
            name, operation = self._endless()
            line.take(name, time.perf_counter_ns(), operation)
        else:
            self._idle.append(line)
            if len(self._idle) >= len(self._lines):
                self._quiet.set()

    def lost(self, line: _Line) -> None:
        """``line`` has ended: another takes its place."""
        self._lines.discard(line)
        if line in self._idle:
            self._idle.remove(line)
        if not self.closed:
            task = asyncio.get_running_loop().create_task(self._open())
            self._joining.add(task)
            task.add_done_callback(self._joining.discard)

    def arrive(self, errand: Errand, due: int) -> None:
        """Begin an operation that was due at ``due`` (nanoseconds), or let it wait for a line."""
        name, operation = errand
        if self._idle:
            # The one that has been idle for longest: none is left to grow cold.
            self._idle.popleft().take(name, due, operation)
        else:
            self._due.append((name, due, operation))

    async def _open(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            _, line = await loop.create_connection(lambda: _Line(self), *self._address)
        except OSError as error:
            self.answers.refuse("connecting", str(error))
            return
        self._lines.add(line)
