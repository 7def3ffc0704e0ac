"""The load at a fixed rate: what is due, and from when a latency counts."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

import pytest

from bench.load import Operation, Wrong
from bench.pace import Arrivals, Desk, run_paced
from bench.wire import get

pytestmark = pytest.mark.anyio


def test_what_is_due_is_told_once_and_evenly_spaced() -> None:
    """However late somebody looks, nothing is left out, and each keeps its own moment."""
    arrivals = Arrivals(rate=1000, began=0, opened=2_000_000, ended=5_000_000)
    assert list(arrivals.due(-1)) == []
    assert list(arrivals.due(0)) == [0]
    assert list(arrivals.due(2_500_000)) == [1_000_000, 2_000_000]
    assert list(arrivals.due(10**9)) == [3_000_000, 4_000_000]
    assert list(arrivals.due(10**9)) == []
    assert [arrivals.counts(at) for at in (1_999_999, 2_000_000)] == [False, True]
    assert [arrivals.are_over(at) for at in (4_999_999, 5_000_000)] == [False, True]


class _AtOnce:
    """Whoever has done it before it was asked for."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def begin(self, due: int) -> None:
        self._desk.done(self, due, None)


async def test_a_latency_counts_from_the_moment_when_it_was_due() -> None:
    """Where nobody was free for 50 ms, all that was due meanwhile waited at least as long."""
    now = time.perf_counter_ns()
    arrivals = Arrivals(1000, now - 100_000_000, now - 90_000_000, now - 50_000_000)
    desk = Desk(arrivals)
    desk.join(_AtOnce(desk))
    desk.look()
    assert desk.emptied.done()
    assert (desk.round.finished, desk.round.failures) == (50, 0)
    assert len(desk.round.latencies) == 40
    assert min(desk.round.latencies) >= 50_000_000


@pytest.mark.parametrize(("body", "failures"), [(b"{}", 0), (b"no", 30)])
async def test_every_operation_that_was_due_is_asked_and_checked(
    body: bytes, failures: int
) -> None:
    """Whatever the machine does meanwhile, as many are sent as the rate says."""
    handlers: set[asyncio.Task[object]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if (task := asyncio.current_task()) is not None:
            handlers.add(task)
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while await reader.readuntil(b"\r\n\r\n"):
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n" + body)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    def operation() -> Operation[None]:
        answer = yield get("http://127.0.0.1/")
        if answer.body != b"{}":
            raise Wrong("another body")

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        address = server.sockets[0].getsockname()
        taken = await run_paced([address], [operation] * 2, rate=1500, warm_up_s=0.01, seconds=0.01)
        await asyncio.wait(handlers)
    assert (taken.finished, taken.failures) == (30 - failures, failures)
    assert len(taken.latencies) == (0 if failures else 15)
    assert taken.wrong == (["another body"] if failures else [])
