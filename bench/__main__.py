"""The command line of the benchmark: ``python -m bench``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import uvloop

from bench.accounts import WORK as ACCOUNTS
from bench.measure import Plan
from bench.run import Wishes, run
from bench.sign_ins import SIGN_IN
from bench.subjects import SUBJECTS
from bench.vault import HTTP_WORK, Wanted
from bench.vault import WORK as VAULT
from bench.works import WORKS

_RESULTS = Path(__file__).with_name("results.json")


def _read_options(arguments: Sequence[str] | None = None) -> Wishes:
    parser = argparse.ArgumentParser(prog="bench", description="Doorward beside its peers.")
    parser.add_argument(
        "--work",
        action="append",
        choices=[*WORKS, SIGN_IN, ACCOUNTS, VAULT, HTTP_WORK],
        help="only this; repeatable (all but accounts, vault and vault_http)",
    )
    parser.add_argument("--subject", action="append", choices=[*SUBJECTS], help="likewise (all)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each subject (5)")
    parser.add_argument("--seconds", type=float, default=2.5, help="length of a round (2.5)")
    parser.add_argument("--warm-up", type=float, default=1.0, help="before each round (1)")
    parser.add_argument("--connections", type=int, default=32, help="at once (32)")
    parser.add_argument("--held", type=int, default=1_000_000, help="by vault_http (1 000 000)")
    parser.add_argument("--against", type=Path, help="another checkout's src, beside vault_http")
    parser.add_argument("--output", type=Path, default=_RESULTS, help="bench/results.json")
    parser.add_argument("--profile", action="store_true", help="where doorward's time goes")
    options = parser.parse_args(arguments)
    if options.rounds < 1 or options.seconds <= 0 or options.connections < 1:
        parser.error("--rounds, --seconds and --connections must be more than nothing")
    return Wishes(
        works=tuple(options.work or (*WORKS, SIGN_IN)),
        subjects=tuple(options.subject or SUBJECTS),
        plan=Plan(options.rounds, options.seconds, options.warm_up, options.connections),
        vault=Wanted(options.held, options.against),
        output=options.output,
        is_profiled=options.profile,
        is_published=options.output.resolve() == _RESULTS,
    )


if __name__ == "__main__":
    sys.exit(uvloop.run(run(_read_options())))
