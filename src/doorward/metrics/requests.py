"""Requests by the template of their route: what is counted, and how the template becomes known.

Whoever answers puts a ``Routed`` into the ASGI scope; whoever finds the route writes its template
there. A path never becomes a label, so that neither an identifier nor a stranger's invention does.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias

from doorward.metrics.counting import bucket_samples
from doorward.metrics.model import OTHER, Family, Kind, Sample

__all__ = ["AT_ONCE", "ROUTE", "UNKNOWN_ROUTE", "Requests", "Routed", "name_route", "route_of"]

UNKNOWN_ROUTE: Final = "unknown"
"""The route of every path that leads nowhere."""

Ended: TypeAlias = tuple[str, str, int, float]
"""A request: its route, its method, its status or 0 for none, and how many seconds it took."""
AT_ONCE: Final = 256
"""So many are counted together."""
ROUTE: Final = "doorward.route"
"""Where in the ASGI scope the ``Routed`` is."""
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


class Routed:
    """A request, the template of whose route becomes known on its way."""

    __slots__ = ("route",)

    def __init__(self) -> None:
        """It leads nowhere, until somebody knows better."""
        self.route = UNKNOWN_ROUTE


def name_route(scope: Mapping[str, Any], template: str) -> None:
    """Say which route this request takes; a later word, of who knows more, replaces it.

    ``template`` is a text of ours, with ``{name}`` where a path has a value.
    """
    routed = scope.get(ROUTE)
    if routed is not None:
        routed.route = template


def route_of(scope: Mapping[str, Any]) -> str:
    """The template that is known so far."""
    routed: Routed | None = scope.get(ROUTE)
    return UNKNOWN_ROUTE if routed is None else routed.route


class Requests:
    """The requests of one process."""

    families: Final = (_COUNT, _SECONDS, _UNDER_WAY)

    def __init__(self) -> None:
        """Start at none."""
        self.begun = 0
        """How many requests have begun: whoever answers them counts it up."""
        self.ended: list[Ended] = []
        """Those that ended since they were last counted: whoever answers them appends each, and
        calls ``count`` once there are ``AT_ONCE``: many in one go take less than one at a time."""
        self._cells: dict[tuple[str, str, int], list[Any]] = {}

    @property
    def under_way(self) -> int:
        """How many have begun and not ended."""
        self.count()
        return self.begun - sum(sum(cell[:_SUM]) for cell in self._cells.values())

    def count(self) -> None:
        """Count those that ended."""
        cells = self._cells
        for route, method, status, seconds in self.ended:
            try:
                cell = cells[route, method, status]
            except KeyError:
                cell = self._add(route, method, status)
            cell[bisect_left(_BOUNDS, seconds)] += 1
            cell[_SUM] += seconds
        self.ended.clear()

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
