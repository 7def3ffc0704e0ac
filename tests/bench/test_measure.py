"""Rounds that other programs disturb are taken again, and wrong answers never get lost by it."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bench import measure
from bench.load import Round
from bench.measure import Measured, Plan, one_round

pytestmark = pytest.mark.anyio
PLAN = Plan(rounds=1, seconds=1.0, warm_up_s=0.0, connections=1)


class Server:
    """Stands for a server that counts no statements."""

    async def statements_run(self) -> None:
        """It does not."""

    def resident_mb(self) -> float:
        """Any number."""
        return 1.0


class Work:
    """Stands for a work whose kept answers are all right."""

    async def check(self) -> list[str]:
        """Nothing is wrong."""
        return []


async def taken(
    monkeypatch: pytest.MonkeyPatch, rounds: list[tuple[float, int]]
) -> tuple[Measured, int]:
    """What came of rounds in which others took so much, and so many answers were wrong.

    And how many of ``rounds`` are left.
    """
    coming: Iterator[tuple[float, int]] = iter(rounds)
    others = 0.0

    async def load(*_: object) -> Round:
        nonlocal others
        others, failures = next(coming)
        return Round(seconds=1.0, latencies=[int(others * 1000)], finished=1, failures=failures)

    def clock(_: object) -> Any:
        return SimpleNamespace(
            stop=lambda: SimpleNamespace(server=0.5, database=0.0, wall=1.0, others=2 * others)
        )

    monkeypatch.setattr(measure, "_load", load)
    monkeypatch.setattr(measure, "_Clock", clock)
    into = Measured()
    await one_round(cast("Any", Server()), cast("Any", Work()), into, PLAN)
    return into, len(list(coming))


async def test_a_disturbed_round_is_taken_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the quiet one counts; that another was there is told."""
    into, left = await taken(monkeypatch, [(0.4, 0), (0.01, 0), (0.0, 0)])
    assert (into.taken, into.repeated, left) == ([0.01], 1, 1)
    assert [each.latencies for each in into.rounds] == [[10]]


async def test_after_two_repeats_it_counts_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that is never quiet still gives figures, and they say so."""
    into, left = await taken(monkeypatch, [(0.4, 0), (0.3, 0), (0.2, 0), (0.0, 0)])
    assert (into.taken, into.repeated, left) == ([0.2], 2, 1)


async def test_a_wrong_answer_counts_however_disturbed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Being disturbed excuses being late, not being wrong."""
    into, left = await taken(monkeypatch, [(0.4, 1), (0.0, 0)])
    assert (into.failures, into.repeated, left) == (1, 0, 1)
