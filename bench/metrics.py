"""What counting costs: the same requests to a server that counts and to one that does not.

Run as ``python -m bench.metrics``. Both are whole servers, which take turns; what is compared is
their processor time per operation, in the third of the rounds in which each took the least: other
programs can only add to it. Of two processes of the same program one is often a hundredth or
two ahead: so there are several pairs, and the median counts.
The exit status is 1 when counting costs more than allowed.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Mapping, Sequence

import uvloop

from bench.measure import Measured, Plan, one_round
from bench.subjects import LOAD_CORE, Running, pin, stop_all
from bench.subjects.doorward import start_with
from bench.works import WORKS

__all__ = ["main"]

_WORKS = ("introspection", "client_credentials", "discovery")
_ALLOWED = 1.03


async def _compare(works: Sequence[str], pairs: int, plan: Plan) -> int:
    pin(LOAD_CORE)
    found: dict[str, list[tuple[float, float]]] = {work: [] for work in works}
    for _ in range(pairs):
        try:
            subjects = {
                name: await start_with(f"doorward-{name}", {"DOORWARD_METRICS": counts})
                for name, counts in (("counted", "true"), ("uncounted", "false"))
            }
            for work in works:
                figures = await _measure(work, subjects, plan)
                if any(each.failures for each in figures.values()):
                    print(f"{work}: not every answer was right")
                    return 1
                found[work].append((_least(figures["counted"]), _least(figures["uncounted"])))
        finally:
            stop_all()
    return max(int(_say(work, times) > _ALLOWED) for work, times in found.items())


async def _measure(work: str, subjects: Mapping[str, Running], plan: Plan) -> dict[str, Measured]:
    """Rounds of both in turn."""
    prepared = {
        name: await WORKS[work](running.target, plan.connections)
        for name, running in subjects.items()
    }
    figures = {name: Measured() for name in subjects}
    for _ in range(plan.rounds):
        for name, running in subjects.items():
            await one_round(running, prepared[name], figures[name], plan)
    return figures


def _say(work: str, times: Sequence[tuple[float, float]]) -> float:
    """Print what each pair took, in microseconds, and answer the median of their ratios."""
    ratios = sorted(with_it / without for with_it, without in times)
    ratio = statistics.median(ratios)
    more = statistics.median(with_it - without for with_it, without in times)
    least = min(without for _, without in times)
    word = "met" if ratio <= _ALLOWED else "MISSED"
    print(
        f"{word}: {work}: {ratio:.3f} times ({ratios[0]:.3f} to {ratios[-1]:.3f}), {more:+.2f} µs "
        f"to {least:.1f} µs (at most {_ALLOWED} times)",
        flush=True,
    )
    return ratio


def _least(measured: Measured) -> float:
    """The mean of the third of the rounds that took the least."""
    times = sorted(measured.cpu_us)
    return statistics.mean(times[: max(1, len(times) // 3)])


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare; the exit status."""
    parser = argparse.ArgumentParser(prog="bench.metrics", description="What counting costs.")
    parser.add_argument("--work", action="append", choices=_WORKS, help="only this; repeatable")
    parser.add_argument("--pairs", type=int, default=7, help="servers of each kind (7)")
    parser.add_argument("--rounds", type=int, default=6, help="rounds of each server (6)")
    parser.add_argument("--seconds", type=float, default=0.5, help="length of a round (0.5)")
    options = parser.parse_args(arguments)
    plan = Plan(options.rounds, options.seconds, 0.5, 32)
    return uvloop.run(_compare(options.work or _WORKS, options.pairs, plan))


if __name__ == "__main__":
    sys.exit(main())
