"""The load: a fixed number of connections, each doing one operation after the other."""

from __future__ import annotations

import asyncio
import gc
import itertools
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar, cast

from bench.wire import Answer, Reader, Unreadable

__all__ = ["Lane", "Operation", "Round", "Wrong", "run_round", "run_script"]

T = TypeVar("T")

Operation: TypeAlias = Generator[bytes, Answer, T]
"""One operation: yields each request, receives its answer, raises ``Wrong`` when it is not right.

It returns only when every answer was right: then, and only then, the operation is counted.
"""
Lane: TypeAlias = Callable[[], Operation[object]]
"""Makes the operations of one connection, one after the other."""

_KEPT_TEXTS = 5
_STUCK_S = 30.0


class Wrong(Exception):
    """An answer was not the right one; the text says what was expected and what came."""


@dataclass
class Round:
    """What one round measured. Times are in nanoseconds."""

    seconds: float = 0.0
    latencies: list[int] = field(default_factory=list)
    finished: int = 0
    """Right operations in all, those of the warm-up included."""
    failures: int = 0
    wrong: list[str] = field(default_factory=list)
    generator_busy: float = 0.0
    """Share of the time that the load generator itself was working: near 1 it is the limit."""

    @property
    def per_second(self) -> float:
        """Right operations per second."""
        return len(self.latencies) / self.seconds if self.seconds else 0.0

    def refuse(self, text: str) -> None:
        """Count one failure, and keep the first few reasons."""
        self.failures += 1
        if len(self.wrong) < _KEPT_TEXTS and text not in self.wrong:
            self.wrong.append(text)


class _Window:
    """When operations count: shared by every connection of a round."""

    __slots__ = ("closed", "opened", "round")

    def __init__(self) -> None:
        self.round = Round()
        self.opened = False
        self.closed = False


class _Connection(asyncio.Protocol):
    """One kept connection. The next request leaves as soon as the last answer is whole."""

    def __init__(self, window: _Window, operations: Lane) -> None:
        self.finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._window = window
        self._operations = operations
        self._reader = Reader()
        self._write: Callable[[bytes], None]
        self._transport: asyncio.Transport
        self._running: Operation[object]
        self._began = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are of no asyncio class.
        self._transport = cast("asyncio.Transport", transport)
        self._write = self._transport.write
        self._begin()

    def data_received(self, data: bytes) -> None:
        try:
            answer = self._reader.feed(data)
            if answer is None:
                return
            request = self._running.send(answer)
        except StopIteration:
            self._count()
        except Wrong as error:
            self._refuse(str(error))
        except (Unreadable, ValueError) as error:
            self._window.round.refuse(f"unreadable: {error}")
            self.finished.set_result(None)
            self._transport.abort()
        else:
            self._write(request)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.finished.done():
            if not self._window.closed:
                self._window.round.refuse(f"the server closed the connection ({exc})")
            self.finished.set_result(None)

    def _begin(self) -> None:
        if self._window.closed:
            self.finished.set_result(None)
            self._transport.close()
            return
        self._running = self._operations()
        self._began = time.perf_counter_ns()
        self._write(next(self._running))

    def _count(self) -> None:
        window = self._window
        window.round.finished += 1
        if window.opened and not window.closed:
            window.round.latencies.append(time.perf_counter_ns() - self._began)
        self._begin()

    def _refuse(self, text: str) -> None:
        # A failure counts whenever it happens: nothing may go wrong while warming up either.
        self._window.round.refuse(text)
        self._begin()


async def run_round(
    addresses: Sequence[tuple[str, int]],
    lanes: Sequence[Lane],
    *,
    warm_up_s: float,
    seconds: float,
) -> Round:
    """Load the server at ``addresses`` in turn with one connection per lane, and measure.

    Each lane makes the operations of its connection. Operations that end between the end of
    ``warm_up_s`` and ``seconds`` later count; the rest only keep the server busy.
    """
    loop = asyncio.get_running_loop()
    window = _Window()
    connections = []
    gc.collect()
    gc.disable()
    try:
        for lane, address in zip(lanes, itertools.cycle(addresses), strict=False):
            _, connection = await loop.create_connection(
                lambda lane=lane: _Connection(window, lane),  # type: ignore[misc]
                *address,
            )
            connections.append(connection)
        await asyncio.sleep(warm_up_s)
        window.opened = True
        began, worked = time.perf_counter(), time.process_time()
        await asyncio.sleep(seconds)
        window.closed = True
        window.round.seconds = time.perf_counter() - began
        window.round.generator_busy = (time.process_time() - worked) / window.round.seconds
        ends = [connection.finished for connection in connections]
        _, stuck = await asyncio.wait(ends, timeout=_STUCK_S)
    finally:
        gc.enable()
    for _ in stuck:
        window.round.refuse("no answer came")
    return window.round


async def run_script(address: tuple[str, int], operation: Operation[T]) -> T:
    """Perform one operation by itself, outside any measurement, and answer what it returns."""
    reader, writer = await asyncio.open_connection(*address)
    parser = Reader()
    try:
        request = next(operation)
        while True:
            writer.write(request)
            answer = None
            while answer is None:
                data = await asyncio.wait_for(reader.read(65_536), _STUCK_S)
                if not data:
                    raise Wrong("the server closed the connection")
                answer = parser.feed(data)
            request = operation.send(answer)
    except StopIteration as stop:
        return cast("T", stop.value)
    finally:
        writer.close()
