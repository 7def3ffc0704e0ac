"""Tables as files that spreadsheets open: CSV without formulas (OWASP, CSV injection)."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from io import StringIO
from typing import Final

__all__ = ["CSV_MARK", "render_csv_line", "unguard_formula"]

CSV_MARK: Final = "\ufeff"
"""The mark by which spreadsheets know UTF-8, at the beginning of a file."""
_FORMULA = tuple("=+-@\t\r＝＋－＠")  # full-width signs begin a formula in Japanese spreadsheets


def render_csv_line(cells: Iterable[str]) -> str:
    """``cells`` as a line of CSV (RFC 4180), none of which begins a formula."""
    line = StringIO()
    csv.writer(line).writerow([_guarded(cell) for cell in cells])
    return line.getvalue()


def _guarded(cell: str) -> str:
    return "'" + cell if cell.startswith(_FORMULA) else cell


def unguard_formula(cell: str) -> str:
    """What a cell of ``render_csv_line`` was given as."""
    return cell[1:] if cell[:1] == "'" and cell[1:].startswith(_FORMULA) else cell
