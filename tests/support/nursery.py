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

__all__ = ["Printed", "born", "run_doorward"]

_NURSERY = multiprocessing.get_context("forkserver")
_NURSERY.set_forkserver_preload(["tests.support.nursery_room"])
_PATIENCE_S = 60


@dataclass(frozen=True)
class Printed:
    """How a command ended, and what it printed."""

    status: int
    out: str
    err: str


def born(work: Callable[..., None], *given: Any) -> BaseProcess:
    """A running process that does ``work`` with what is ``given``: values, or ends of pipes."""
    process = _NURSERY.Process(target=work, args=given)
    process.start()
    return process


def run_doorward(
    words: Sequence[str], *, folder: Path, variables: Mapping[str, str], typed: str = ""
) -> Printed:
    """Run `doorward` with ``words``, as a shell in ``folder`` with these ``variables`` would."""
    with tempfile.TemporaryDirectory(prefix="doorward-command-") as named:
        place = Path(named)
        (place / "in").write_text(typed, encoding="utf-8")
        process = born(_command, place, tuple(words), str(folder), dict(variables))
        process.join(_PATIENCE_S)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise subprocess.TimeoutExpired(["doorward", *words], _PATIENCE_S)
        status = process.exitcode
        process.close()
        out, err = ((place / name).read_text(encoding="utf-8") for name in ("out", "err"))
        return Printed(status, out, err)


def _command(place: Path, words: tuple[str, ...], folder: str, variables: dict[str, str]) -> None:
    new = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    for number, name, how in ((0, "in", os.O_RDONLY), (1, "out", new), (2, "err", new)):
        opened = os.open(place / name, how, 0o600)
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
