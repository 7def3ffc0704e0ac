"""What a run saw, cut into windows: what was answered, and what the server held."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

__all__ = ["Answers", "Held", "Window", "percentile"]

_KEPT_TEXTS = 20


@dataclass(frozen=True, slots=True)
class Held:
    """What the server held at one moment. Sizes are in MB (10^6 bytes)."""

    resident_mb: float
    cpu_s: float
    open_files: int
    threads: int
    database_mb: float
    log_mb: float
    """The write-ahead log of SQLite; 0 on PostgreSQL."""
    queue: int
    """Callers that wait for the database."""


@dataclass(frozen=True, slots=True)
class Window:
    """One stretch of the run. Latencies count from when an operation was due, in milliseconds."""

    at_s: float
    seconds: float
    finished: int
    failures: int
    p50_ms: float
    p99_ms: float
    grants_p99_ms: float
    """Of tokens and introspections alone."""
    behind: int
    """Operations that were due and had not begun when it ended."""
    held: Held


@dataclass
class Answers:
    """What came in since the last window began; of all windows, what was wrong."""

    grants: frozenset[str]
    """The errands whose p99 has a goal of its own."""
    wrong: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    failures: int = 0
    now: dict[str, array[int]] = field(default_factory=dict)
    """The latencies of this window by errand, in microseconds."""
    _failed: int = 0

    def right(self, name: str, microseconds: int) -> None:
        """Count a right answer."""
        times = self.now.get(name)
        if times is None:
            times = self.now[name] = array("L")
        times.append(microseconds)

    def refuse(self, name: str, text: str) -> None:
        """Count a wrong one, or none."""
        self.failures += 1
        self._failed += 1
        if len(self.wrong) < _KEPT_TEXTS or f"{name}: {text}" in self.wrong:
            self.wrong[f"{name}: {text}"] += 1

    def cut(self, at_s: float, seconds: float, behind: int, held: Held) -> Window:
        """End the window."""
        now, failed = self.now, self._failed
        self.now, self._failed = {}, 0
        for name, times in now.items():
            self.kinds[name] += len(times)
        every = sorted(each for times in now.values() for each in times)
        grants = sorted(each for name in self.grants for each in now.get(name, ()))
        return Window(
            at_s=at_s,
            seconds=seconds,
            finished=len(every),
            failures=failed,
            p50_ms=percentile(every, 0.50) / 1000,
            p99_ms=percentile(every, 0.99) / 1000,
            grants_p99_ms=percentile(grants, 0.99) / 1000,
            behind=behind,
            held=held,
        )


def percentile(ordered: Sequence[int], share: float) -> float:
    """The value that ``share`` of all stay within; 0 of none."""
    return float(ordered[min(len(ordered) - 1, int(share * len(ordered)))]) if ordered else 0.0
