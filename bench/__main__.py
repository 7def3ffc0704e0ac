"""The command line of the benchmark: ``python -m bench``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import uvloop

from bench.accounts import WORK as ACCOUNTS
from bench.accounts import measure_accounts
from bench.machine import describe_machine
from bench.measure import Measured, Plan, ceiling, measure_work
from bench.profile import profile_work
from bench.report import Results, print_report, write_results
from bench.subjects import LOAD_CORE, SERVER_CORE, SUBJECTS, NotReady, Running, pin, stop_all
from bench.vault import HTTP_WORK, Wanted, measure_reads, measure_vault
from bench.vault import WORK as VAULT
from bench.works import WORKS

_SCALE_ROUNDS = 15
_RESULTS = Path(__file__).with_name("results.json")


def _read_options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description="Doorward beside its peers.")
    parser.add_argument(
        "--work",
        action="append",
        choices=[*WORKS, ACCOUNTS, VAULT, HTTP_WORK],
        help="only this; repeatable",
    )
    parser.add_argument("--subject", action="append", choices=[*SUBJECTS], help="likewise")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each subject (3)")
    parser.add_argument("--seconds", type=float, default=3.0, help="length of a round (3)")
    parser.add_argument("--warm-up", type=float, default=1.0, help="before each round (1)")
    parser.add_argument("--connections", type=int, default=32, help="at once (32)")
    parser.add_argument("--held", type=int, default=1_000_000, help="by vault_http (1 000 000)")
    parser.add_argument("--against", type=Path, help="another checkout's src, beside vault_http")
    parser.add_argument("--output", type=Path, default=_RESULTS, help="bench/results.json")
    parser.add_argument("--profile", action="store_true", help="where doorward's time goes")
    options = parser.parse_args(arguments)
    if options.rounds < 1 or options.seconds <= 0 or options.connections < 1:
        parser.error("--rounds, --seconds and --connections must be more than nothing")
    return options


async def _run(options: argparse.Namespace) -> int:
    plan = Plan(options.rounds, options.seconds, options.warm_up, options.connections)
    machine = describe_machine()
    machine["cores_used"] = {"server": SERVER_CORE, "load": LOAD_CORE}
    machine["rounds"] = {"number": plan.rounds, "seconds": plan.seconds, "of": plan.connections}
    pin(LOAD_CORE)
    running: dict[str, Running] = {}
    figures: dict[str, dict[str, Measured]] = {}
    at_scale: dict[str, Mapping[str, Measured]] = {}
    works = options.work or [*WORKS, ACCOUNTS, VAULT, HTTP_WORK]
    served = [each for each in works if each in WORKS]
    try:
        at_scale = await _measure_at_scale(works, max(options.rounds, _SCALE_ROUNDS))
        if HTTP_WORK in works:
            figures |= await measure_reads(Wanted(options.held, options.against), plan)
        if served:
            machine["generator_limit_per_s"] = round(await ceiling(plan))
        for name in (options.subject or SUBJECTS) if served else ():
            running[name] = await SUBJECTS[name]()
            machine |= {f"{name} {what}": fact for what, fact in running[name].facts.items()}
        for work in served:
            figures[work] = await measure_work(work, running, plan)
        if options.profile and "doorward" in running:
            for work in served:
                await profile_work(work, running["doorward"], plan)
    except NotReady as reason:
        print(f"bench: {reason}", file=sys.stderr)
        return 1
    finally:
        stop_all()
    ready_s = running["doorward"].server.ready_s if "doorward" in running else None
    results = Results(machine, figures, ready_s, at_scale)
    write_results(results, options.output)
    print_report(results)
    if served:
        print(f"load generator's own limit: {machine['generator_limit_per_s']} requests/s")
    every = [*figures.values(), *at_scale.values()]
    return 1 if any(one.failures for each in every for one in each.values()) else 0


async def _measure_at_scale(works: Sequence[str], rounds: int) -> dict[str, Mapping[str, Measured]]:
    """The works that compare two sizes."""
    found: dict[str, Mapping[str, Measured]] = {}
    if ACCOUNTS in works:
        found |= await measure_accounts(rounds)
    if VAULT in works:
        found |= await measure_vault(rounds)
    return found


if __name__ == "__main__":
    sys.exit(uvloop.run(_run(_read_options())))
