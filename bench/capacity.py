"""What a rate of requests asks of machines: multiplication, of figures that were measured.

Run as ``python -m bench.capacity``; prints the tables of ``docs/scale.md``, and a test compares
them. The database's figures are those of ``python -m bench.footprint``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

__all__ = ["COSTS", "KEPT", "RATES", "capacity_table", "costs_table", "kept_table", "main"]

RATES: Final = (10, 1_000, 100_000)
"""Requests a second."""
SERVER_SHARE: Final = 0.6
"""How busy the core of a server process may be on average."""
DATABASE_SHARE: Final = 0.5
"""The same of the database's cores: it also vacuums, checkpoints and sends its log."""
PROCESS_MB: Final = 150
POOL: Final = 10
_DAY_S: Final = 86_400


@dataclass(frozen=True)
class Cost:
    """What one operation costs; times are microseconds of a processor."""

    per_hundred: float
    """How many of them there are in a hundred requests."""
    requests: int
    server_us: int
    database_us: int
    log_bytes: int
    commits: int


COSTS: Final[Mapping[str, Cost]] = {
    "introspection": Cost(60, 1, 230, 95, 0, 0),
    "client credentials": Cost(20, 1, 180, 145, 288, 1),
    "refresh": Cost(10, 1, 1_100, 525, 1_611, 1),
    "code flow, signed in": Cost(2, 4, 2_300, 1_450, 1_889, 2),
    "sign-in by password": Cost(1, 2, 25_000, 2_845, 6_790, 5),
}
"""A mix of a hundred requests."""


@dataclass(frozen=True)
class Kept:
    """Rows that come with use and leave by themselves."""

    per_hundred: float
    kept_s: int
    row_bytes: int
    """With its place in every index."""


KEPT: Final[Mapping[str, Kept]] = {
    "access tokens, an hour and a day": Kept(32, 3_600 + _DAY_S, 232),
    "refresh tokens, 30 days and one": Kept(12, 31 * _DAY_S, 273),
    "families of tokens, 90 days and one": Kept(2, 91 * _DAY_S, 307),
    "sessions and browsers, 30 days and one": Kept(1, 31 * _DAY_S, 552),
}


def _per_request(of: Callable[[Cost], float]) -> float:
    return sum(cost.per_hundred * of(cost) for cost in COSTS.values()) / 100


def _share(cost: Cost) -> float:
    return cost.per_hundred * cost.requests


def costs_table() -> str:
    """What the operations of the mix cost, and a request on average."""
    head = "| operation | of 100 requests | server | database | log | commits |"
    rows = [
        f"| {name} | {_share(c):g} | {_number(c.server_us)} µs | {_number(c.database_us)} µs"
        f" | {_number(c.log_bytes)} B | {c.commits} |"
        for name, c in COSTS.items()
    ]
    mean = (
        f"| **a request on average** | 100 | {_per_request(lambda c: c.server_us):.0f} µs"
        f" | {_per_request(lambda c: c.database_us):.0f} µs"
        f" | {_per_request(lambda c: c.log_bytes):.0f} B"
        f" | {_per_request(lambda c: c.commits):.2f} |"
    )
    return "\n".join([head, "|---|---|---|---|---|---|", *rows, mean])


def capacity_table() -> str:
    """What each rate asks of processors, disks and memory."""
    lines: dict[str, Callable[[int], str]] = {
        "cores that servers keep busy": lambda rate: _few(_server_cores(rate)),
        "server processes, each on a core": lambda rate: _number(_processes(rate)),
        "their memory": lambda rate: _bytes(_processes(rate) * PROCESS_MB * 1e6),
        "connections to the database": lambda rate: _number(_processes(rate) * (POOL + 1)),
        "cores that the database keeps busy": lambda rate: _few(_database_cores(rate)),
        "the database's cores": lambda rate: _number(_cores(rate)),
        "of its work, what replicas can do": lambda _: f"{_readable():.0%}",
        "commits a second": lambda rate: _number(rate * _per_request(lambda c: c.commits)),
        "log a second": lambda rate: _bytes(rate * _per_request(lambda c: c.log_bytes)),
        "log a day": lambda rate: _bytes(rate * _per_request(lambda c: c.log_bytes) * _DAY_S),
    }
    return _table("|  |", lines)


def kept_table() -> str:
    """How much each rate keeps, once as much leaves as comes."""
    lines: dict[str, Callable[[int], str]] = {
        name: lambda rate, kept=kept: _bytes(rate * _held(kept))  # type: ignore[misc]
        for name, kept in KEPT.items()
    }
    lines["together"] = lambda rate: _bytes(rate * sum(map(_held, KEPT.values())))
    return _table("| kept |", lines)


def _table(corner: str, lines: Mapping[str, Callable[[int], str]]) -> str:
    head = corner + "".join(f" {_number(rate)} a second |" for rate in RATES)
    rows = [f"| {name} | " + " | ".join(map(of, RATES)) + " |" for name, of in lines.items()]
    return "\n".join([head, "|---" * (len(RATES) + 1) + "|", *rows])


def _held(kept: Kept) -> float:
    return kept.per_hundred / 100 * kept.kept_s * kept.row_bytes


def _server_cores(rate: int) -> float:
    return rate * _per_request(lambda c: c.server_us) / 1e6


def _processes(rate: int) -> int:
    # Two at the least, so that one can be replaced.
    return max(2, -int(-_server_cores(rate) / SERVER_SHARE // 1))


def _database_cores(rate: int) -> float:
    return rate * _per_request(lambda c: c.database_us) / 1e6


def _cores(rate: int) -> int:
    return max(1, -int(-_database_cores(rate) / DATABASE_SHARE // 1))


def _readable() -> float:
    return _per_request(lambda c: 0 if c.commits else c.database_us) / _per_request(
        lambda c: c.database_us
    )


def _few(value: float) -> str:
    return f"{value:.2g}" if value < 10 else f"{value:.0f}"


def _number(value: float) -> str:
    return f"{value:,.0f}".replace(",", " ") if value >= 10 else f"{value:.2g}"


def _bytes(value: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1_000:
            return f"{_few(value)} {unit}"
        value /= 1_000
    return f"{_few(value)} TB"


def main(_arguments: Sequence[str] | None = None) -> int:
    """Print the tables."""
    print(costs_table(), capacity_table(), kept_table(), sep="\n\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
