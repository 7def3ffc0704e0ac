"""What counting costs: the same requests to a server that counts and to one that does not.

Run as ``python -m bench.metrics``. Both are whole servers, which take turns; what is compared is
their processor time per operation, in the third of the rounds in which each took the least: other
programs can only add to it.
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


async def _compare(works: Sequence[str], plan: Plan) -> int:
    pin(LOAD_CORE)
    status = 0
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
            ratio = _say(work, figures["counted"], figures["uncounted"])
            status = max(status, int(ratio > _ALLOWED))
    finally:
        stop_all()
    return status


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


def _say(work: str, counted: Measured, uncounted: Measured) -> float:
    """Print both, and answer their ratio."""
    with_it, without = _least(counted), _least(uncounted)
    ratio = with_it / without
    word = "met" if ratio <= _ALLOWED else "MISSED"
    print(
        f"{word}: {work}: {with_it:.1f} µs counted, {without:.1f} µs not: {ratio:.3f} times, "
        f"{with_it - without:+.2f} µs (at most {_ALLOWED} times)"
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
    parser.add_argument("--rounds", type=int, default=15, help="rounds of each server (15)")
    parser.add_argument("--seconds", type=float, default=1.0, help="length of a round (1)")
    options = parser.parse_args(arguments)
    plan = Plan(options.rounds, options.seconds, 0.5, 32)
    return uvloop.run(_compare(options.work or _WORKS, plan))


if __name__ == "__main__":
    sys.exit(main())
