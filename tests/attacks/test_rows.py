"""Every row of the attacks and of the standard has a test, or says which feature is not there."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.support.attacks import ATTACK_ROWS, STANDARD_ROWS, Row

TESTS = Path(__file__).resolve().parents[1]


@cache
def marked(mark: str) -> dict[str, set[str]]:
    """Each name that some test is marked with by ``mark``, and those tests."""
    found: dict[str, set[str]] = {}
    for path in TESTS.rglob("test_*.py"):
        for test, name in _marks(ast.parse(path.read_text(encoding="utf-8")), mark):
            found.setdefault(name, set()).add(f"{path.relative_to(TESTS)}::{test}")
    return found


def _marks(tree: ast.Module, mark: str) -> Iterator[tuple[str, str]]:
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for decorator in node.decorator_list:
            if isinstance(decorator, ast.Call) and getattr(decorator.func, "id", "") == mark:
                for argument in decorator.args:
                    assert isinstance(argument, ast.Constant), f"{node.name}: write the row's name"
                    yield node.name, str(argument.value)


@pytest.mark.parametrize(
    ("mark", "rows"), [("attack", ATTACK_ROWS), ("asvs", STANDARD_ROWS)], ids=["attacks", "asvs"]
)
def test_every_row_is_shown_or_says_what_is_missing(mark: str, rows: tuple[Row, ...]) -> None:
    """A row of a feature that is there has a test; a row that waits for a feature has none."""
    shown = marked(mark)
    without = [
        f"{row.prefix} {row.name}" for row in rows if not row.lacks and row.name not in shown
    ]
    assert without == []
    too_early = [row.name for row in rows if row.lacks and row.name in shown]
    assert too_early == []
    assert set(shown) <= {row.name for row in rows}


def test_no_row_stands_twice() -> None:
    """The mark finds its row by name."""
    for rows in (ATTACK_ROWS, STANDARD_ROWS):
        names = [row.name for row in rows]
        assert len(names) == len(set(names))
