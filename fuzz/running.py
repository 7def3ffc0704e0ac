"""One target for some seconds, in a process of its own, and what it told when it ended."""

from __future__ import annotations

import json
import os
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from fuzz.corpus import regressions
from fuzz.mutation import mutated
from fuzz.target import Finding, Target, judge

try:
    import atheris
except ImportError:  # there is no ready-made build for this machine or this Python
    atheris = None

__all__ = ["GUIDED", "Order", "Outcome", "collect", "start"]

GUIDED = atheris is not None
"""Whether new inputs are found by the lines that they reach, or by chance alone."""

_MOST_FINDINGS = 20
_HANGS_S = 20


@dataclass(frozen=True)
class Order:
    """What to run: a target, for how long, and where it may write."""

    target: Target
    seconds: int
    folder: Path
    seed: int

    @property
    def inputs(self) -> Path:
        """Where inputs lie, the kept ones and those that were new."""
        return self.folder / self.target.name / "inputs"

    @property
    def report(self) -> Path:
        """What the process writes as it goes."""
        return self.folder / self.target.name / "report.json"

    @property
    def log(self) -> Path:
        """What the process printed."""
        return self.folder / self.target.name / "log.txt"


@dataclass
class Outcome:
    """What came of it. ``fresh`` are inputs that reach what no kept one did."""

    target: Target
    runs: int = 0
    seconds: float = 0.0
    fresh: list[bytes] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def start(order: Order) -> int:
    """Begin in another process, which ends by itself; its process id."""
    order.inputs.mkdir(parents=True)
    for number, data in enumerate(regressions(order.target.name)):
        (order.inputs / f"kept-{number}").write_bytes(data)
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        _perform(order)
        status = 0
    finally:
        os._exit(status)


def _perform(order: Order) -> None:
    log = os.open(order.log, os.O_WRONLY | os.O_CREAT, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    watched = _Watched(order)
    for each in regressions(order.target.name):
        watched(each)
    if atheris is None:
        _by_chance(order, watched)
        return
    words = order.log.with_name("words.txt")
    # A dictionary without a word would be an error.
    words.write_text("".join(f'"{_escaped(each)}"\n' for each in (*order.target.words, "%00")))
    # The fuzzer ends the process by itself, without coming back here.
    arguments = [
        order.target.name,
        f"-max_total_time={order.seconds}",
        f"-max_len={order.target.longest}",
        f"-timeout={_HANGS_S}",
        f"-seed={order.seed}",
        f"-dict={words}",
        f"-artifact_prefix={order.log.parent}/artifact-",
        "-rss_limit_mb=2048",
        "-reload=0",
        str(order.inputs),
    ]
    atheris.Setup(arguments, watched)
    atheris.Fuzz()


def _by_chance(order: Order, watched: _Watched) -> None:
    random, until = Random(order.seed), time.monotonic() + order.seconds
    inputs = regressions(order.target.name)
    words = [each.encode() for each in order.target.words]
    while time.monotonic() < until:
        watched(mutated(random, inputs, words, order.target.longest))


class _Watched:
    """Judges each input, and goes on after a finding; its place is told once."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._found: dict[str, Finding] = {}
        self._runs = 0
        self._began = time.monotonic()
        self._told = 0.0

    def __call__(self, data: bytes) -> None:
        self._runs += 1
        found = judge(self._order.target, bytes(data))
        is_new = found is not None and found.place not in self._found
        if found is not None and is_new and len(self._found) < _MOST_FINDINGS:
            self._found[found.place] = found
        if is_new or time.monotonic() - self._told > 0.25:
            self._tell()

    def _tell(self) -> None:
        self._told = time.monotonic()
        story = {
            "runs": self._runs,
            "seconds": self._told - self._began,
            "findings": [[f.data.hex(), f.place, f.story] for f in self._found.values()],
        }
        self._order.report.write_text(json.dumps(story))


def _escaped(word: str) -> str:
    return "".join(
        chr(each) if 0x20 <= each < 0x7F and chr(each) not in '"\\' else f"\\x{each:02x}"
        for each in word.encode()
    )


def collect(order: Order, status: int) -> Outcome:
    """What a process that ended with ``status`` (as ``os.wait`` tells it) left behind."""
    outcome = Outcome(order.target)
    if order.report.is_file():
        told = json.loads(order.report.read_text())
        outcome.runs, outcome.seconds = told["runs"], told["seconds"]
        outcome.findings = [
            Finding(order.target.name, bytes.fromhex(data), place, story)
            for data, place, story in told["findings"]
        ]
    kept = set(regressions(order.target.name))
    outcome.fresh = [
        data
        for path in sorted(order.inputs.iterdir())
        if (data := path.read_bytes()) not in kept and data
    ]
    if status != 0:
        outcome.findings.append(_end_of(order, status))
    return outcome


def _end_of(order: Order, status: int) -> Finding:
    """The process did not end by itself: it hung, took all memory, or crashed."""
    artifacts = sorted(order.log.parent.glob("artifact-*"))
    data = artifacts[0].read_bytes() if artifacts else b""
    how = f"signal {signal.Signals(os.WTERMSIG(status)).name}" if os.WIFSIGNALED(status) else ""
    story = order.log.read_text(errors="replace")[-4000:]
    place = artifacts[0].name.split("-")[1] if artifacts else how or f"status {status >> 8}"
    return Finding(order.target.name, data, place, story)
