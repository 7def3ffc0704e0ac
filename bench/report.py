"""What is made of the figures: the table, the ratios, the floors, bench/results.json."""

from __future__ import annotations

import itertools
import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from bench.load import Round
from bench.measure import Measured, Missing

__all__ = ["FLOORS", "Results", "print_report", "write_results"]

Figures = Mapping[str, Mapping[str, Measured]]
"""What was measured, by work, then by subject."""


@dataclass(frozen=True)
class Floor:
    """A ratio of requests per second that ``subject`` must reach."""

    work: str
    subject: str
    against: str
    at_least: float


MOST_AT_SCALE = 1.2
"""What a median operation with a million accounts may cost, in those with a thousand."""


@dataclass(frozen=True)
class Ceiling:
    """A figure of the server that must stay below ``at_most``."""

    what: str
    at_most: float


FLOORS = (
    Floor("client_credentials", "doorward", "oidc-provider", 1.0),
    Floor("introspection", "doorward", "oidc-provider", 1.0),
)
RESIDENT_MB = Ceiling("resident MB of doorward", 120)
READY_S = Ceiling("seconds until doorward is ready", 2)
_QUIET = 0.05
"""Share of the two cores that other programs may take before the figures are called disturbed."""


@dataclass(frozen=True)
class Results:
    """Everything that a run found out."""

    machine: Mapping[str, object]
    figures: Figures
    ready_s: float | None = None
    at_scale: Figures = field(default_factory=dict)
    """The same work at two sizes: for each operation pairs of subjects, the smaller one first."""
    missing: Sequence[Missing] = ()


def _rows(figures: Figures) -> list[dict[str, object]]:
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
            "cpu_us_per_operation": round(_cpu_us(measured), 1),
            "database_cpu_us_per_operation": round(_median_of(measured.database_us), 1),
        }
        for work, subjects in figures.items()
        for subject, measured in subjects.items()
    ]


def _ratios(figures: Figures) -> list[dict[str, object]]:
    """Of each subject against those after it: median, min and max over the paired rounds."""
    found = []
    for work, subjects in figures.items():
        for subject, against in itertools.combinations(subjects, 2):
            pairs = zip(subjects[subject].rounds, subjects[against].rounds, strict=True)
            each = [one.per_second / other.per_second for one, other in pairs if other.per_second]
            if each:
                found.append(_ratio((work, subject, against), each))
    return found


def _scale_ratios(figures: Figures) -> list[dict[str, object]]:
    """Of each larger size against the smaller: by how much the median operation takes longer."""
    found: list[dict[str, object]] = []
    for work, subjects in figures.items():
        names = list(subjects)
        for small, large in zip(names[::2], names[1::2], strict=True):
            pairs = zip(subjects[small].rounds, subjects[large].rounds, strict=True)
            each = [_median(more) / _median(less) for less, more in pairs]
            found.append(_ratio((work, large, small), each))
    return found


def _median(taken: Round) -> float:
    return statistics.median(taken.latencies)


def _ratio(named: tuple[str, str, str], each: Sequence[float]) -> dict[str, object]:
    work, subject, against = named
    return {
        "work": work,
        "subject": subject,
        "against": against,
        "median": round(statistics.median(each), 3),
        "min": round(min(each), 3),
        "max": round(max(each), 3),
    }


