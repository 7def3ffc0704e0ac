"""One run: starts the subjects, measures the works, writes and prints what came out."""

from __future__ import annotations

import asyncio
import fcntl
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from bench.accounts import WORK as ACCOUNTS
from bench.accounts import measure_accounts
from bench.machine import describe_machine
from bench.measure import (
    AT_RATE,
    LONGER,
    Measured,
    Missing,
    Plan,
    ceiling,
    measure_below_peak,
    measure_work,
)
from bench.profile import profile_work
from bench.publish import publish
from bench.report import print_report
from bench.results import Results, document_of, write_document
from bench.sign_ins import SIGN_IN, measure_sign_ins
from bench.subjects import (
    LOAD_CORE,
    SCRATCH,
    SERVER_CORE,
    SUBJECTS,
    NotReady,
    Running,
    pin,
    stop_all,
)
from bench.vault import HTTP_WORK, Wanted, measure_reads, measure_vault
from bench.vault import WORK as VAULT
from bench.works import WORKS

__all__ = ["Wishes", "run", "seconds_needed"]

_SCALE_ROUNDS = 15
_PROMISED = ("client_credentials", "introspection")
"""Works whose latency below the peak is measured too, of the subjects that follow."""
_PACED = ("doorward", "doorward-postgresql")
_START_S = 4.0
"""About what it takes to start a subject, its data included."""
_PREPARE_S = 2.0
"""About what it takes to make one ready for a work: to sign people in, to fetch tokens."""
_BETWEEN_S = 0.5
"""About what passes between two rounds: the checks of kept answers."""


@dataclass(frozen=True)
class Wishes:
    """What is to be measured, and how."""

    works: tuple[str, ...]
    subjects: tuple[str, ...]
    plan: Plan
    vault: Wanted
    output: Path
    is_profiled: bool = False
    is_published: bool = False
    """Whether the table in docs/performance.md and the picture are made anew of the results."""

    @property
    def served(self) -> list[str]:
        """The works that load every server."""
        return [each for each in self.works if each in WORKS]

    @property
    def wanted(self) -> list[str]:
        """The subjects that do any of these works."""
        able = {
            name for name in self.subjects if any(SUBJECTS[name].does(each) for each in self.served)
        }
        able |= {"doorward"} if SIGN_IN in self.works else set()
        return [name for name in self.subjects if name in able]


def seconds_needed(wishes: Wishes) -> float:
    """About how long it will take, those works aside that load no server."""
    plan = wishes.plan
    pairs = sum(SUBJECTS[name].does(work) for work in wishes.served for name in wishes.wanted)
    paced = sum(work in wishes.served for work in _PROMISED) * sum(
        name in wishes.wanted for name in _PACED
    )
    a_round = plan.seconds + plan.warm_up_s + _BETWEEN_S
    pairs += paced + 2 * (SIGN_IN in wishes.works)
    longer = paced * plan.rounds * (LONGER - 1) * plan.seconds
    return len(wishes.wanted) * _START_S + pairs * (_PREPARE_S + plan.rounds * a_round) + longer


async def run(wishes: Wishes) -> int:
    """Measure; the status is 1 where an answer was wrong or something is missing.

    Whatever ends it, no server that it started stays behind.
    """
    task = asyncio.current_task()
    if task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    machine = describe_machine()
    plan = wishes.plan
    machine["cores_used"] = {"server": SERVER_CORE, "load": LOAD_CORE}
    machine["rounds"] = {"number": plan.rounds, "seconds": plan.seconds, "of": plan.connections}
    pin(LOAD_CORE)
    if wishes.served:
        minutes = seconds_needed(wishes) / 60
        _say(f"bench: {len(wishes.served)} works, {len(wishes.wanted)} subjects:")
        _say(f"bench: about {minutes:.0f} minutes on a machine that does nothing else")
    try:
        with _alone():
            results = await _measure(wishes, machine)
            stop_all()
    except NotReady as reason:
        _say(f"bench: {reason}")
        return 1
    finally:
        stop_all()
    document = document_of(results)
    write_document(document, wishes.output)
    if wishes.is_published:
        publish(document)
    print_report(results, document)
    every = [*results.figures.values(), *results.at_scale.values()]
    is_wrong = any(one.failures for each in every for one in each.values())
    is_wrong |= any(each.failures for each in results.sign_ins)
    return 1 if is_wrong or results.missing else 0


