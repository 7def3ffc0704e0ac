"""The arithmetic of a soak run: windows, slopes, verdicts."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import pytest

from soak.judging import judge, slope, steady, thirds
from soak.telling import picture
from soak.windows import Answers, Held, Window, percentile

HELD = Held(150.0, 1.0, 50, 8, 10.0, 4.0, 2)
QUIET = Window(0.0, 10.0, 1000, 0, 1.0, 5.0, 4.0, 0, HELD)
RATE = 100.0


def run_of(change: Callable[[int, Window], Window], count: int = 60) -> list[Window]:
    """A run in which each window is ``QUIET`` but for what ``change`` makes of it."""
    return [change(n, replace(QUIET, at_s=10.0 * n)) for n in range(count)]


def holding(window: Window, **held: float) -> Window:
    return replace(window, held=replace(window.held, **held))  # type: ignore[arg-type]


def test_a_run_that_lies_flat_is_good() -> None:
    """Every figure is within its bound."""
    assert all(each.is_good for each in judge(run_of(lambda _, w: w), RATE))


@pytest.mark.parametrize(
    ("what", "change"),
    [
        ("errors", lambda n, w: replace(w, failures=int(n == 0))),
        ("not served of the rate", lambda _, w: replace(w, finished=970)),
        ("memory climbs in 10 minutes", lambda n, w: holding(w, resident_mb=150 + n / 50)),
        ("p99, last third", lambda n, w: replace(w, p99_ms=5 + n / 20)),
        ("open files, last third", lambda n, w: holding(w, open_files=50 + n // 5)),
        ("write-ahead log, last third", lambda n, w: holding(w, log_mb=4 + n)),
        ("callers waiting for the database", lambda n, w: holding(w, queue=n)),
    ],
)
def test_each_thing_that_climbs_is_found_and_nothing_else(
    what: str, change: Callable[[int, Window], Window]
) -> None:
    """The finding that names it is the only bad one."""
    assert [each.what for each in judge(run_of(change), RATE) if not each.is_good] == [what]


def test_what_fills_up_in_the_warm_up_and_one_leap_after_it_are_no_slope() -> None:
    """Caches fill to their bounds; an allocator takes a megabyte now and then."""
    filling = run_of(lambda n, w: holding(w, resident_mb=100 + 5 * min(n, 10) + (n > 40)))
    assert all(each.is_good for each in judge(filling, RATE))


def test_a_slope_is_the_median_of_those_between_any_two_points() -> None:
    """A line has its own; a single point, or two at once, has none."""
    line = [(float(at), 3.0 + 0.5 * at) for at in range(20)]
    assert math.isclose(slope(line), 0.5)
    assert math.isclose(slope([*line, (20.0, 400.0)]), 0.5, rel_tol=0.05)
    assert slope([(1.0, 2.0)]) == 0.0
    assert slope([(1.0, 2.0), (1.0, 9.0)]) == 0.0


def test_a_run_too_short_for_a_warm_up_is_judged_by_its_last_windows() -> None:
    """Never by fewer than three, where there are as many."""
    assert len(steady(run_of(lambda _, w: w, 60))) == 48
    assert len(steady(run_of(lambda _, w: w, 3))) == 3
    assert steady([]) == []
    assert thirds([1.0, 2.0, 9.0, 4.0, 5.0, 6.0]) == (1.5, 5.5)


def test_a_window_counts_what_came_since_the_last_one() -> None:
    """Percentiles of all, those of tokens by themselves, and errors by their reasons."""
    answers = Answers(frozenset({"token"}))
    for microseconds in range(1000, 101_000, 1000):
        answers.right("page", microseconds)
    answers.right("token", 2000)
    answers.refuse("page", "status 500")
    first = answers.cut(0.0, 10.0, 3, HELD)
    assert (first.finished, first.failures, first.behind) == (101, 1, 3)
    assert (first.p50_ms, first.p99_ms, first.grants_p99_ms) == (50.0, 99.0, 2.0)
    second = answers.cut(10.0, 10.0, 0, HELD)
    assert (second.finished, second.failures, second.p99_ms) == (0, 0, 0.0)
    assert dict(answers.kinds) == {"page": 100, "token": 1}
    assert dict(answers.wrong) == {"page: status 500": 1}


def test_percentiles_and_pictures_of_nothing_are_nothing() -> None:
    """And of many values a picture is as wide as a line."""
    assert percentile([], 0.99) == 0.0
    assert picture([]) == ""
    assert picture([1.0, 1.0]) == "▁▁"
    assert picture([0.0, 1.0]) == "▁█"
    assert len(picture([float(n) for n in range(1000)])) <= 60
