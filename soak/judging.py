"""Whether what was seen lies flat: pure arithmetic over windows."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from soak.windows import Window

__all__ = ["Finding", "judge", "slope", "steady"]

WARM_UP = 0.2
"""The share of the run in which caches fill and the processor's clock settles."""
MEMORY_MB = 1.0
"""So much may memory climb in ten minutes."""
P99_TIMES = 1.25
P99_MS = 1.0
"""The p99 lies flat where the last third is within this many times the first, or this close."""
FILES = 4
LOG_MB = 8.0
KEPT_UP = 0.98
"""The share of the wanted rate that must have been served for the figures to mean anything."""
_TEN_MINUTES_S = 600.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One figure, what it may be at most, and whether it is."""

    what: str
    figure: float
    at_most: float
    unit: str = ""

    @property
    def is_good(self) -> bool:
        """Whether the figure is within its bound."""
        return self.figure <= self.at_most


def judge(windows: Sequence[Window], rate: float) -> list[Finding]:
    """Every finding about a run at ``rate`` operations a second, the errors first."""
    after = steady(windows)
    finished = sum(each.finished for each in after)
    seconds = sum(each.seconds for each in after)
    first, last = thirds([each.p99_ms for each in after])
    return [
        Finding("errors", sum(each.failures for each in windows), 0),
        Finding(
            "not served of the rate", 1 - min(1.0, finished / (rate * seconds)), 1 - KEPT_UP, ""
        ),
        Finding(
            "memory climbs in 10 minutes", _slope_of(after, lambda w: w.held.resident_mb), 1.0, "MB"
        ),
        Finding("p99, last third", last, max(first * P99_TIMES, first + P99_MS), "ms"),
        _settled("open files, last third", after, lambda w: w.held.open_files, FILES, ""),
        _settled("write-ahead log, last third", after, lambda w: w.held.log_mb, LOG_MB, "MB"),
        _settled("callers waiting for the database", after, lambda w: w.held.queue, FILES, ""),
    ]


def steady(windows: Sequence[Window]) -> list[Window]:
    """The windows after the warm-up; at least the last three, where there are as many."""
    end = windows[-1].at_s + windows[-1].seconds if windows else 0.0
    after = [each for each in windows if each.at_s >= end * WARM_UP]
    return after if len(after) >= 3 else list(windows[-3:])


def slope(points: Sequence[tuple[float, float]]) -> float:
    """The median of the slopes between any two points (Theil and Sen): one leap moves it little."""
    found = [
        (after - before) / (later - sooner)
        for (sooner, before), (later, after) in itertools.combinations(points, 2)
        if later > sooner
    ]
    return statistics.median(found) if found else 0.0


def thirds(values: Sequence[float]) -> tuple[float, float]:
    """The medians of the first and of the last third."""
    size = max(1, len(values) // 3)
    if not values:
        return 0.0, 0.0
    return statistics.median(values[:size]), statistics.median(values[-size:])


def _slope_of(windows: Sequence[Window], value: Callable[[Window], float]) -> float:
    return _TEN_MINUTES_S * slope([(each.at_s, value(each)) for each in windows])


def _settled(
    what: str, windows: Sequence[Window], value: Callable[[Window], float], more: float, unit: str
) -> Finding:
    first, last = thirds([value(each) for each in windows])
    return Finding(what, last, first + more, unit)
