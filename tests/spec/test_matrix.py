"""The matrix of standards itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.spec import Matrix, Requirement

ROOT = Path(__file__).resolve().parents[2]
CHALLENGE = Requirement("RFC 7636", "4.6", "the verifier answers the challenge")

EXAMPLE = """
import pytest
from tests.support.spec import spec

@spec("RFC 9999", "10.2", "the second | rule")
@pytest.mark.parametrize("number", [1, 2])
def test_numbers(number):
    assert number < 3

@spec("RFC 9999", "9", "the first rule")
def test_first():
    assert not {failing}

@spec("RFC 9999", "11", "a rule of another day")
@pytest.mark.skip(reason="another day")
def test_later():
    pass

def test_without_a_mark():
    pass
"""


def run(folder: Path, source: str, *options: str) -> subprocess.CompletedProcess[str]:
    """A pytest run of its own over one file."""
    (folder / "test_example.py").write_text(source)
    (folder / "pytest.ini").write_text(
        f"[pytest]\npythonpath = {ROOT}\nmarkers = spec(standard, section, requirement): shown\n"
    )
    command = (sys.executable, "-m", "pytest", "-p", "tests.support.spec", *options)
    return subprocess.run(
        command,
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize("options", [(), ("-n", "2")])
def test_a_run_writes_and_prints_what_was_shown(tmp_path: Path, options: tuple[str, ...]) -> None:
    """Whether the tests ran in this process or in several."""
    ran = run(tmp_path, EXAMPLE.replace("{failing}", "False"), *options)
    assert ran.returncode == 0, ran.stdout
    lines = (tmp_path / "build" / "standards.md").read_text().splitlines()
    test = "`test_example.py::"
    assert lines[-3:] == [
        f"| RFC 9999 | 9 | the first rule | {test}test_first` | passed |",
        f"| RFC 9999 | 10.2 | the second \\| rule | {test}test_numbers` | passed (2) |",
        f"| RFC 9999 | 11 | a rule of another day | {test}test_later` | skipped |",
    ]
    assert "RFC 9999 9: the first rule - passed - test_example.py::test_first" in ran.stdout
    assert "3 requirements, 0 broken" in ran.stdout


def test_a_requirement_whose_test_fails_is_broken(tmp_path: Path) -> None:
    ran = run(tmp_path, EXAMPLE.replace("{failing}", "True"), "-q")
    assert ran.returncode == 1
    assert "3 requirements, 1 broken" in ran.stdout
    assert "| failed |" in (tmp_path / "build" / "standards.md").read_text()


def test_a_mark_without_its_three_words_stops_the_run(tmp_path: Path) -> None:
    source = "import pytest\n@pytest.mark.spec('RFC 9999')\ndef test_it():\n    pass\n"
    ran = run(tmp_path, source)
    assert ran.returncode == pytest.ExitCode.USAGE_ERROR
    assert "takes a standard, section and text" in ran.stdout + ran.stderr


def test_a_run_without_marks_writes_nothing(tmp_path: Path) -> None:
    ran = run(tmp_path, "def test_it():\n    pass\n")
    assert ran.returncode == 0
    assert not (tmp_path / "build").exists()


def test_one_failure_among_many_shows() -> None:
    matrix = Matrix()
    for number in range(3):
        matrix.add(
            CHALLENGE, test=f"a.py::test_it[{number}]", outcome="failed" if number else "passed"
        )
    assert [status for _, _, status in matrix.rows()] == ["failed 2, passed 1"]
    assert matrix.broken == 1
