"""What is printed of a run: the table, the ratios, what was wrong, and which goals are met."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from bench.measure import QUIET, Measured
from bench.results import Results, repeats, shares_of_others

__all__ = ["bound_of", "figure_of", "plain", "print_report", "subject_matter"]

MOST_AT_SCALE = 1.2
"""What a median operation with a million accounts may cost, in those with a thousand."""
_PRINTED = (
    *("work", "subject", "requests_per_s", "p50_ms", "p99_ms", "failures"),
    *("queries_per_operation", "resident_mb"),
    *("cpu_us_per_operation", "database_cpu_us_per_operation"),
)
_UNITS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "ratio": ("requests per second", " ×"),
        "cpu ratio": ("processor time", " × the processor time"),
        "p99 ms": ("p99", " ms (p99)"),
        "resident MB": ("resident memory", " MB"),
        "ready s": ("start", " s"),
    },
)
"""Each figure of a goal: its name, and its unit."""


def print_report(results: Results, document: Mapping[str, Any]) -> None:
    """Print ``document``, and what the ``results`` know besides."""
    if results.figures or results.sign_ins:
        _print_rows(results, document)
    ours = [each for each in document["ratios"] if each["subject"] == "doorward"]
    _print_table(
        ("work", "subject", "against", "median", "min", "max"),
        [[str(value) for value in ratio.values()] for ratio in ours],
    )
    _print_scale(results, document)
    _print_troubles(results)
    for work, lines in document["profiles"].items():
        print(f"{work}: share of the samples, in the function itself and with what it calls")
        print("\n".join(lines) + "\n")
    _print_goals(document)


def _print_rows(results: Results, document: Mapping[str, Any]) -> None:
    rows = []
    for row in document["rows"]:
        measured = results.figures.get(row["work"], {}).get(row["subject"])
        if row["work"] not in results.at_scale:
            cells = ["-" if row[name] is None else str(row[name]) for name in _PRINTED]
            rows.append(cells + (["-"] * 3 if measured is None else _shares(measured)))
    heads = ("work", "subject", "per s", "p50 ms", "p99 ms", "failures", "queries", "MB")
    _print_table((*heads, "CPU µs", "DB µs", "server busy", "load busy", "others"), rows)


def _shares(measured: Measured) -> list[str]:
    load = [each.generator_busy for each in measured.rounds]
    return [
        f"{statistics.median(each):.0%}" for each in (measured.server_busy, load, measured.taken)
    ]


def _print_scale(results: Results, document: Mapping[str, Any]) -> None:
    """Median times at both sizes side by side, and whether each ratio is low enough."""
    ratios = [each for each in document["ratios"] if each["work"] in results.at_scale]
    rows = []
    for ratio in ratios:
        work, large, small, median, least, most = ratio.values()
        subjects = results.at_scale[work]
        times = [subjects[name].percentile_ms(0.5) or 0.0 for name in (small, large)]
        cells = [f"{1000 * time:.0f}" for time in times]
        rows.append([work, large, *cells, str(median), str(least), str(most)])
    heads = ("work", "subject", "p50 µs, smaller", "p50 µs", "ratio", "min", "max")
    _print_table(heads, rows)
    for ratio in ratios:
        if ratio["median"] > MOST_AT_SCALE:
            what = f"{ratio['work']}, {ratio['subject']}"
            print(f"MISSED: {what}: at most {MOST_AT_SCALE} × the smaller: {ratio['median']}")
    if ratios:
        highest = max(ratio["median"] for ratio in ratios)
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


def _print_troubles(results: Results) -> None:
    for each in results.missing:
        print(f"missing: {each.work or 'every work'}, {each.subject}: {each.reason}")
    for work, subjects in {**results.figures, **results.at_scale}.items():
        for subject, measured in subjects.items():
            texts = {text: None for one in measured.rounds for text in one.wrong}
            for text in list(texts)[:3]:
                print(f"wrong: {work}, {subject}: {text}")
        for said in {said: None for each in subjects.values() for said in each.notes}:
            answers = {name: each.notes.get(said, "none") for name, each in subjects.items()}
            if len(set(answers.values())) > 1:
                print(f"not the same work: {work}, {said}: {answers}")
    disturbed = max(shares_of_others(results.figures), default=0.0)
    if disturbed > QUIET:
        print(f"disturbed: other programs took up to {disturbed:.0%} of the two cores in a round")
    repeated = repeats(results.figures)
    if repeated:
        print(f"repeated: {repeated} rounds in which other programs took more than {QUIET:.0%}")


def _print_goals(document: Mapping[str, Any]) -> None:
    for each in document["goals"]:
        note = f" ({each['note']})" if each["note"] else ""
        against = f" against {each['against']}" if each["against"] else ""
        what = f"{subject_matter(each)}: {each['subject']}{against}"
        word = each["verdict"] if each["verdict"] == "met" else each["verdict"].upper()
        print(f"{word}: {what}: {bound_of(each)}: {figure_of(each)}{note}")


def bound_of(verdict: Mapping[str, Any]) -> str:
    """What a goal wants, with its unit."""
    return str(verdict["wanted"]) + _UNITS[verdict["figure"]][1]


def subject_matter(verdict: Mapping[str, Any]) -> str:
    """The work of a goal, or what it is about where it is of no work alone."""
    return str(verdict["work"] or _UNITS[verdict["figure"]][0])


def figure_of(verdict: Mapping[str, Any]) -> str:
    """What was measured, and between what its rounds lay."""
    if verdict["measured"] is None:
        return "-"
    text = plain(verdict["measured"])
    if verdict["min"] is None:
        return text
    return f"{text} ({plain(verdict['min'])} to {plain(verdict['max'])})"


def plain(value: float) -> str:
    """A number as people read it: few digits, and no exponent."""
    return f"{value:,.0f}".replace(",", " ") if value >= 100 else f"{value:.2f}"