@contextmanager
def _alone() -> Iterator[None]:
    """One run at a time: two would measure each other, and share the subjects' folders.

    Raises ``NotReady`` while another one runs in this checkout.
    """
    SCRATCH.mkdir(parents=True, exist_ok=True)
    with (SCRATCH / "run.lock").open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise NotReady("another run is under way in this checkout") from None
        yield


async def _measure(wishes: Wishes, machine: dict[str, object]) -> Results:
    plan = wishes.plan
    figures: dict[str, dict[str, Measured]] = {}
    missing: list[Missing] = []
    at_scale = await _measure_at_scale(wishes.works, max(plan.rounds, _SCALE_ROUNDS))
    if HTTP_WORK in wishes.works:
        figures |= await measure_reads(wishes.vault, plan)
    if wishes.served:
        machine["generator_limit_per_s"] = round(await ceiling(plan))
    running = await _start(wishes.wanted, missing)
    for name, each in running.items():
        machine |= {f"{name} {what}": fact for what, fact in each.facts.items()}
    for work in wishes.served:
        able = {name: each for name, each in running.items() if SUBJECTS[name].does(work)}
        figures[work] = await measure_work(work, able, plan, missing)
    waiting = {work: figures[work] for work in _PROMISED if work in figures}
    ours = {name: running[name] for name in _PACED if name in running}
    figures |= await measure_below_peak(waiting, ours, plan, missing)
    results = Results(machine, figures, at_scale, missing)
    if "doorward" not in running:
        return results
    if SIGN_IN in wishes.works:
        results = await _with_sign_ins(results, running["doorward"], plan, missing)
    return await _with_profiles(results, running["doorward"], wishes)


async def _with_profiles(results: Results, running: Running, wishes: Wishes) -> Results:
    """Where the time goes in works that missed a goal, or in all where that was asked for."""
    goals = document_of(results)["goals"]
    missed = {each["work"].removesuffix(AT_RATE) for each in goals if each["verdict"] == "missed"}
    profiles = {}
    for work in wishes.served:
        if wishes.is_profiled or work in missed:
            _say(f"{work}: where the time goes")
            try:
                profiles[work] = await profile_work(work, running, wishes.plan)
            except Exception as error:  # noqa: BLE001 - the figures are told all the same
                _say(f"{work}: {error!r}")
    return replace(results, profiles={work: lines for work, lines in profiles.items() if lines})


async def _with_sign_ins(
    results: Results, running: Running, plan: Plan, missing: list[Missing]
) -> Results:
    _say(f"{SIGN_IN}: {plan.rounds} rounds")
    try:
        found = await measure_sign_ins(running, plan.rounds, plan.seconds)
        return replace(results, sign_ins=found, resident_mb=running.resident_mb())
    except Exception as error:  # noqa: BLE001 - whatever befalls it, the rest is told
        missing.append(Missing(SIGN_IN, "doorward", f"{type(error).__name__}: {error}"[:400]))
        return results


async def _start(names: Sequence[str], missing: list[Missing]) -> dict[str, Running]:
    """The subjects that start; the others are ``missing``."""
    running: dict[str, Running] = {}
    for name in names:
        _say(f"starting {name}")
        try:
            running[name] = await SUBJECTS[name].start()
        except Exception as error:  # noqa: BLE001 - whatever befalls one, the others go on
            _say(f"{name} is missing: {error}")
            missing.append(Missing("", name, f"{type(error).__name__}: {error}"[:400]))
    return running


async def _measure_at_scale(works: Sequence[str], rounds: int) -> dict[str, Mapping[str, Measured]]:
    """The works that compare two sizes."""
    found: dict[str, Mapping[str, Measured]] = {}
    if ACCOUNTS in works:
        found |= await measure_accounts(rounds)
    if VAULT in works:
        found |= await measure_vault(rounds)
    return found


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
