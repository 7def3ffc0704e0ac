"""Workers of one server, in processes of their own, tell one another's numbers."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from doorward.metrics import Gathering, Place, Portion

pytestmark = pytest.mark.anyio

WORKER = """
import asyncio, sys
from pathlib import Path
from doorward.metrics import Gathering, Place

async def work(number, folder, line):
    gathering = Gathering(Place(number, folder), lambda: {"x_total": [line]})
    gathering.start()
    await gathering.is_listening()
    print("listening", flush=True)
    await asyncio.Event().wait()

asyncio.run(work(int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]))
"""


@contextmanager
def worker(number: int, folder: Path, line: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process that tells ``line``."""
    process = subprocess.Popen(
        [sys.executable, "-c", WORKER, str(number), str(folder), line], stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == b"listening\n"
        yield process
    finally:
        process.kill()
        process.wait(10)
        process.stdout.close()


def own() -> Portion:
    return {"x_total": ["of this one"]}


async def lines(gathering: Gathering) -> list[str]:
    """What is told, by all that answer."""
    return [line for portion in await gathering.collect() for line in portion["x_total"]]


async def test_every_worker_is_asked_and_one_that_is_gone_is_left_out(tmp_path: Path) -> None:
    """And whoever takes its place is asked instead of it."""
    gathering = Gathering(Place(0, tmp_path), own)
    with worker(1, tmp_path, "of the first"), worker(2, tmp_path, "of the second") as second:
        assert await lines(gathering) == ["of this one", "of the first", "of the second"]
        second.kill()
        second.wait(10)
        assert await lines(gathering) == ["of this one", "of the first"]
        with worker(2, tmp_path, "of the third"):
            assert await lines(gathering) == ["of this one", "of the first", "of the third"]


async def test_what_says_nothing_of_use_is_left_out(tmp_path: Path) -> None:
    """A socket that answers nonsense, and a file that is none."""

    async def babble(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b'{"x_total": 1}')
        writer.close()

    server = await asyncio.start_unix_server(babble, tmp_path / "1.metrics")
    (tmp_path / "2.metrics").write_text("nothing")
    assert await lines(Gathering(Place(0, tmp_path), own)) == ["of this one"]
    server.close()
    await server.wait_closed()


async def test_one_worker_alone_asks_nobody() -> None:
    """It has no folder, and listens nowhere."""
    gathering = Gathering(Place(), own)
    gathering.start()
    assert await lines(gathering) == ["of this one"]
    await gathering.stop()


async def test_a_worker_that_cannot_listen_serves_all_the_same(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The others do not see its numbers, which is logged."""
    gathering = Gathering(Place(0, tmp_path / "nowhere"), own)
    gathering.start()
    await gathering.stop()
    assert "cannot ask for metrics" in caplog.text
