"""Requests by the template of their route: what is counted, and how the template becomes known.

Whoever counts puts a place into the ASGI scope; whoever finds the route writes its template there.
A path never becomes a label, so that neither an identifier nor a stranger's invention does.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, MutableMapping
from typing import Any, Final

from doorward.metrics.counting import bucket_samples
from doorward.metrics.model import OTHER, Family, Kind, Sample

__all__ = ["ROUTE", "UNKNOWN_ROUTE", "Requests", "begin_route", "name_route", "place_of_route"]

UNKNOWN_ROUTE: Final = "unknown"
"""The route of every path that leads nowhere."""

ROUTE: Final = "doorward.route"
"""Where in the ASGI scope the place for the template is: a list of one."""
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_MOST_CELLS: Final = 4000
_BOUNDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_SUM: Final = len(_BOUNDS) + 1
"""Where in a cell the seconds are; before them, how many were in each bucket."""

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
    scope[ROUTE] = place
    return place


def place_of_route(scope: MutableMapping[str, Any]) -> list[str]:
    """The place that this request has, or a new one where nothing is counted."""
    place: list[str] | None = scope.get(ROUTE)
    return begin_route(scope) if place is None else place


def name_route(scope: MutableMapping[str, Any], template: str) -> None:
    """Say which route this request takes; a later word, of who knows more, replaces it.

    ``template`` is a text of ours, with ``{name}`` where a path has a value.
    """
    if ROUTE in scope:
        scope[ROUTE][0] = template


class Requests:
    """The requests of one process."""

    families: Final = (_COUNT, _SECONDS, _UNDER_WAY)

    def __init__(self) -> None:
        """Start at none."""
        self.begun = 0
        """How many requests have begun: whoever answers them counts it up."""
        self._cells: dict[tuple[str, str, int], list[Any]] = {}

    @property
    def under_way(self) -> int:
        """How many have begun and not ended."""
        return self.begun - sum(sum(cell[:_SUM]) for cell in self._cells.values())

    def count(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count the end of one, answered with ``status``, or 0 for none, after ``seconds``."""
        try:
            cell = self._cells[route, method, status]
        except KeyError:
            cell = self._add(route, method, status)
        cell[bisect_left(_BOUNDS, seconds)] += 1
        cell[_SUM] += seconds

    def _add(self, route: str, method: str, status: int) -> list[Any]:
        if len(self._cells) >= _MOST_CELLS:
            route, status = UNKNOWN_ROUTE, status // 100 * 100
        key = (route, method if method in _METHODS else OTHER, status)
        return self._cells.setdefault(key, [*[0] * _SUM, 0.0])

    def samples(self) -> Iterator[tuple[Family, Sample]]:
        """What was counted so far."""
        yield _UNDER_WAY, Sample((), self.under_way)
        classes: dict[tuple[str, str, str], int] = {}
        durations: dict[tuple[str, str], list[Any]] = {}
        for (route, method, status), cell in self._cells.items():
            name = _CLASSES[status // 100]
            classes[route, method, name] = classes.get((route, method, name), 0) + sum(cell[:_SUM])
            sums = durations.setdefault((route, method), [0] * len(cell))
            durations[route, method] = [one + other for one, other in zip(sums, cell, strict=True)]
        for values, number in classes.items():
            yield _COUNT, Sample(tuple(zip(_COUNT.labels, values, strict=True)), number)
        for of_route, cell in durations.items():
            labels = tuple(zip(_SECONDS.labels, of_route, strict=True))
            for sample in bucket_samples(labels, _BOUNDS, cell[:_SUM], cell[_SUM]):
                yield _SECONDS, sample
