"""Requests by the template of their route: what a layer counts, and how it learns the template.

The layer puts a place into the ASGI scope; whoever finds the route writes its template there. A
path never becomes a label, so that neither an identifier nor a stranger's invention does.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, MutableMapping
from typing import Any, Final

from doorward.metrics.counting import bucket_samples
from doorward.metrics.model import OTHER, Family, Kind, Sample

__all__ = ["UNKNOWN_ROUTE", "Requests", "begin_route", "name_route", "place_of_route"]

UNKNOWN_ROUTE: Final = "unknown"
"""The route of every path that leads nowhere."""

_KEY: Final = "doorward.route"
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_MOST_CELLS: Final = 4000
_BOUNDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_CLASSES: Final = ("none", "1xx", "2xx", "3xx", "4xx", "5xx", "6xx", "7xx", "8xx", "9xx")

_COUNT: Final = Family(
    "doorward_http_requests_total",
    Kind.COUNTER,
    "Requests that were answered, by the class of the status; `none` where the caller went away.",
    ("route", "method", "status"),
)
_SECONDS: Final = Family(
    "doorward_http_request_duration_seconds",
    Kind.HISTOGRAM,
    "From a request's first line to the end of its answer.",
    ("route", "method"),
)
_UNDER_WAY: Final = Family(
    "doorward_http_requests_in_progress", Kind.GAUGE, "Requests that are being answered."
)


def begin_route(scope: MutableMapping[str, Any]) -> list[str]:
    """A place for the template of this request's route, which is not known yet."""
    place = [UNKNOWN_ROUTE]
    scope[_KEY] = place
    return place


def place_of_route(scope: MutableMapping[str, Any]) -> list[str]:
    """The place that this request has, or a new one where nothing is counted."""
    place: list[str] | None = scope.get(_KEY)
    return begin_route(scope) if place is None else place


def name_route(scope: MutableMapping[str, Any], template: str) -> None:
    """Say which route this request takes; a later word, of who knows more, replaces it.

    ``template`` is a text of ours, with ``{name}`` where a path has a value.
    """
    place = scope.get(_KEY)
    if place is not None:
        place[0] = template


class _Cell:
    """The numbers of one route and method."""

    __slots__ = ("buckets", "classes", "seconds")

    def __init__(self) -> None:
        self.classes = [0] * len(_CLASSES)
        self.buckets = [0] * (len(_BOUNDS) + 1)
        self.seconds = 0.0


class Requests:
    """The requests of one process."""

    families: Final = (_COUNT, _SECONDS, _UNDER_WAY)

    def __init__(self) -> None:
        """Start at none."""
        self.under_way = 0
        self._cells: dict[tuple[str, str], _Cell] = {}

    def count(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count one answer with ``status``, or 0 for none, that took ``seconds``."""
        cell = self._cells.get((route, method)) or self._add(route, method)
        cell.classes[status // 100] += 1
        cell.buckets[bisect_left(_BOUNDS, seconds)] += 1
        cell.seconds += seconds

    def _add(self, route: str, method: str) -> _Cell:
        if len(self._cells) >= _MOST_CELLS:
            route = UNKNOWN_ROUTE
        return self._cells.setdefault((route, method if method in _METHODS else OTHER), _Cell())

    def samples(self) -> Iterator[tuple[Family, Sample]]:
        """What was counted so far."""
        yield _UNDER_WAY, Sample((), self.under_way)
        for (route, method), cell in self._cells.items():
            labels = (("route", route), ("method", method))
            for number, name in zip(cell.classes, _CLASSES, strict=True):
                if number:
                    yield _COUNT, Sample((*labels, ("status", name)), number)
            for sample in bucket_samples(labels, _BOUNDS, cell.buckets, cell.seconds):
                yield _SECONDS, sample
