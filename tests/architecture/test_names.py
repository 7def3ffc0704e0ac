"""Names say what is owned, nothing is left unfinished, and the protocol is pure."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.architecture.names import forbidden_names, impure, unfinished
from tests.architecture.tree import ROOT


def plant(root: Path, name: str, text: str) -> Path:
    """Write one file of a small tree."""
    path = root / name
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return root


def test_no_name_says_nothing() -> None:
    """No module, package or class is called utils, helpers, common, base, manager or impl."""
    assert forbidden_names(ROOT) == []


def test_nothing_is_left_unfinished() -> None:
    """The package holds no mark of work to be done later."""
    assert unfinished(ROOT) == []


def test_the_protocol_reads_no_clock_and_touches_nothing() -> None:
    """Time and the world are handed in to the protocol's functions."""
    assert impure(ROOT) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("src/doorward/utils/model.py", ""),
        ("src/doorward/orgs/org_helpers.py", ""),
        ("src/doorward/orgs/model.py", "class OrgManager: ...\n"),
        ("tests/support/common.py", ""),
    ],
)
def test_a_name_that_says_nothing_is_found(tmp_path: Path, name: str, text: str) -> None:
    """The forbidden words are found in modules, packages and classes."""
    assert len(forbidden_names(plant(tmp_path, name, text))) == 1


def test_a_longer_word_is_not_a_forbidden_one(tmp_path: Path) -> None:
    """Whole words are meant: a database is not a base."""
    assert (
        forbidden_names(plant(tmp_path, "src/doorward/db/database.py", "class Database: ...")) == []
    )


@pytest.mark.parametrize("mark", ["TODO", "FIXME", "XXX"])
def test_a_mark_of_unfinished_work_is_found(tmp_path: Path, mark: str) -> None:
    """Marks are found in templates and style sheets as well as in Python."""
    assert (
        len(unfinished(plant(tmp_path, "src/doorward/http/app.css", f"/* {mark}: dark */\n"))) == 1
    )


def test_a_function_left_open_is_found(tmp_path: Path) -> None:
    """An exception that says "later" is unfinished work."""
    text = "def f() -> None:\n    raise NotImplementedError\n"
    assert len(unfinished(plant(tmp_path, "src/doorward/orgs/model.py", text))) == 1


@pytest.mark.parametrize("call", ["datetime.now()", "date.today()", "open('x')", "print(1)"])
def test_an_impure_call_in_the_protocol_is_found(tmp_path: Path, call: str) -> None:
    """A clock or a file is found although its import is allowed."""
    assert len(impure(plant(tmp_path, "src/doorward/protocol/pkce.py", f"{call}\n"))) == 1


def test_other_rooms_may_read_a_clock(tmp_path: Path) -> None:
    """Only the protocol is held to purity."""
    assert impure(plant(tmp_path, "src/doorward/db/clock.py", "datetime.now()\n")) == []