def write_results(results: Results, path: Path) -> None:
    """Write the machine, the rows and the ratios as JSON."""
    machine = {
        **results.machine,
        "taken_by_others": round(max(_taken(results.figures), default=0.0), 3),
    }
    document = {
        "machine": machine,
        "rows": [*_rows(results.figures), *_rows(results.at_scale)],
        "ratios": [*_ratios(results.figures), *_scale_ratios(results.at_scale)],
        "missing": [asdict(each) for each in results.missing],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n")


def print_report(results: Results) -> None:
    """Print the table, the ratios, what was wrong, and which floors are met."""
    if results.figures:
        _print_rows(results.figures)
    ratios = _ratios(results.figures)
    _print_table(
        ("work", "subject", "against", "median", "min", "max"),
        [[str(value) for value in ratio.values()] for ratio in ratios],
    )
    _print_scale(results.at_scale)
    _print_troubles({**results.figures, **results.at_scale}, results.missing)
    _print_floors(results, ratios)


def _print_rows(figures: Figures) -> None:
    rows = []
    for row in _rows(figures):
        measured = figures[str(row["work"])][str(row["subject"])]
        server = statistics.median(measured.server_busy)
        load = statistics.median(each.generator_busy for each in measured.rounds)
        cells = ["-" if value is None else str(value) for value in row.values()]
        others = statistics.median(measured.taken)
        cells += [f"{server:.0%}", f"{load:.0%}", f"{others:.0%}"]
        rows.append(cells)
    heads = ("work", "subject", "per s", "p50 ms", "p99 ms", "failures", "queries", "MB")
    _print_table((*heads, "CPU µs", "DB µs", "server busy", "load busy", "others"), rows)


def _print_scale(figures: Figures) -> None:
    """Median times at both sizes side by side, and whether each ratio is low enough."""
    ratios = _scale_ratios(figures)
    rows = []
    for ratio in ratios:
        work, large, small, median, least, most = ratio.values()
        subjects = figures[str(work)]
        times = [subjects[str(name)].percentile_ms(0.5) or 0.0 for name in (small, large)]
        cells = [f"{1000 * time:.0f}" for time in times]
        rows.append([str(work), str(large), *cells, str(median), str(least), str(most)])
    heads = ("work", "subject", "p50 µs, smaller", "p50 µs", "ratio", "min", "max")
    _print_table(heads, rows)
    for work, large, _, median, _, _ in (ratio.values() for ratio in ratios):
        if isinstance(median, float) and median > MOST_AT_SCALE:
            print(f"MISSED: {work}, {large}: at most {MOST_AT_SCALE} × the smaller: {median}")
    if ratios:
        highest = max(float(str(ratio["median"])) for ratio in ratios)
        print(f"highest ratio at scale: {highest} (at most {MOST_AT_SCALE})\n")


def _print_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    if not rows:
        return
    widths = [max(len(cell) for cell in column) for column in zip(heads, *rows, strict=True)]
    named = sum(head in {"work", "subject", "against"} for head in heads)
    for cells in (heads, *rows):
        padded = [
            cell.ljust(width) if place < named else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ]
        print("  ".join(padded).rstrip())
    print()


def _print_troubles(figures: Figures, missing: Sequence[Missing]) -> None:
    for each in missing:
        print(f"missing: {each.work or 'every work'}, {each.subject}: {each.reason}")
    for work, subjects in figures.items():
        for subject, measured in subjects.items():
            texts = {text: None for each in measured.rounds for text in each.wrong}
            for text in list(texts)[:3]:
                print(f"wrong: {work}, {subject}: {text}")
        for said in {said: None for each in subjects.values() for said in each.notes}:
            answers = {name: each.notes.get(said, "none") for name, each in subjects.items()}
            if len(set(answers.values())) > 1:
                print(f"not the same work: {work}, {said}: {answers}")

    disturbed = max(_taken(figures), default=0.0)
    if disturbed > _QUIET:
        print(f"disturbed: other programs took up to {disturbed:.0%} of the two cores in a round")


def _taken(figures: Figures) -> list[float]:
    return [
        share
        for subjects in figures.values()
        for measured in subjects.values()
        for share in measured.taken
    ]


def _cpu_us(measured: Measured) -> float:
    return _median_of(measured.cpu_us)


def _median_of(each: Sequence[float]) -> float:
    return statistics.median(each) if each else 0.0


def _print_floors(results: Results, ratios: Sequence[Mapping[str, object]]) -> None:
    medians = {(each["work"], each["subject"], each["against"]): each["median"] for each in ratios}
    for floor in FLOORS:
        median = medians.get((floor.work, floor.subject, floor.against))
        if isinstance(median, float):
            word = "met" if median >= floor.at_least else "MISSED"
            wanted = f"{floor.work}: {floor.subject} at least {floor.at_least} × {floor.against}"
            print(f"{word}: {wanted}: {median}")
    for ceiling, figure in _against_ceilings(results):
        word = "met" if figure < ceiling.at_most else "MISSED"
        print(f"{word}: {ceiling.what} under {ceiling.at_most:g}: {figure:.2f}")


def _against_ceilings(results: Results) -> list[tuple[Ceiling, float]]:
    found = []
    resident = [
        subjects["doorward"].resident_mb
        for subjects in results.figures.values()
        if "doorward" in subjects
    ]
    if resident:
        found.append((RESIDENT_MB, max(resident)))
    if results.ready_s is not None:
        found.append((READY_S, results.ready_s))
    return found


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
