"""Functions and files stay small; the rule can fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.architecture.sizes import oversized
from tests.architecture.tree import ROOT

LONG_BODY = "    x = 1\n" * 50
LONG = "def long() -> None:\n" + LONG_BODY
WIDE = "def wide(a, b, c, d, *, e, f, g): ...\n"


def plant(root: Path, text: str, name: str = "src/doorward/orgs/model.py") -> Path:
    """Write one file of a small tree."""
    path = root / name
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return root


def test_functions_and_files_are_small() -> None:
    """No function over 50 lines or six arguments, no file over 400 lines, without a reason."""
    assert oversized(ROOT) == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (LONG, "long has 51 lines"),
        (f"class Room:\n    async {WIDE}", "wide takes 7 arguments"),
        ("x = 1\n" * 401, "the file has 401 lines"),
        (f"# size: because\n{LONG}", "must give its reason"),
    ],
)
def test_what_is_too_large_is_found(tmp_path: Path, text: str, fault: str) -> None:
    """Each limit is enforced, and a reason of one word is none."""
    findings = oversized(plant(tmp_path, text))
    assert len(findings) == 1
    assert fault in findings[0]


@pytest.mark.parametrize(
    "text",
    [
        "def short() -> None:\n" + "    x = 1\n" * 49,
        "class Room:\n    def wide(self, a, b, c, d, *, e, f): ...\n",
        f"# size: one aligned table of checks\n{LONG}",
        "def wide(a, b, c, d, e, f, g):  # size: the signature is fixed by the driver\n    ...\n",
        "x = 1\n" * 400,
        '"""Data."""\n\n# size: one row for each language\n' + "x = 1\n" * 400,
    ],
)
def test_what_fits_or_gives_its_reason_passes(tmp_path: Path, text: str) -> None:
    """The limits themselves are allowed, and so is an exception with its reason."""
    assert oversized(plant(tmp_path, text)) == []


def test_a_comment_on_one_function_does_not_excuse_the_next(tmp_path: Path) -> None:
    """An exception holds for the function that it stands at, and for no other."""
    text = f"# size: one aligned table of checks\n{LONG}\n\n{LONG}"
    assert len(oversized(plant(tmp_path, "import os\n" + text))) == 1


def test_a_test_may_ask_for_many_fixtures(tmp_path: Path) -> None:
    """The arguments of a test are not counted."""
    assert oversized(plant(tmp_path, WIDE, "tests/flows/test_code.py")) == []
