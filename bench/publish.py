"""What is shown of the last run: tables in docs/performance.md, and the picture of the README.

All of it is made of bench/results.json alone; a test compares them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from bench.picture import LOOKS, draw
from bench.report import bound_of, figure_of, plain, subject_matter

__all__ = ["FIGURES", "PICTURES", "publish", "published"]

_ROOT = Path(__file__).resolve().parent.parent
_BLOCK = re.compile(r"(<!-- bench: results -->\n).*?(<!-- bench: end -->)", re.DOTALL)
FIGURES = Path("docs/performance.md")
PICTURES: Mapping[Path, str] = MappingProxyType(
    {Path(f"docs/images/bench-{name}.svg"): name for name in LOOKS}
)
_UNKNOWN = "-"


def publish(document: Mapping[str, Any], root: Path = _ROOT) -> None:
    """Write everything that ``published`` says."""
    for path, text in published(document, root).items():
        (root / path).write_text(text)


def published(document: Mapping[str, Any], root: Path = _ROOT) -> dict[Path, str]:
    """Each file that shows the results ``document``, as it must be."""
    written = (root / FIGURES).read_text()
    text, found = _BLOCK.subn(
        lambda block: block[1] + "\n".join(_lines(document)) + "\n" + block[2], written
    )
    if not found:
        raise LookupError(f"{FIGURES} has no place for the results")
    return {FIGURES: text} | {path: draw(document, LOOKS[name]) for path, name in PICTURES.items()}


def _lines(document: Mapping[str, Any]) -> list[str]:
    machine = document["machine"]
    rounds = machine["rounds"]
    run = (
        f"{rounds['number']} rounds of {rounds['seconds']:g} s for each work, {rounds['of']}"
        f" connections, on {machine['cpu']} with {machine['cores']} cores"
        f" ({machine['file_system']}, Python {machine['python']}, Node.js {machine['node']})."
        f" Other programs took up to {machine['taken_by_others']:.0%} of both cores in a round"
        f" that counts; {machine['repeated']} were taken again."
    )
    lines = [
        run,
        "",
        *_goals(document["goals"]),
        *_missing(document.get("missing", ())),
        *_rows(document["rows"]),
        *_profiles(document.get("profiles", {})),
    ]
    return lines[:-1] if not lines[-1] else lines


def _profiles(profiles: Mapping[str, Sequence[str]]) -> list[str]:
    """Of Doorward on SQLite: the share of each function alone, and with what it calls."""
    lines = []
    for work, functions in profiles.items():
        lines += [f"Where the time of `{work}` goes, alone and with what is called:", "", "```text"]
        lines += [*functions, "```", ""]
    return lines


def _goals(goals: Sequence[Mapping[str, Any]]) -> list[str]:
    heads = ("work", "subject", "against", "goal", "measured", "")
    rows = [
        (
            subject_matter(each),
            f"`{each['subject']}`",
            f"`{each['against']}`" if each["against"] else "",
            bound_of(each),
            figure_of(each) + (f"; {each['note']}" if each["note"] else ""),
            each["verdict"] if each["verdict"] == "met" else f"**{each['verdict']}**",
        )
        for each in goals
    ]
    return _table(heads, rows)


def _missing(missing: Sequence[Mapping[str, str]]) -> list[str]:
    return [
        *(
            f"- `{each['subject']}` is missing at {each['work'] or 'every work'}:"
            f" {_cell(each['reason'])}"
            for each in missing
        ),
        *([""] if missing else []),
    ]


def _rows(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    heads = ("work", "subject", "per s", "p50 ms", "p99 ms", "failures", "queries", "MB", "CPU µs")
    names = ("requests_per_s", "p50_ms", "p99_ms", "failures", "queries_per_operation")
    return _table(
        heads,
        [
            (
                row["work"],
                f"`{row['subject']}`",
                *(
                    _number(row.get(name))
                    for name in (*names, "resident_mb", "cpu_us_per_operation")
                ),
            )
            for row in rows
        ],
    )


def _number(value: float | None) -> str:
    if value is None:
        return _UNKNOWN
    return str(value) if isinstance(value, int) else plain(value)


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    if not rows:
        return []
    lines = [heads, ["---"] * len(heads), *(map(_cell, row) for row in rows)]
    return [*(f"| {' | '.join(line)} |" for line in lines), ""]


def _cell(text: str) -> str:
    """One line of a table, whatever a server said."""
    return " ".join(text.split()).replace("|", "/").replace("<", "‹")
