"""The load of a soak run."""

from __future__ import annotations

import asyncio
import random
import time

import pytest

from bench.load import Operation, Wrong
from bench.wire import get
from soak.load import Crew
from soak.windows import Answers

pytestmark = pytest.mark.anyio

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


async def answering(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers every request; hangs up at the path /gone."""
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            if b" /gone " in head:
                return
            writer.write(ANSWER)
    except asyncio.IncompleteReadError:
        return
    finally:
        writer.close()


def asking(path: str, done: asyncio.Event, right: bytes = b"ok") -> Operation[None]:
    try:
        answer = yield get(f"http://127.0.0.1{path}")
        if answer.body != right:
            raise Wrong("another answer")
    finally:
        done.set()


async def test_a_latency_counts_from_when_the_operation_was_due() -> None:
    """What waited for a connection, or for the load itself, is not hidden; the rest is counted."""
    server = await asyncio.start_server(answering, "127.0.0.1", 0)
    answers = Answers(frozenset())
    crew = Crew(server.sockets[0].getsockname(), answers, random.Random(1))
    await crew.join(1)
    overdue = int(time.perf_counter() * 1e9) - 5_000_000_000
    events = [asyncio.Event() for _ in range(4)]
    operations = [
        ("late", asking("/", events[0])),
        ("wrong", asking("/", events[1], b"no")),
        ("gone", asking("/gone", events[2])),
        ("after", asking("/", events[3])),
    ]
    for each in operations:
        crew.arrive(each, overdue)
    assert crew.behind == 3
    del operations, each
    for event in events:
        await asyncio.wait_for(event.wait(), 10)
    while "after" not in answers.now:
        await asyncio.sleep(0)
    assert min(answers.now["late"]) >= 5_000_000
    assert dict(answers.wrong) == {
        "wrong: another answer": 1,
        "gone: the server closed the connection (None)": 1,
    }
    await crew.leave()
    server.close()


async def test_operations_become_due_at_their_rate_whether_or_not_they_are_answered() -> None:
    """Nobody is connected, and all of them wait."""
    crew = Crew(("127.0.0.1", 9), Answers(frozenset()), random.Random(1))
    done = asyncio.Event()
    now = time.perf_counter()
    await crew.keep(lambda: ("one", asking("/", done)), 10_000.0, now + 0.05)
    assert 300 <= crew.behind <= 700
