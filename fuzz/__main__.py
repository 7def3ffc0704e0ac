"""``python -m fuzz``: every target for its share of the time, and a table of what was seen."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fuzz.corpus import CORPUS, FOUND, keep
from fuzz.running import GUIDED, Order, Outcome, collect, start
from fuzz.target import Target

_LEAST_S = 2
_MOST_FOUND = 64 * 1024


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    parser.add_argument("--seconds", type=int, default=600, help="for all targets together")
    parser.add_argument("--only", default="", help="targets whose names hold this")
    parser.add_argument("--seed", type=int, default=int(time.time()) & 0xFFFF)
    parser.add_argument("--keep", action="store_true", help="add short new inputs to the corpus")
    return parser.parse_args()


def _load(only: str) -> list[Target]:
    """The targets, with every line of Doorward that they reach reporting where it was."""
    if GUIDED:
        import atheris  # noqa: PLC0415 - not there on every machine

        # It tells of every module on its way.
        with _silence(), atheris.instrument_imports(include=["doorward"]):
            from fuzz.targets import TARGETS  # noqa: PLC0415 - instrumented as it is imported
    else:
        from fuzz.targets import TARGETS  # noqa: PLC0415 - as above
    return [each for each in TARGETS if only in each.name]


@contextmanager
def _silence() -> Iterator[None]:
    """Nothing is written to the standard error output, also not by code in C."""
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _run(targets: list[Target], seconds: int, seed: int, folder: Path) -> list[Outcome]:
    """As many at once as there are cores, each in its own process."""
    hands = min(os.cpu_count() or 1, len(targets))
    share = max(_LEAST_S, seconds * hands // len(targets))
    waiting = [Order(each, share, folder, seed) for each in targets]
    under_way: dict[int, Order] = {}
    outcomes: list[Outcome] = []
    while waiting or under_way:
        while waiting and len(under_way) < hands:
            order = waiting.pop(0)
            under_way[start(order)] = order
        process, status = os.wait()
        outcome = collect(under_way.pop(process), status)
        outcomes.append(outcome)
        print(_row(outcome), flush=True)
    return outcomes


def _row(outcome: Outcome) -> str:
    speed = outcome.runs / outcome.seconds if outcome.seconds else 0.0
    return (
        f"{outcome.target.name:34} {outcome.runs:>10,} {speed:>9,.0f}"
        f" {len(outcome.fresh):>10} {len(outcome.findings):>8}"
    )


def _tell(outcomes: list[Outcome]) -> None:
    """Print every finding, and keep its input as a regression."""
    for outcome in outcomes:
        for found in outcome.findings:
            print(
                f"\n--- {found.target}: {found.place} ---\n{found.data!r}\n{found.story.rstrip()}"
            )
        inputs = [each.data for each in outcome.findings]
        keep(FOUND, outcome.target.name, inputs, most=_MOST_FOUND)


def main() -> int:
    """Run what was asked for; the exit status is 1 when there is a finding."""
    asked = _arguments()
    targets = _load(asked.only)
    if not targets:
        print(f"no target's name holds {asked.only!r}", file=sys.stderr)
        return 2
    how = "guided by coverage" if GUIDED else "by chance: there is no atheris for this Python"
    print(f"{len(targets)} targets, {asked.seconds} s, {how}; ARGS='--seed {asked.seed}' repeats")
    print(
        f"{'target':34} {'runs':>10} {'runs/s':>9} {'new inputs':>10} {'findings':>8}", flush=True
    )
    with tempfile.TemporaryDirectory(prefix="doorward-fuzz-") as folder:
        outcomes = _run(targets, asked.seconds, asked.seed, Path(folder))
        _tell(outcomes)
    if asked.keep:
        for outcome in outcomes:
            keep(CORPUS, outcome.target.name, outcome.fresh)
    runs, found = sum(o.runs for o in outcomes), sum(len(o.findings) for o in outcomes)
    print(f"\n{runs:,} runs, {found} findings")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
