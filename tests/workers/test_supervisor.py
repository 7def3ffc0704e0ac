"""Looking after workers, with workers that do nothing but speak."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from doorward.workers import Plan, service
from doorward.workers.service import Supervisor

pytestmark = pytest.mark.anyio

_WORKER = """
import os, signal, socket, sys
number, folder = sys.argv[-1].split(",", 3)[2:]
channel = socket.socket(fileno=int(sys.argv[-1].split(",")[1]))
signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
name = f"{folder}/{number}.{os.getpid()}"
open(name, "w").close()
BEFORE
open(f"{name}.ready", "w").close()
channel.send(b"+")
heard = channel.recv(1)
os.unlink(f"{name}.ready")
open(f"{name}.{heard.hex()}", "w").close()
"""


class Server:
    """What a test sees of a supervisor and its workers."""

    def __init__(self, supervisor: asyncio.Task[int], folder: Path, plans: list[Plan]) -> None:
        """The plans are what it rereads."""
        self.supervisor = supervisor
        self.folder = folder
        self.plans = plans

    def ready(self) -> dict[int, int]:
        """The process of each number that serves."""
        found = {}
        for each in self.folder.glob("*.ready"):
            number, pid, _ = each.name.split(".")
            found[int(number)] = int(pid)
        return found

    def heard(self, word: bytes) -> int:
        """How many workers were told ``word``."""
        return len(list(self.folder.glob(f"*.{word.hex()}")))

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Wait for it."""
        async with asyncio.timeout(30):
            while not is_so():
                await asyncio.sleep(0.01)


def plan(before: str = "pass", *, workers: int = 2) -> Plan:
    """Workers that do something ``before`` they are ready."""
    program = _WORKER.replace("BEFORE", before)
    return Plan((sys.executable, "-S", "-E", "-c", program), workers, 5.0)


@asynccontextmanager
async def looked_after(first: Plan, folder: Path) -> AsyncIterator[Server]:
    """A supervisor in this process."""
    plans = [first]

    def reread() -> Plan:
        if not plans:
            raise ValueError("port: there is no such thing")
        return plans[-1]

    with socket.create_server(("127.0.0.1", 0)) as listening:
        supervisor = asyncio.create_task(Supervisor(first, listening, reread, folder).run())
        server = Server(supervisor, folder, plans)
        try:
            yield server
        finally:
            if not supervisor.done():
                os.kill(os.getpid(), signal.SIGTERM)
            await asyncio.wait_for(supervisor, 30)


async def test_they_are_replaced_one_by_one_and_end_together(tmp_path: Path) -> None:
    """Each new one serves before the old one hears of it; there may be more of them then."""
    async with looked_after(plan(), tmp_path) as server:
        await server.until(lambda: len(server.ready()) == 2)
        first = server.ready()
        server.plans.append(plan(workers=3))
        os.kill(os.getpid(), signal.SIGHUP)
        os.kill(os.getpid(), signal.SIGHUP)
        await server.until(lambda: len(server.ready()) == 3 and server.heard(b"r") >= 2)
        assert not set(server.ready().values()) & set(first.values())
        await server.until(lambda: server.heard(b"r") == 2)
        server.plans.append(plan(workers=1))
        os.kill(os.getpid(), signal.SIGHUP)
        await server.until(lambda: server.heard(b"r") == 5)
        assert len(server.ready()) == 1
        os.kill(os.getpid(), signal.SIGTERM)
        assert await server.supervisor == 0
    assert server.heard(b"") == 0, "nobody had to find out for itself"


async def test_one_that_dies_is_started_again(tmp_path: Path) -> None:
    """However it died."""
    async with looked_after(plan(), tmp_path) as server:
        await server.until(lambda: len(server.ready()) == 2)
        killed = server.ready()[1]
        (tmp_path / f"1.{killed}.ready").unlink()
        os.kill(killed, signal.SIGKILL)
        await server.until(lambda: len(server.ready()) == 2)
        assert server.ready()[1] != killed


@pytest.mark.parametrize(("before", "status"), [("os._exit(3)", 3), ("os.kill(os.getpid(), 9)", 1)])
async def test_those_that_never_served_end_the_server(
    tmp_path: Path, before: str, status: int
) -> None:
    """With their own status, so that whoever started it knows."""
    async with looked_after(plan(before), tmp_path) as server:
        assert await server.supervisor == status


async def test_those_that_die_at_once_again_and_again_end_the_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a few tries."""
    monkeypatch.setattr(service, "_FIRST_PAUSE_S", 0.001)
    once = f"if os.path.exists({str(tmp_path / 'was')!r}): os._exit(7)"
    async with looked_after(plan(once, workers=1), tmp_path) as server:
        await server.until(lambda: len(server.ready()) == 1)
        (tmp_path / "was").touch()
        (pid,) = server.ready().values()
        os.kill(pid, signal.SIGKILL)
        assert await server.supervisor == 7
    assert len([each for each in tmp_path.iterdir() if each.suffix[1:].isdigit()]) == 6


async def test_what_cannot_be_replaced_goes_on(tmp_path: Path) -> None:
    """Settings that cannot be read, and new workers that do not start."""
    async with looked_after(plan(), tmp_path) as server:
        await server.until(lambda: len(server.ready()) == 2)
        first = server.ready()
        server.plans.clear()
        os.kill(os.getpid(), signal.SIGHUP)
        server.plans.append(plan("os._exit(1)"))
        os.kill(os.getpid(), signal.SIGHUP)
        await server.until(lambda: len(list(tmp_path.glob("0.*"))) >= 3)
        assert server.ready() == first
        server.plans.append(replace(plan(), workers=2))
        os.kill(os.getpid(), signal.SIGHUP)
        await server.until(lambda: server.heard(b"r") == 2)
        assert len(server.ready()) == 2


async def test_who_asks_twice_does_not_wait(tmp_path: Path) -> None:
    """The second signal ends what the first one left."""
    stubborn = "signal.signal(signal.SIGTERM, signal.SIG_IGN)"
    async with looked_after(plan(stubborn), tmp_path) as server:
        await server.until(lambda: len(server.ready()) == 2)
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.sleep(0)
        os.kill(os.getpid(), signal.SIGINT)
        assert await asyncio.wait_for(server.supervisor, 4) == 0


async def test_ctrl_c_asks_them_to_be_quick(tmp_path: Path) -> None:
    """Somebody sits there and waits."""
    async with looked_after(plan(), tmp_path) as server:
        await server.until(lambda: len(server.ready()) == 2)
        os.kill(os.getpid(), signal.SIGINT)
        assert await server.supervisor == 0
        assert server.heard(b"q") == 2
