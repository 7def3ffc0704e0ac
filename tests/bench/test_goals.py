"""Which goals a run met: the words in the table must be earned."""

from __future__ import annotations

from typing import Any

import pytest

from bench.goals import GOALS, Goal, judge
from bench.measure import AT_RATE
from bench.sign_ins import DURING, SIGN_IN
from bench.subjects import SUBJECTS
from bench.works import WORKS
from tests.bench.results import document, ratio, row

_FASTER = Goal("refresh", "doorward", "ratio", 1.3, ("one", "other"))
_CHEAP = Goal("refresh", "doorward-2", "cpu ratio", 1.15, ("doorward",))


def _only(goal: Goal, found: dict[str, Any]) -> dict[str, Any]:
    (verdict,) = judge(found, [goal])
    return verdict


def _rows(**failures: int) -> list[dict[str, Any]]:
    names = ("doorward", "doorward-2", "one", "other")
    return [row("refresh", name, failures=failures.get(name, 0)) for name in names]


@pytest.mark.parametrize(("median", "word"), [(1.3, "met"), (1.299, "missed")])
def test_the_peer_that_comes_closest_counts(median: float, word: str) -> None:
    """Being far ahead of one is no help against the other."""
    ratios = [
        ratio("refresh", "doorward", "one", 9.0),
        ratio("refresh", "doorward", "other", median),
    ]
    verdict = _only(_FASTER, document(_rows(), ratios))
    assert (verdict["verdict"], verdict["measured"]) == (word, median)
    assert verdict["against"] == "other"


@pytest.mark.parametrize(("median", "word"), [(1.15, "met"), (1.16, "missed")])
def test_what_may_cost_no_more_is_held_to_its_most(median: float, word: str) -> None:
    """Processor time is better the less it is."""
    costs = [ratio("refresh", "doorward-2", "doorward", median)]
    assert _only(_CHEAP, document(_rows(), cpu_ratios=costs))["verdict"] == word


def test_one_wrong_answer_misses_the_goal() -> None:
    """However fast the others were."""
    ratios = [ratio("refresh", "doorward", name, 9.0) for name in ("one", "other")]
    verdict = _only(_FASTER, document(_rows(doorward=1), ratios))
    assert (verdict["verdict"], verdict["note"]) == ("missed", "1 wrong answers")


def test_a_peer_that_answers_wrongly_is_beaten_by_nobody() -> None:
    """Its ratio is not used, and the note says so."""
    ratios = [ratio("refresh", "doorward", "one", 9.0)]
    verdict = _only(_FASTER, document(_rows(one=3), ratios))
    assert (verdict["verdict"], verdict["measured"]) == ("not measured", None)
    assert verdict["note"] == "one: 3 wrong answers"


def test_who_is_missing_is_named_with_the_reason() -> None:
    """A peer that did not start leaves its goals unmeasured, in the table all the same."""
    missing = [{"work": "", "subject": "one", "reason": "NotReady: node ended\nand more"}]
    rows = [row("refresh", "doorward")]
    verdict = _only(_FASTER, document(rows, missing=missing))
    assert (verdict["verdict"], verdict["note"]) == ("not measured", "one: NotReady: node ended")


def test_what_was_not_asked_for_is_left_out() -> None:
    """A run of one work, or without a peer, says nothing of the rest."""
    assert judge(document([row("jwks", "doorward")]), [_FASTER]) == []
    assert judge(document([row("refresh", "doorward")]), [_FASTER]) == []


def test_more_cores_are_asked_for_only_where_they_are() -> None:
    """Twice the processes cannot do twice the work on one core."""
    goal = Goal("refresh", "doorward-2", "ratio", 1.7, ("doorward",), cores=4)
    found = document(_rows(), [ratio("refresh", "doorward-2", "doorward", 1.0)])
    assert judge(found, [goal]) == []
    found["machine"]["cores"] = 4
    assert _only(goal, found)["verdict"] == "missed"


def test_figures_of_no_single_work_are_of_the_worst_row() -> None:
    """Memory counts wherever it was highest; the start is told by the machine's facts."""
    rows = [
        row("jwks", "doorward", resident_mb=90.0),
        row("refresh", "doorward", resident_mb=201.0),
    ]
    goals = [
        Goal("", "doorward", "resident MB", 200),
        Goal("", "doorward", "ready s", 2),
        Goal("refresh", "doorward", "p99 ms", 10),
    ]
    verdicts = judge(document(rows), goals)
    assert [(each["measured"], each["verdict"]) for each in verdicts] == [
        (201.0, "missed"),
        (1.2, "met"),
        (2.0, "met"),
    ]


def test_every_goal_is_of_works_and_subjects_that_there_are() -> None:
    """A goal that no run can reach would never be missed."""
    for goal in GOALS:
        work = goal.work.removesuffix(AT_RATE)
        if work in {SIGN_IN, DURING}:
            continue
        assert work in {*WORKS, ""}, goal
        does = [SUBJECTS[name].does(work) for name in (goal.subject, *goal.against)]
        assert not goal.work or (does[0] and any(does[1:] or [True])), goal
