"""What counting costs: the same requests to a server that counts and to one that does not.

Run as ``python -m bench.metrics``. Both are whole servers, which take turns; what is compared is
their processor time per operation, which other programs disturb less than the time on the wall.
The exit status is 1 when counting costs more than allowed.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Sequence

import uvloop

from bench.measure import Measured, Missing, Plan, measure_work
from bench.subjects import LOAD_CORE, pin, stop_all
from bench.subjects.doorward import start_with

__all__ = ["main"]

WORKS = ("introspection", "client_credentials", "discovery")
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
            missing: list[Missing] = []
            figures = await measure_work(work, subjects, plan, missing)
            if missing or any(each.failures for each in figures.values()):
                print(f"{work}: not every answer was right: {missing}")
                return 1
            ratio = _say(work, figures["counted"], figures["uncounted"])
            status = max(status, int(ratio > _ALLOWED))
    finally:
        stop_all()
    return status


def _say(work: str, counted: Measured, uncounted: Measured) -> float:
    """Print both, and answer the median of their ratios, round by round."""
    pairs = list(zip(counted.cpu_us, uncounted.cpu_us, strict=True))
    ratio = statistics.median(one / other for one, other in pairs)
    more = statistics.median(one - other for one, other in pairs)
    word = "met" if ratio <= _ALLOWED else "MISSED"
    print(
        f"{word}: {work}: {statistics.median(counted.cpu_us):.1f} µs counted, "
        f"{statistics.median(uncounted.cpu_us):.1f} µs not: {ratio:.3f} times, {more:+.2f} µs "
        f"(at most {_ALLOWED} times)"
    )
    return ratio


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare; the exit status."""
    parser = argparse.ArgumentParser(prog="bench.metrics", description="What counting costs.")
    parser.add_argument("--work", action="append", choices=WORKS, help="only this; repeatable")
    parser.add_argument("--rounds", type=int, default=9, help="rounds of each server (9)")
    parser.add_argument("--seconds", type=float, default=2.0, help="length of a round (2)")
    options = parser.parse_args(arguments)
    plan = Plan(options.rounds, options.seconds, 0.5, 32)
    return uvloop.run(_compare(options.work or WORKS, plan))


if __name__ == "__main__":
    sys.exit(main())
