"""The command line: ``python -m bench.scale``; how it ends says whether every goal was met."""

from __future__ import annotations

import argparse
import os
import statistics
import sys
from collections.abc import Mapping, Sequence

import uvloop

from bench.measure import QUIET, Measured, Plan
from bench.scale.draws import DRAWS
from bench.scale.measuring import ANYBODY, EMPTY, LARGE, Wanted, measure_scale, ratio_of
from bench.scale.world import World
from bench.subjects import stop_all
from doorward.db import system_clock

AT_LEAST = 0.85
"""What a figure of the large installation is at least of the empty one's."""
RESIDENT_MB = 200.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Fill where needed, measure, print; 1 where an answer was wrong or a goal was missed."""
    options = _read_options(arguments)
    world = World(now=system_clock(), organizations=options.organizations)
    wanted = Wanted(options.engine, options.work or tuple(DRAWS), world, options.rebuild)
    plan = Plan(options.rounds, options.seconds, options.warm_up, options.connections)
    try:
        figures = uvloop.run(_measured(wanted, plan))
    finally:
        stop_all()
    return _report(figures)


async def _measured(wanted: Wanted, plan: Plan) -> dict[str, dict[str, Measured]]:
    cores = os.sched_getaffinity(0)
    try:
        return await measure_scale(wanted, plan)
    finally:
        os.sched_setaffinity(0, cores)


def _report(figures: Mapping[str, Mapping[str, Measured]]) -> int:
    met = True
    print(f"{'work':20} {'subject':16} {'per s':>7} {'of empty':>9} {'min':>5} {'max':>5}", end="")
    print(f" {'CPU µs':>7} {'of empty':>9} {'queries':>8} {'MB':>6}")
    for work, subjects in figures.items():
        for name in (EMPTY, LARGE, ANYBODY):
            measured = subjects[name]
            rates = ratio_of(subjects, name, by="rate")
            costs = ratio_of(subjects, name, by="work")
            print(
                f"{work:20} {name:16} {measured.per_second:7.0f} {statistics.median(rates):9.2f}"
                f" {min(rates):5.2f} {max(rates):5.2f} {statistics.median(measured.cpu_us):7.1f}"
                f" {statistics.median(costs):9.2f} {measured.queries_per_operation or 0:8.2f}"
                f" {measured.resident_mb:6.0f}"
            )
            met &= statistics.median(rates) >= AT_LEAST and not measured.failures
            for text in {text for each in measured.rounds for text in each.wrong}:
                print(f"wrong: {work}, {name}: {text}")
    resident = max(each[LARGE].resident_mb for each in figures.values())
    met &= resident < RESIDENT_MB
    others = max(share for each in figures.values() for one in each.values() for share in one.taken)
    if others > QUIET:
        print(f"disturbed: other programs took up to {others:.0%} of the two cores in a round")
    word = "met" if met else "MISSED"
    print(f"{word}: every rate at least {AT_LEAST} of the empty one's", end="")
    print(f", and resident memory under {RESIDENT_MB:.0f} MB: {resident:.0f} MB")
    return 0 if met else 1


def _read_options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench.scale", description=__doc__)
    parser.add_argument("--engine", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--work", action="append", choices=[*DRAWS], help="only this; repeatable")
    parser.add_argument("--rounds", type=int, default=5, help="of each subject (5)")
    parser.add_argument("--seconds", type=float, default=4.0, help="length of a round (4)")
    parser.add_argument("--warm-up", type=float, default=1.0, help="before each round (1)")
    parser.add_argument("--connections", type=int, default=32, help="at once (32)")
    parser.add_argument(
        "--organizations", type=int, default=10_000, help="with 1 000 tokens each (10 000)"
    )
    parser.add_argument("--rebuild", action="store_true", help="fill anew what was kept")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
