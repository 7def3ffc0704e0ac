"""Numbers that rooms count up, with every value of their labels known beforehand."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence

from doorward.metrics.model import OTHER, Family, Sample

__all__ = ["Counter", "Histogram", "bucket_samples"]


class Counter:
    """One number for each value of its label, or one alone."""

    __slots__ = ("_label", "_numbers", "family")

    def __init__(self, family: Family, values: Iterable[str] = ("",)) -> None:
        """Count ``family``, whose label has one of ``values``; anything else counts as other."""
        self.family = family
        self._label = family.labels[0] if family.labels else None
        self._numbers = dict.fromkeys(values, 0)
        if self._label is not None:
            self._numbers[OTHER] = 0

    def add(self, value: str = "", number: int = 1) -> None:
        """Count ``number`` of ``value``."""
        numbers = self._numbers
        numbers[value if value in numbers else OTHER] += number

    def count(self, value: str = "") -> int:
        """How many there were of ``value``."""
        return self._numbers[value]

    def samples(self) -> Iterator[Sample]:
        """Every value, those included that never happened: an alert can then see the first."""
        for value, number in self._numbers.items():
            yield Sample(() if self._label is None else ((self._label, value),), number)


class Histogram:
    """How often a number lay within each of a few bounds."""

    __slots__ = ("_bounds", "_buckets", "_sum", "family")

    def __init__(self, family: Family, bounds: Sequence[float]) -> None:
        """Sort by ``bounds``, which ascend."""
        self.family = family
        self._bounds = bounds
        self._buckets = [0] * (len(bounds) + 1)
        self._sum = 0.0

    def observe(self, value: float) -> None:
        """Count ``value``."""
        self._buckets[bisect_left(self._bounds, value)] += 1
        self._sum += value

    @property
    def count(self) -> int:
        """How many were observed."""
        return sum(self._buckets)

    def samples(self) -> Iterator[Sample]:
        """The buckets, the sum and the count."""
        yield from bucket_samples((), self._bounds, self._buckets, self._sum)


def bucket_samples(
    labels: tuple[tuple[str, str], ...],
    bounds: Sequence[float],
    buckets: Sequence[int],
    total: float,
) -> Iterator[Sample]:
    """Of a histogram each bucket with everything below it, the sum and the count."""
    reached = 0
    for bound, number in zip((*bounds, float("inf")), buckets, strict=True):
        reached += number
        most = "+Inf" if bound == float("inf") else f"{bound:g}"
        yield Sample((*labels, ("le", most)), reached, "_bucket")
    yield Sample(labels, total, "_sum")
    yield Sample(labels, reached, "_count")
