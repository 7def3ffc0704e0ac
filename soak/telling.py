"""What a person reads at the end: the windows as small pictures, the figures, the verdict."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from soak.judging import Finding, steady
from soak.windows import Window

__all__ = ["Outcome", "picture", "tell", "write"]

_BARS = "▁▂▃▄▅▆▇█"
_WIDE = 60
_SHORT_S = 600.0
_ROWS: Mapping[str, Callable[[Window], float]] = {
    "operations/s": lambda w: w.finished / w.seconds,
    "p50 ms": lambda w: w.p50_ms,
    "p99 ms": lambda w: w.p99_ms,
    "p99 ms, tokens and introspection": lambda w: w.grants_p99_ms,
    "behind": lambda w: w.behind,
    "resident MB": lambda w: w.held.resident_mb,
    "write-ahead log MB": lambda w: w.held.log_mb,
    "database MB": lambda w: w.held.database_mb,
    "open files": lambda w: w.held.open_files,
    "waiting for the database": lambda w: w.held.queue,
}


@dataclass(frozen=True)
class Outcome:
    """A whole run."""

    engine: str
    peak: float
    rate: float
    seconds: float
    windows: Sequence[Window]
    findings: Sequence[Finding]
    kinds: Mapping[str, int]
    wrong: Mapping[str, int]

    @property
    def is_good(self) -> bool:
        """Whether every figure is within its bound."""
        return all(each.is_good for each in self.findings)


def picture(values: Sequence[float]) -> str:
    """A line of bars between the least and the most of ``values``, some of them together."""
    size = -(-len(values) // _WIDE) or 1
    cut = [statistics.median(values[n : n + size]) for n in range(0, len(values), size)]
    least, most = min(cut, default=0.0), max(cut, default=0.0)
    span = (most - least) or 1.0
    return "".join(_BARS[int((each - least) / span * (len(_BARS) - 1))] for each in cut)


def tell(outcome: Outcome) -> None:
    """Print it."""
    print(f"\n{outcome.engine}: {outcome.seconds:.0f} s at {outcome.rate:.0f} operations/s", end="")
    print(f", of {outcome.peak:.0f} at the peak\n")
    after = steady(outcome.windows)
    for title, value in _ROWS.items():
        line = picture([value(each) for each in outcome.windows])
        values = [value(each) for each in after]
        first, middle, last = values[0], statistics.median(values), values[-1]
        print(f"{title:34}{first:10.1f}{middle:10.1f}{last:10.1f}  {line}")
    print(f"{'':34}{'first':>10}{'median':>10}{'last':>10}  (after the warm-up)\n")
    print(", ".join(f"{name} {count:,}" for name, count in sorted(outcome.kinds.items())))
    for text, count in sorted(outcome.wrong.items(), key=lambda pair: -pair[1]):
        print(f"wrong, {count} times: {text}")
    print()
    for each in outcome.findings:
        word = "good" if each.is_good else "BAD "
        figure = f"{each.figure:.2f} {each.unit}".strip()
        print(f"{word}  {each.what}: {figure}, at most {each.at_most:.2f}")
    if outcome.seconds < _SHORT_S:
        print("a run of less than ten minutes: what memory climbs in ten is drawn out from it")
    print("\nit lies flat" if outcome.is_good else "\nsomething climbs, or went wrong")


def write(outcome: Outcome, path: Path) -> None:
    """Write everything as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    findings = [asdict(each) | {"is_good": each.is_good} for each in outcome.findings]
    windows = [asdict(each) for each in outcome.windows]
    document = {
        "engine": outcome.engine,
        "is_good": outcome.is_good,
        "peak_per_s": outcome.peak,
        "rate_per_s": outcome.rate,
        "seconds": outcome.seconds,
        "kinds": dict(outcome.kinds),
        "wrong": dict(outcome.wrong),
        "findings": findings,
        "windows": windows,
    }
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")
