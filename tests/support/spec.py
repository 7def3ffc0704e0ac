"""Which test shows which requirement of which standard: a mark, and a matrix after the run.

`@spec("RFC 7636", "4.6", "the verifier answers the challenge")` is the mark. The hooks below are
loaded by tests/conftest.py; they print the matrix and write it to build/standards.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest

__all__ = ["MATRIX", "Matrix", "Requirement", "spec"]

_PROPERTY = "spec"
_STORED: Final = Path("build") / "standards.md"
_ORDER = ("failed", "skipped", "passed")


def spec(standard: str, section: str, requirement: str) -> pytest.MarkDecorator:
    """The test shows ``requirement`` of ``section`` of ``standard``."""
    return pytest.mark.spec(standard, section, requirement)


@dataclass(frozen=True, slots=True)
class Requirement:
    """One row of the matrix."""

    standard: str
    section: str
    text: str

    @property
    def place(self) -> tuple[object, ...]:
        """Where it stands: by standard, then by section as a number."""
        numbers = tuple(
            (0, int(part), "") if part.isdigit() else (1, 0, part)
            for part in self.section.split(".")
        )
        return (self.standard, numbers, self.text)


@dataclass(slots=True)
class Matrix:
    """What every requirement's tests came to."""

    outcomes: dict[Requirement, dict[str, list[str]]] = field(default_factory=dict)
    lacking: list[tuple[Requirement, str]] = field(default_factory=list)
    """Requirements of features that Doorward does not have, and those features."""

    def add(self, requirement: Requirement, *, test: str, outcome: str) -> None:
        """Note that ``test`` (a node id) ended with ``outcome``."""
        plain = test.partition("[")[0]
        self.outcomes.setdefault(requirement, {}).setdefault(plain, []).append(outcome)

    def rows(self) -> Iterable[tuple[Requirement, str, str]]:
        """Each requirement with one of its tests and that test's status."""
        for requirement in sorted(self.outcomes, key=lambda each: each.place):
            for test, outcomes in sorted(self.outcomes[requirement].items()):
                yield requirement, test, _status(outcomes)

    @property
    def broken(self) -> int:
        """How many requirements have a test that failed."""
        return sum(
            any("failed" in outcomes for outcomes in tests.values())
            for tests in self.outcomes.values()
        )

    def render(self) -> str:
        """The matrix as a Markdown table."""
        lines = [
            "# Standards",
            "",
            "Written by the test run: which requirement is shown by which test.",
            "",
            "| standard | section | requirement | test | status |",
            "|---|---|---|---|---|",
        ]
        lines += [
            f"| {each.standard} | {each.section} | {_cell(each.text)} | `{test}` | {status} |"
            for each, test, status in self.rows()
        ]
        lines += [
            f"| {each.standard} | {each.section} | {_cell(each.text)} | | not there: {feature} |"
            for each, feature in self.lacking
        ]
        return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _status(outcomes: Sequence[str]) -> str:
    counts = {word: outcomes.count(word) for word in _ORDER}
    present = [word for word in _ORDER if counts[word]]
    if len(present) == 1:
        return present[0] if len(outcomes) == 1 else f"{present[0]} ({len(outcomes)})"
    return ", ".join(f"{word} {counts[word]}" for word in present)


MATRIX: Final = pytest.StashKey[Matrix]()


@pytest.hookimpl(tryfirst=True)  # others add to the matrix
def pytest_configure(config: pytest.Config) -> None:
    config.stash[MATRIX] = Matrix()
    config.pluginmanager.register(_Collector(config.stash[MATRIX]), "standards")


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """Write each mark into the item's properties, which travel with its reports."""
    for item in items:
        for mark in item.iter_markers(_PROPERTY):
            if len(mark.args) != 3 or not all(isinstance(each, str) for each in mark.args):
                raise pytest.UsageError(f"{item.nodeid}: spec takes a standard, section and text")
            item.user_properties.append((_PROPERTY, list(mark.args)))


class _Collector:
    """Listens to reports, also to those that come from other processes."""

    def __init__(self, matrix: Matrix) -> None:
        self.matrix = matrix

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when != "call" and report.passed:
            return
        for name, value in report.user_properties:
            if name == _PROPERTY and isinstance(value, list):
                self.matrix.add(
                    Requirement(*value), test=report.nodeid, outcome=str(report.outcome)
                )


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    matrix = config.stash[MATRIX]
    if not matrix.outcomes:
        return
    stored = config.rootpath / _STORED
    stored.parent.mkdir(exist_ok=True)
    stored.write_text(matrix.render(), encoding="utf-8")
    terminalreporter.section("standards")
    if config.get_verbosity() >= 0:
        for requirement, test, status in matrix.rows():
            terminalreporter.write_line(
                f"{requirement.standard} {requirement.section}: {requirement.text}"
                f" - {status} - {test.rpartition('/')[2]}"
            )
        for requirement, feature in matrix.lacking:
            terminalreporter.write_line(
                f"{requirement.standard} {requirement.section}: {requirement.text}"
                f" - not there: {feature}"
            )
    terminalreporter.write_line(
        f"{len(matrix.outcomes)} requirements, {matrix.broken} broken; written to {_STORED}"
    )
