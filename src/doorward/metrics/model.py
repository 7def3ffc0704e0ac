"""Families of numbers, as Prometheus has them, and one sample of a family."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final, NamedTuple

__all__ = ["OTHER", "Family", "Kind", "Sample"]

OTHER: Final = "other"
"""What stands for every value of a label that is not in its list."""


class Kind(Enum):
    """How a family behaves over time."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Family:
    """A name, what it means in one sentence, and the labels that tell its samples apart.

    A ``shared`` one is about the whole installation: whichever worker is asked says it. Of every
    other each worker has samples of its own, by the label ``worker``.
    """

    name: str
    kind: Kind
    meaning: str
    labels: tuple[str, ...] = ()
    shared: bool = False


class Sample(NamedTuple):
    """A number. ``suffix`` is what a histogram adds to its name, ``labels`` pairs in order."""

    labels: tuple[tuple[str, str], ...]
    value: float
    suffix: str = ""
