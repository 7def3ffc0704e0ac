"""Server processes: started on their own core, watched until they answer, measured, stopped."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.wire import Reader, get

__all__ = [
    "CORES",
    "LOAD_CORE",
    "ROOT",
    "SCRATCH",
    "SERVER_CORE",
    "NotReady",
    "Server",
    "Start",
    "at_end",
    "cpu_seconds_of",
    "pin",
    "start_server",
    "stop_all",
]

ROOT = Path(__file__).resolve().parents[2]
SCRATCH = ROOT / ".tools" / "bench"
"""Data of the subjects: beside the checkout, because /tmp may be memory, and memory is durable
at no cost."""
CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE = CORES[0]
LOAD_CORE = CORES[-1]
_POLL_S = 0.005
_started: list[Server] = []
_at_end: list[Callable[[], object]] = []
# Even where the benchmark is killed, a server does not outlive it.
_WITH_US = ("setpriv", "--pdeathsig", "TERM", "--")


class NotReady(Exception):
    """A server ended, or did not answer in time; the text holds the end of what it wrote."""


@dataclass(frozen=True)
class Start:
    """How to start a server: what to run, with which environment, where to ask if it is ready."""

    command: Sequence[str]
    ready_url: str
    log: Path
    environment: Mapping[str, str]
    cwd: Path = ROOT
    also_ready: Callable[[], bool] = lambda: True
    patience_s: float = 120.0
    core: int = SERVER_CORE


@dataclass
class Server:
    """A running server. ``ready_s`` is the time from its start to its first 200."""

    process: subprocess.Popen[bytes]
    ready_s: float

    def resident_mb(self) -> float:
        """Resident memory of the process and its children, in MB (10^6 bytes)."""
        return sum(each.memory_info().rss for each in _family(self.process.pid)) / 1e6

    def cpu_seconds(self) -> float:
        """Processor time that the process and its children have used."""
        return cpu_seconds_of(self.process.pid)

    def stop(self) -> None:
        """Ask it to end, as Ctrl-C would; insist after ten seconds."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process.wait()


def _family(pid: int) -> list[psutil.Process]:
    parent = psutil.Process(pid)
    return [parent, *parent.children(recursive=True)]


def cpu_seconds_of(pid: int) -> float:
    """Processor time that a process and its living children have used."""
    total = 0.0
    for each in _family(pid):
        # A database's process may end between being listed and being asked.
        with suppress(psutil.NoSuchProcess):
            times = each.cpu_times()
            total += times.user + times.system
    return total


def at_end(clean_up: Callable[[], object]) -> None:
    """Call ``clean_up`` when every server has been stopped; the last one first."""
    _at_end.append(clean_up)


def stop_all() -> None:
    """Stop every server that is still running, those included that never became ready."""
    while _started:
        _started.pop().stop()
    while _at_end:
        _at_end.pop()()


def pin(core: int, pid: int = 0) -> None:
    """Keep a process on one core."""
    os.sched_setaffinity(pid, {core})


def start_server(start: Start) -> Server:
    """Start a server on its core, and wait for a 200 at its ``ready_url``.

    Raises ``NotReady`` when it ends first, or takes longer than its patience.
    """
    start.log.parent.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    with start.log.open("wb") as log:
        process = subprocess.Popen(
            [*_WITH_US, "taskset", "--cpu-list", str(start.core), *start.command],
            cwd=start.cwd,
            env={**os.environ, **start.environment},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    server = Server(process, 0.0)
    _started.append(server)
    while True:
        if _answers(start.ready_url) and start.also_ready():
            server.ready_s = time.monotonic() - began
            return server
        late = time.monotonic() - began > start.patience_s
        if late or process.poll() is not None:
            server.stop()
            end = start.log.read_text(errors="replace")[-1500:]
            reason = "took too long" if late else f"ended with {process.returncode}"
            raise NotReady(f"{start.command[0]} {reason}:\n{end}")
        time.sleep(_POLL_S)


def _answers(url: str) -> bool:
    host, _, port = url.split("/")[2].partition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=1) as connection:
            connection.settimeout(1)
            connection.sendall(get(url))
            reader, answer = Reader(), None
            while answer is None:
                data = connection.recv(65_536)
                if not data:
                    return False
                answer = reader.feed(data)
            return answer.status == 200
    except OSError:
        return False
