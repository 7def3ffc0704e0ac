"""What a run found out, and the document of it: bench/results.json."""

from __future__ import annotations

import itertools
import json
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bench.goals import judge
from bench.load import Round
from bench.measure import AT_RATE, Measured, Missing
from bench.sign_in_load import Found
from bench.sign_ins import ratio_of, rows_of

__all__ = ["Results", "document_of", "paired", "repeats", "shares_of_others", "write_document"]

Figures = Mapping[str, Mapping[str, Measured]]
"""What was measured, by work, then by subject."""
_OURS = "doorward"
_PROFILED = 15


@dataclass(frozen=True)
class Results:
    """Everything that a run found out."""

    machine: Mapping[str, object]
    figures: Figures
    at_scale: Figures = field(default_factory=dict)
    """The same work at two sizes: for each operation pairs of subjects, the smaller one first."""
    missing: Sequence[Missing] = ()
    sign_ins: Sequence[Found] = ()
    """Rounds of password sign-ins at full load, where they were asked for."""
    resident_mb: float = 0.0
    """Of the server after them."""
    profiles: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """By work, the functions that take longest: their share alone, and with what they call."""


def document_of(results: Results) -> dict[str, Any]:
    """The machine, the rows, the ratios, what is missing, and what became of each goal."""
    others = shares_of_others(results.figures)
    document: dict[str, Any] = {
        "machine": {
            **results.machine,
            "taken_by_others": round(max(others, default=0.0), 3),
            "repeated": repeats(results.figures),
        },
        "rows": [
            *_rows(results.figures),
            *rows_of(results.sign_ins, round(results.resident_mb, 1)),
            *_rows(results.at_scale),
        ],
        "ratios": [
            *_speeds(results.figures),
            *ratio_of(results.sign_ins),
            *_scale_ratios(results.at_scale),
        ],
        "cpu_ratios": _costs(results.figures),
        "profiles": {work: list(lines[:_PROFILED]) for work, lines in results.profiles.items()},
        "missing": [asdict(each) for each in results.missing],
    }
    document["goals"] = judge(document)
    return document


def write_document(document: Mapping[str, Any], path: Path) -> None:
    """Write it as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n")


def shares_of_others(figures: Figures) -> list[float]:
    """For each round, the share of the two cores that programs took that are no part of it."""
    return [
        share
        for subjects in figures.values()
        for measured in subjects.values()
        for share in measured.taken
    ]


def repeats(figures: Figures) -> int:
    """How many rounds were taken again, because other programs disturbed them."""
    return sum(each.repeated for subjects in figures.values() for each in subjects.values())


def _rows(figures: Figures) -> list[dict[str, Any]]:
    return [
        {
            "work": work,
            "subject": subject,
            "requests_per_s": round(measured.per_second, 1),
            "p50_ms": _rounded(measured.percentile_ms(0.50)),
            "p99_ms": _rounded(measured.percentile_ms(0.99)),
            "failures": measured.failures,
            "queries_per_operation": measured.queries_per_operation,
            "resident_mb": round(measured.resident_mb, 1),
            "cpu_us_per_operation": _median_or_none(measured.cpu_us),
            "database_cpu_us_per_operation": _median_or_none(measured.database_us),
            "least_per_s": round(min(each.per_second for each in measured.rounds), 1),
            "most_per_s": round(max(each.per_second for each in measured.rounds), 1),
        }
        for work, subjects in figures.items()
        for subject, measured in subjects.items()
    ]


def paired(one: Sequence[float], other: Sequence[float]) -> list[float]:
    """The ratios of figures from rounds of the same number; of a zero there is none."""
    return [mine / theirs for mine, theirs in zip(one, other, strict=True) if theirs]


def _speeds(figures: Figures) -> list[dict[str, Any]]:
    """Of each subject against those after it, and of ours against every other."""

    def speeds(measured: Measured) -> list[float]:
        return [each.per_second for each in measured.rounds]

    # At a fixed rate nobody is faster.
    free = {work: each for work, each in figures.items() if not work.endswith(AT_RATE)}
    return _compared(free, speeds)


def _costs(figures: Figures) -> list[dict[str, Any]]:
    """The processor time of an operation, of ours against ours."""
    ours = {
        work: {name: each for name, each in subjects.items() if name.startswith(_OURS)}
        for work, subjects in figures.items()
    }
    return _compared(ours, lambda measured: measured.cpu_us)


def _compared(
    figures: Figures, values: Callable[[Measured], Sequence[float]]
) -> list[dict[str, Any]]:
    """Median, min and max over the paired rounds."""
    found = []
    for work, subjects in figures.items():
        for subject, against in itertools.permutations(subjects, 2):
            names = list(subjects)
            is_after = names.index(against) > names.index(subject)
            each = paired(values(subjects[subject]), values(subjects[against]))
            if each and (is_after or subject.startswith(_OURS)):
                found.append(_ratio((work, subject, against), each))
    return found


def _scale_ratios(figures: Figures) -> list[dict[str, Any]]:
    """Of each larger size against the smaller: by how much the median operation takes longer."""
    found = []
    for work, subjects in figures.items():
        names = list(subjects)
        for small, large in zip(names[::2], names[1::2], strict=True):
            pairs = zip(subjects[small].rounds, subjects[large].rounds, strict=True)
            each = [_median_latency(more) / _median_latency(less) for less, more in pairs]
            found.append(_ratio((work, large, small), each))
    return found


def _median_latency(taken: Round) -> float:
    return statistics.median(taken.latencies)


def _ratio(named: tuple[str, str, str], each: Sequence[float]) -> dict[str, Any]:
    work, subject, against = named
    return {
        "work": work,
        "subject": subject,
        "against": against,
        "median": round(statistics.median(each), 3),
        "min": round(min(each), 3),
        "max": round(max(each), 3),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def _median_or_none(each: Sequence[float]) -> float | None:
    return round(statistics.median(each), 1) if each else None
