"""The measurement: both sizes take turns, question by question, on one database after the other."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from types import MappingProxyType

import psutil

from bench.accounts.filling import filled_postgresql, filled_sqlite
from bench.accounts.operations import OPERATIONS, Asked, HashlessPasswords, Operation
from bench.accounts.people import Crowd
from bench.load import Round
from bench.measure import Measured
from bench.subjects import LOAD_CORE, SCRATCH, SERVER_CORE, pin
from doorward.accounts import Accounts
from doorward.brakes import Brakes
from doorward.crypto import Secret
from doorward.db import Database, open_database
from doorward.orgs import Organizations

__all__ = ["WORK", "Comparison", "measure_accounts"]

WORK = "accounts"
"""The name of the work: that of each operation begins with it."""

_SIZES = (1_000, 1_000_000)
_ROUND_S = 0.25
_WARM_UP_S = 0.1

Comparison = Mapping[str, Mapping[str, Measured]]
"""For each operation its figures by subject, the small organization before the large one."""

Filled = Callable[[Path, Crowd], AbstractContextManager[str]]


@contextmanager
def _on_the_other_core(folder: Path, crowd: Crowd) -> Iterator[str]:
    # A PostgreSQL server is no part of this process, and inherits the core that it starts on.
    pin(LOAD_CORE)
    with filled_postgresql(folder, crowd) as url:
        pin(SERVER_CORE)
        yield url


_ENGINES: Mapping[str, Filled] = MappingProxyType(
    {"sqlite": filled_sqlite, "postgresql": _on_the_other_core}
)


async def measure_accounts(rounds: int, engines: Sequence[str] = tuple(_ENGINES)) -> Comparison:
    """Fill a database of its own for each size and engine, and ask both the same questions."""
    figures: dict[str, dict[str, Measured]] = {}
    cores = os.sched_getaffinity(0)
    for engine in engines:
        folder = SCRATCH / WORK / engine
        shutil.rmtree(folder, ignore_errors=True)
        pin(SERVER_CORE)
        with ExitStack() as stack:
            asked = []
            for size in _SIZES:
                place = folder / str(size)
                place.mkdir(parents=True)
                _say(f"{WORK}: filling {engine} with {size} accounts")
                crowd = Crowd("bench", size)
                url = await asyncio.to_thread(stack.enter_context, _ENGINES[engine](place, crowd))
                pin(SERVER_CORE)
                asked.append((await open_database(url), crowd))
            await _measure_engine(engine, asked, rounds, figures)
            for db, _ in asked:
                await db.close()
        shutil.rmtree(folder, ignore_errors=True)
    os.sched_setaffinity(0, cores)
    return figures


async def _measure_engine(
    engine: str,
    asked: Sequence[tuple[Database, Crowd]],
    rounds: int,
    into: dict[str, dict[str, Measured]],
) -> None:
    # One source of chance for each: both sizes are asked for people as far from each other.
    asks = [Asked(_accounts_in(db), crowd, random.Random(7)) for db, crowd in asked]
    names = [f"{engine}, {crowd.size} accounts" for _, crowd in asked]
    for title, operation in OPERATIONS.items():
        _say(f"{WORK}: {engine}, {title}")
        measured = into.setdefault(f"{WORK}: {title}", {})
        for name in names:
            measured[name] = Measured()
        await _one_round(asks, operation, _WARM_UP_S)
        for _ in range(rounds):
            before = [db.statements_run for db, _ in asked]
            each = await _one_round(asks, operation, _ROUND_S)
            for place, (name, taken) in enumerate(zip(names, each, strict=True)):
                run = asked[place][0].statements_run - before[place]
                _keep(measured[name], taken, run)


def _accounts_in(db: Database) -> Accounts:
    brakes = Brakes(db=db, clock=db.clock, pepper=Secret(b"bench"))
    return Accounts(
        db=db,
        clock=db.clock,
        passwords=HashlessPasswords(),
        brakes=brakes,
        organizations=Organizations(db=db, clock=db.clock),
    )


async def _one_round(asks: Sequence[Asked], operation: Operation, seconds: float) -> list[Round]:
    """Ask each in turn, again and again; whatever disturbs the machine disturbs both alike."""
    rounds = [Round() for _ in asks]
    end = time.perf_counter() + seconds
    turn = [*zip(asks, rounds, strict=True)]
    while time.perf_counter() < end:
        turn.reverse()
        for ask, taken in turn:
            began = time.perf_counter_ns()
            right = await operation(ask)
            spent = time.perf_counter_ns() - began
            if right:
                taken.latencies.append(spent)
                taken.finished += 1
                taken.seconds += spent / 1e9
            else:
                taken.refuse(f"not the accounts of {ask.crowd.size} that were asked for")
    return rounds


def _keep(measured: Measured, taken: Round, statements: int) -> None:
    measured.rounds.append(taken)
    measured.server_busy.append(0.0)
    measured.resident_mb = psutil.Process().memory_info().rss / 1e6
    if taken.finished:
        measured.queries_per_operation = round(statements / taken.finished, 2)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
