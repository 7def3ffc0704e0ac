"""What a target is, and how one input is judged."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

__all__ = ["SLOW_S", "Broken", "Finding", "Target", "holds", "judge"]

SLOW_S = 2.0
"""Seconds of this process's own work that no input within its limits may cost."""

_OURS = ("doorward", "fuzz")

Run = Callable[[bytes], object]


class Broken(AssertionError):
    """What a target promises of every input does not hold for this one."""


def holds(promise: object, otherwise: str) -> None:
    """Raise ``Broken`` with the sentence ``otherwise`` unless ``promise`` is true."""
    if not promise:
        raise Broken(otherwise)


@dataclass(frozen=True)
class Target:
    """One parser: ``run`` takes an input, and may raise ``answers`` and nothing else.

    ``prepare`` makes ``run`` where it needs something that lives in the process that uses it.
    ``words`` are what the parser looks for, so that a mutation may put them in. An input has up to
    ``longest`` bytes.
    """

    name: str
    run: Run | None = None
    answers: tuple[type[Exception], ...] = ()
    words: tuple[str, ...] = ()
    longest: int = 4096
    prepare: Callable[[], Run] | None = None

    @cached_property
    def ready(self) -> Run:
        """What is called with each input."""
        if self.prepare is not None:
            return self.prepare()
        if self.run is None:
            message = f"{self.name} has neither run nor prepare"
            raise TypeError(message)
        return self.run


@dataclass(frozen=True)
class Finding:
    """An input that was not answered. ``place`` tells causes apart."""

    target: str
    data: bytes
    place: str
    story: str


def judge(target: Target, data: bytes) -> Finding | None:
    """What is wrong with how ``target`` takes ``data``, if anything is."""
    run, began = target.ready, time.process_time()
    try:
        run(data)
    except target.answers:
        pass
    except Exception as error:  # noqa: BLE001 - to tell what else it raises is what this is for
        return Finding(target.name, data, _place_of(error), traceback.format_exc(limit=-12))
    spent = time.process_time() - began
    if spent > SLOW_S:
        story = f"{len(data)} bytes took {spent:.1f} s"
        return Finding(target.name, data, "slow", story)
    return None


def _place_of(error: BaseException) -> str:
    """The kind of error and the innermost line of ours that it came through."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [
        each
        for each in frames
        if any(f"/{name}/" in each.filename for name in _OURS) and each.filename != __file__
    ]
    if not ours:
        return type(error).__name__
    return f"{type(error).__name__} at {Path(ours[-1].filename).name}:{ours[-1].lineno}"
