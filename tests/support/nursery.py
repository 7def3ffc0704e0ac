"""Processes that begin with the product imported: forked from one that did nothing but import it.

To import it takes a second of processor time, which is most of what a command does. What is forked
here is a process like any other: it opens its own database, is killed by signals, and shares
nothing with the test but files and pipes.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

__all__ = ["Printed", "Running", "born", "run_doorward", "start_doorward"]

_NURSERY = multiprocessing.get_context("forkserver")
_NURSERY.set_forkserver_preload(["tests.support.nursery_room"])
_PATIENCE_S = 60


@dataclass(frozen=True)
class Printed:
    """How a command ended, and what it printed."""

    status: int
    out: str
    err: str


@dataclass(frozen=True)
class Running:
    """A process that was forked here, with the manners of ``subprocess.Popen``."""

    process: BaseProcess

    @property
    def pid(self) -> int:
        """Its number."""
        assert self.process.pid is not None
        return self.process.pid

    def poll(self) -> int | None:
        """How it ended, if it has."""
        return self.process.exitcode

    def wait(self, timeout: float) -> int:
        """How it ended. Raises ``subprocess.TimeoutExpired`` when it has not in that time."""
        self.process.join(timeout)
        if self.process.exitcode is None:
            raise subprocess.TimeoutExpired("doorward", timeout)
        return self.process.exitcode

    def terminate(self) -> None:
        """Ask it to end."""
        self.process.terminate()

    def kill(self) -> None:
        """End it."""
        self.process.kill()

    def send_signal(self, number: int) -> None:
        """Send it another signal, if it is still there."""
        if self.poll() is None:
            os.kill(self.pid, number)


def born(work: Callable[..., None], *given: Any) -> BaseProcess:
    """A running process that does ``work`` with what is ``given``: values, or ends of pipes."""
    process = _NURSERY.Process(target=work, args=given, daemon=True)
    process.start()
    return process


def run_doorward(
    words: Sequence[str], *, folder: Path, variables: Mapping[str, str], typed: str = ""
) -> Printed:
    """Run `doorward` with ``words``, as a shell in ``folder`` with these ``variables`` would."""
    with tempfile.TemporaryDirectory(prefix="doorward-command-") as named:
        said, read, printed = (Path(named) / name for name in ("in", "out", "err"))
        said.write_text(typed, encoding="utf-8")
        process = born(_command, (said, read, printed), words, folder, dict(variables))
        process.join(_PATIENCE_S)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise subprocess.TimeoutExpired(["doorward", *words], _PATIENCE_S)
        status = process.exitcode
        process.close()
        out, err = (each.read_text(encoding="utf-8") for each in (read, printed))
        return Printed(status, out, err)


def start_doorward(words: Sequence[str], log: Path) -> Running:
    """Start `doorward` with ``words``, in a group of its own; ``log`` is what it prints."""
    files = Path(os.devnull), log, log
    return Running(born(_lead, files, words, Path.cwd(), dict(os.environ)))


def _lead(*given: Any) -> None:
    os.setsid()
    _command(*given)


def _command(
    files: Sequence[Path], words: Sequence[str], folder: Path, variables: dict[str, str]
) -> None:
    new = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    for number, (path, how) in enumerate(zip(files, (os.O_RDONLY, new, new), strict=True)):
        opened = os.open(path, how, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - a descriptor
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - likewise
    sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - likewise
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(variables)
    sys.path[:0] = filter(None, variables.get("PYTHONPATH", "").split(os.pathsep))
    sys.argv = ["doorward", *words]
    from doorward.cli import main

    main()
