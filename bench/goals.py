"""The goals: what the figures must reach, and which of them a run met."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

__all__ = ["GOALS", "Goal", "Verdict", "judge"]

Document: TypeAlias = Mapping[str, Any]
"""What bench/results.json holds."""
Verdict: TypeAlias = dict[str, Any]
"""One row of the table of goals, as it stands in bench/results.json."""
Figure: TypeAlias = Literal["ratio", "cpu ratio", "p99 ms", "resident MB", "ready s"]

_MEMORY = ("oidc-provider", "oidc-provider-map")
_LIMIT = ("limit", "limit-thread")
_PYTHON = (
    ("django-oauth-toolkit", "django-oauth-toolkit-1-thread"),
    ("authlib", "authlib-1-thread"),
)
_DURABLE = ("client_credentials", "client_credentials_jwt", "introspection", "code_flow", "refresh")
_BOTH = ("client_credentials", "introspection", "code_flow", "refresh", "discovery", "jwks")


@dataclass(frozen=True)
class Goal:
    """A figure of ``subject`` at ``work`` that must be at least, or at most, ``bound``.

    A ratio is taken against each of ``against``, and the worst of them counts. It is a goal only
    where the machine has at least ``cores``.
    """

    work: str
    subject: str
    figure: Figure
    bound: float
    against: tuple[str, ...] = ()
    cores: int = 1

    @property
    def is_least(self) -> bool:
        """Whether more is better."""
        return self.figure == "ratio"


def _two(subject: str, against: str) -> Iterator[Goal]:
    """Of two processes on one database: what a request costs, and how many more there are."""
    for work in ("client_credentials", "introspection", "refresh"):
        yield Goal(work, subject, "cpu ratio", 1.15, (against,))
        yield Goal(work, subject, "ratio", 1.7, (against,), cores=4)


GOALS: tuple[Goal, ...] = (
    Goal("client_credentials", "doorward", "ratio", 1.3, _MEMORY),
    Goal("client_credentials", "doorward", "ratio", 0.6, _LIMIT),
    Goal("client_credentials_jwt", "doorward", "ratio", 3.0, ("oidc-provider-rs256",)),
    Goal("client_credentials_jwt", "doorward", "ratio", 1.2, ("oidc-provider-es256",)),
    Goal("introspection", "doorward", "ratio", 1.8, _MEMORY),
    Goal("code_flow", "doorward", "ratio", 1.5, _MEMORY),
    Goal("refresh", "doorward", "ratio", 1.3, _MEMORY),
    Goal("discovery", "doorward", "ratio", 2.0, _MEMORY),
    Goal("jwks", "doorward", "ratio", 2.0, _MEMORY),
    *(Goal(work, "doorward", "ratio", 10.0, peer) for peer in _PYTHON for work in _BOTH),
    *(Goal(work, "doorward-postgresql", "ratio", 0.7, ("doorward",)) for work in _DURABLE),
    *_two("doorward-2", "doorward"),
    *_two("doorward-postgresql-2", "doorward-postgresql"),
    Goal("client_credentials_at_70", "doorward", "p99 ms", 10),
    Goal("introspection_at_70", "doorward", "p99 ms", 10),
    Goal("sign_in", "doorward", "ratio", 0.9, ("argon2id",)),
    Goal("introspection_during_sign_in", "doorward", "p99 ms", 50),
    Goal("", "doorward", "resident MB", 200),
    Goal("", "doorward", "ready s", 2),
)


@dataclass(frozen=True)
class _Found:
    """A figure, the smallest and largest of its rounds, and against whom it is, or why it is not.

    ``value`` is None where there is none.
    """

    value: float | None = None
    least: float | None = None
    most: float | None = None
    against: str = ""
    note: str = ""


def judge(document: Document, goals: Sequence[Goal] = GOALS) -> list[Verdict]:
    """What became of each goal in the results ``document``: ``met``, ``missed``, ``not measured``.

    A goal is met only by a subject of which every answer at that work was right, and a peer that
    answered wrongly is beaten by nobody. Goals that the run did not ask for are left out: those
    of a work, or against a peer, of which it holds neither a row nor a reason.
    """
    return [_verdict(goal, document) for goal in goals if _is_asked(goal, document)]


def _is_asked(goal: Goal, document: Document) -> bool:
    if int(document["machine"].get("cores", 1)) < goal.cores:
        return False
    works = {row["work"] for row in document["rows"]}
    names = {row["subject"] for row in document["rows"] if not goal.work or _is_of(goal, row)}
    names |= {each["subject"] for each in document.get("missing", ()) if _is_of(goal, each)}
    against = not goal.against or any(name in names for name in goal.against)
    return (not goal.work or goal.work in works) and goal.subject in names and against


def _is_of(goal: Goal, entry: Mapping[str, Any]) -> bool:
    return entry["work"] in {goal.work, ""}


def _verdict(goal: Goal, document: Document) -> Verdict:
    found = _FIGURES[goal.figure](goal, document)
    wrong = _wrong_answers(document, goal.work, goal.subject)
    is_good = found.value is not None and _holds(goal)(found.value, goal.bound)
    verdict = "not measured" if found.value is None else "met" if is_good else "missed"
    if wrong:
        verdict = "missed"
    return {
        "work": goal.work,
        "subject": goal.subject,
        "figure": goal.figure,
        "against": found.against or ", ".join(goal.against),
        "wanted": f"{'≥' if goal.is_least else '≤'} {goal.bound:g}",
        "measured": found.value,
        "min": found.least,
        "max": found.most,
        "verdict": verdict,
        "note": f"{wrong} wrong answers" if wrong else found.note,
    }


def _holds(goal: Goal) -> Callable[[float, float], bool]:
    return operator.ge if goal.is_least else operator.le


def _wrong_answers(document: Document, work: str, subject: str) -> int:
    """How many answers of ``subject`` at ``work`` were wrong; of every work where none is named."""
    return sum(
        int(row["failures"])
        for row in document["rows"]
        if row["subject"] == subject and work in {row["work"], ""}
    )


def _worst(table: str, goal: Goal, document: Document) -> _Found:
    """The worst ratio of ``table`` against those who answered rightly."""
    found, notes = [], []
    for peer in goal.against:
        wrong = _wrong_answers(document, goal.work, peer)
        if wrong:
            notes.append(f"{peer}: {wrong} wrong answers")
            continue
        asked = (goal.work, goal.subject, peer)
        ratio = next((r for r in document.get(table, ()) if _names(r) == asked), None)
        if ratio is None:
            notes += _reasons(document, goal, peer)
        else:
            found.append(_Found(ratio["median"], ratio["min"], ratio["max"], peer))
    if not found:
        return _Found(note="; ".join(notes))
    pick = min if goal.is_least else max
    worst = pick(found, key=lambda each: each.value or 0.0)
    return _Found(worst.value, worst.least, worst.most, worst.against, "; ".join(notes))


def _names(ratio: Mapping[str, Any]) -> tuple[str, str, str]:
    return ratio["work"], ratio["subject"], ratio["against"]


def _reasons(document: Document, goal: Goal, peer: str) -> list[str]:
    """Why there is no ratio against ``peer``, in a line; nothing where it was not asked for."""
    return [
        f"{each['subject']}: {each['reason'].splitlines()[0]}"
        for each in document.get("missing", ())
        if each["subject"] in {peer, goal.subject} and _is_of(goal, each)
    ]


def _ratio(goal: Goal, document: Document) -> _Found:
    return _worst("ratios", goal, document)


def _cpu_ratio(goal: Goal, document: Document) -> _Found:
    return _worst("cpu_ratios", goal, document)


def _highest(field: str, goal: Goal, document: Document) -> _Found:
    """The highest value of ``field`` among the rows of the subject."""
    values = [
        float(row[field])
        for row in document["rows"]
        if row["subject"] == goal.subject and goal.work in {row["work"], ""} and row.get(field)
    ]
    return _Found(max(values)) if values else _Found(note="not in this run")


def _p99(goal: Goal, document: Document) -> _Found:
    return _highest("p99_ms", goal, document)


def _resident(goal: Goal, document: Document) -> _Found:
    return _highest("resident_mb", goal, document)


def _ready(goal: Goal, document: Document) -> _Found:
    seconds = document["machine"].get(f"{goal.subject} ready_s")
    return _Found(note="not in this run") if seconds is None else _Found(float(seconds))


_FIGURES: Mapping[Figure, Callable[[Goal, Document], _Found]] = MappingProxyType(
    {
        "ratio": _ratio,
        "cpu ratio": _cpu_ratio,
        "p99 ms": _p99,
        "resident MB": _resident,
        "ready s": _ready,
    },
)
