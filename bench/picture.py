"""The picture of a run, as SVG: bars of requests per second, a panel for each work."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from xml.sax.saxutils import escape

from bench.report import plain

__all__ = ["LOOKS", "PANELS", "SUBJECT_NAMES", "Look", "draw"]

SUBJECT_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "doorward": "Doorward, SQLite",
        "doorward-postgresql": "Doorward, PostgreSQL",
        "oidc-provider": "oidc-provider, memory",
        "oidc-provider-map": "oidc-provider, Map",
        "oidc-provider-es256": "oidc-provider, ES256",
        "oidc-provider-rs256": "oidc-provider, RS256",
        "authlib": "Authlib",
        "authlib-1-thread": "Authlib",
        "django-oauth-toolkit": "Django OAuth Toolkit",
        "django-oauth-toolkit-1-thread": "Django OAuth Toolkit",
        "limit": "limit program",
        "limit-thread": "limit, own thread",
    },
)
"""Who is drawn, in this order, and under which name."""

PANELS: Mapping[str, str] = MappingProxyType(
    {
        "client_credentials": "Client credentials",
        "client_credentials_jwt": "Client credentials, JWT (Doorward: ES256)",
        "introspection": "Introspection",
        "refresh": "Refresh with rotation",
        "code_flow": "Code flow, four requests each",
        "discovery": "Discovery",
        "jwks": "Signing keys (JWKS)",
    },
)
"""What is drawn, in this order, and under which title."""

_WIDTH, _MARGIN, _GAP = 880, 24, 28
_NAMES, _NUMBERS = 148, 56
_BAR, _ROW, _TITLE, _HEAD = 13, 20, 26, 74
_PANEL = (_WIDTH - 2 * _MARGIN - _GAP) // 2
_LONGEST = _PANEL - _NAMES - _NUMBERS


@dataclass(frozen=True)
class Look:
    """The colours on one background."""

    ground: str
    text: str
    quiet: str
    ours: str
    theirs: str
    limit: str


LOOKS: Mapping[str, Look] = MappingProxyType(
    {
        "light": Look("#ffffff", "#1f2328", "#59636e", "#1f5fd0", "#818b98", "#b35900"),
        "dark": Look("#0d1117", "#f0f6fc", "#9198a1", "#6ea8ff", "#757d87", "#e3a04f"),
    },
)
"""Each text has a contrast of at least 4.5 to its ground, each bar of at least 3."""


def draw(document: Mapping[str, Any], look: Look) -> str:
    """The picture of the results ``document``. Works and subjects that it lacks are left out."""
    panels = [(title, rows) for work, title in PANELS.items() if (rows := _rows(document, work))]
    parts: list[str] = []
    top = _HEAD
    for first in range(0, len(panels), 2):
        pair = panels[first : first + 2]
        for place, (title, rows) in enumerate(pair):
            parts += _panel(title, rows, (_MARGIN + place * (_PANEL + _GAP), top), look)
        top += _TITLE + max(len(rows) for _, rows in pair) * _ROW + 18
    return "\n".join([*_frame(document, look, top + 10), *parts, "</svg>", ""])


def _rows(document: Mapping[str, Any], work: str) -> list[Mapping[str, Any]]:
    """The rows of ``work`` whose every answer was right, as they are drawn."""
    rows = {row["subject"]: row for row in document["rows"] if row["work"] == work}
    return [rows[name] for name in SUBJECT_NAMES if name in rows and not rows[name]["failures"]]


def _frame(document: Mapping[str, Any], look: Look, height: int) -> list[str]:
    machine = document["machine"]
    rounds = machine["rounds"]
    title = "Requests per second of one server process on one core"
    said = (
        f"Medians of {rounds['number']} rounds of {rounds['seconds']:g} s, {rounds['of']}"
        f" connections, on {machine['cpu']}; lines reach from the slowest to the fastest round."
    )
    durable = "oidc-provider keeps everything in memory; all others answer once it is on disk."
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}"'
        f' width="{_WIDTH}" height="{height}" role="img" aria-labelledby="t d"'
        ' font-family="system-ui, sans-serif">'
    )
    return [
        opening,
        f'<title id="t">{escape(title)}</title>',
        f'<desc id="d">{escape(f"{said} {durable}")}</desc>',
        f'<rect width="{_WIDTH}" height="{height}" rx="8" fill="{look.ground}"/>',
        _text((_MARGIN, 30), title, look.text, "600 17px"),
        _text((_MARGIN, 50), durable, look.quiet, "12px"),
        _text((_MARGIN, 66), said, look.quiet, "12px"),
    ]


def _panel(
    title: str, rows: Sequence[Mapping[str, Any]], corner: tuple[int, int], look: Look
) -> list[str]:
    left, top = corner
    most = max(_span(row)[1] for row in rows) or 1.0
    parts = [_text((left, top + 18), title, look.text, "600 13px")]
    for number, row in enumerate(rows):
        parts += _bar(row, (left, top + _TITLE + number * _ROW), _LONGEST / most, look)
    return parts


def _bar(
    row: Mapping[str, Any], corner: tuple[int, int], scale: float, look: Look
) -> Iterator[str]:
    """One subject: its name, its bar with the span of its rounds, and its figure."""
    left, top = corner
    start, middle = left + _NAMES, top + _BAR / 2
    subject = row["subject"]
    is_ours, is_limit = subject.startswith("doorward"), subject.startswith("limit")
    colour = look.ours if is_ours else look.limit if is_limit else look.theirs
    length = row["requests_per_s"] * scale
    least, most = (each * scale for each in _span(row))
    words = look.text if is_ours else look.quiet
    yield _text((left, top + 11), SUBJECT_NAMES[subject], words, "12px")
    yield (
        f'<rect x="{start}" y="{top}" width="{max(length, 1):.1f}" height="{_BAR}"'
        f' fill="{colour}"/>'
    )
    yield (
        f'<path d="M{start + least:.1f} {middle}H{start + most:.1f}" stroke="{look.text}"'
        ' stroke-width="1"/>'
    )
    at = (round(start + max(most, 1) + 6), top + 11)
    yield _text(at, plain(row["requests_per_s"]), words, "12px")


def _span(row: Mapping[str, Any]) -> tuple[float, float]:
    """Between what its rounds lay, where that is known."""
    rate = row["requests_per_s"]
    return row.get("least_per_s", rate), row.get("most_per_s", rate)


def _text(at: tuple[int, int], text: str, colour: str, font: str) -> str:
    *weight, size = font.split()
    bold = f' font-weight="{weight[0]}"' if weight else ""
    said = f'<text x="{at[0]}" y="{at[1]}" fill="{colour}" font-size="{size}"{bold}>'
    return f"{said}{escape(text)}</text>"
