"""The measurement: both sizes take turns at reading, and at renewing what is due."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import psutil
from sqlalchemy import text

from bench.load import Round
from bench.measure import Measured
from bench.subjects import LOAD_CORE, SCRATCH, SERVER_CORE, pin
from bench.subjects.process import ROOT
from bench.vault.filling import ORG, Holdings, filled_postgresql, filled_sqlite, ring
from doorward.connectors import AuthOption, ClientCredentials, Manifest, Plan, Upstream
from doorward.connectors.requests import TokenRequest
from doorward.crypto import Secret, system_random
from doorward.db import Database, open_database, statement, system_clock
from doorward.http import Outbound
from doorward.vault import Connection, Outside, Tokens, Tuning, Vault, build_vault
from tests.support.ports import free_port

__all__ = ["WORK", "Sizes", "measure_vault"]

WORK = "vault"
"""The name of the work: that of each operation begins with it."""

_RENEWING = "renew what is due"
_AT_ONCE = 32
_READ_ROUND_S = 0.25
_RENEW_ROUND_S = 2.0
_RENEW_ROUNDS = 5
_VERSIONS = statement(text("SELECT sum(token_version) FROM connections"))

Filled = Callable[[Path, Holdings], AbstractContextManager[str]]
_ENGINES: Mapping[str, Filled] = MappingProxyType(
    {"sqlite": filled_sqlite, "postgresql": filled_postgresql}
)


@dataclass(frozen=True)
class Sizes:
    """How many connections are read from, and how many are due: a small and a large number."""

    read: tuple[int, int] = (1_000, 1_000_000)
    due: tuple[int, int] = (20_000, 100_000)


@dataclass(frozen=True)
class _Subject:
    """A vault over one database."""

    name: str
    size: int
    db: Database
    vault: Vault


class _OnePlan:
    """The plan of the platform that is asked."""

    def __init__(self, port: int) -> None:
        url = f"http://127.0.0.1:{port}/token"
        option = AuthOption(name="main", type="oauth2_code", token=TokenRequest(url=url))
        manifest = Manifest(slug="platform", name="Platform", auth_options=(option,))
        self._plan = Plan(manifest, option, ClientCredentials("bench", (Secret("bench"),)))

    async def plan(self, _row: Connection, _tokens: Tokens) -> Plan:
        """It, whichever connection it is."""
        return self._plan


async def measure_vault(rounds: int, sizes: Sizes | None = None) -> dict[str, dict[str, Measured]]:
    """Read fresh tokens, then renew what is due, on each engine."""
    sizes = sizes or Sizes()
    figures: dict[str, dict[str, Measured]] = {}
    cores = os.sched_getaffinity(0)
    port = free_port()
    # The platform and the database server have the other core.
    pin(LOAD_CORE)
    platform = _start_platform(port)
    outbound = Outbound(allowed=(f"127.0.0.1:{port}",))
    try:
        for engine in _ENGINES:
            fill = _Fill(engine, Upstream(outbound, system_clock, system_random), port)
            await fill.measure(sizes.read, "read a fresh token", rounds, figures)
            await fill.measure(sizes.due, _RENEWING, _RENEW_ROUNDS, figures)
    finally:
        platform.kill()
        platform.wait()
        await outbound.close()
        os.sched_setaffinity(0, cores)
    return figures


def _start_platform(port: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "bench.vault.upstream", str(port)], cwd=ROOT)


@dataclass(frozen=True)
class _Fill:
    """One engine, filled anew for each measurement."""

    engine: str
    upstream: Upstream
    port: int

    async def measure(
        self,
        sizes: tuple[int, int],
        title: str,
        rounds: int,
        into: dict[str, dict[str, Measured]],
    ) -> None:
        """Fill a database for each size, and have both asked in turn."""
        due = title == _RENEWING
        folder = SCRATCH / WORK / self.engine
        shutil.rmtree(folder, ignore_errors=True)
        measured = into.setdefault(f"{WORK}: {title}", {})
        with ExitStack() as stack:
            subjects = []
            for size in sizes:
                place = folder / str(size)
                place.mkdir(parents=True)
                _say(f"{WORK}: filling {self.engine} with {size} connections")
                pin(LOAD_CORE)
                filled = _ENGINES[self.engine](place, Holdings(size, due=due))
                url = await asyncio.to_thread(stack.enter_context, filled)
                subjects.append(await self._open(url, size))
            pin(SERVER_CORE)
            _say(f"{WORK}: {self.engine}, {title}")
            for subject in subjects:
                measured[subject.name] = Measured()
            work = _renew_round if due else _read_round
            for _ in range(rounds):
                await _one_round(subjects, work, measured)
            for subject in subjects:
                await subject.vault.worker.drain()
                await subject.db.close()
        shutil.rmtree(folder, ignore_errors=True)

    async def _open(self, url: str, size: int) -> _Subject:
        db = await open_database(url)
        vault = build_vault(
            db=db,
            ring=ring(),
            random=system_random,
            outside=Outside(self.upstream, _OnePlan(self.port)),
            tuning=Tuning(spill_folder=SCRATCH / WORK / "spills"),
        )
        return _Subject(f"{self.engine}, {size} connections", size, db, vault)


async def _one_round(
    subjects: Sequence[_Subject],
    work: Callable[[_Subject], Awaitable[Round]],
    into: Mapping[str, Measured],
) -> None:
    for subject in subjects:
        before = subject.db.statements_run
        busy = psutil.Process().cpu_times()
        taken = await work(subject)
        ended = psutil.Process().cpu_times()
        measured = into[subject.name]
        measured.rounds.append(taken)
        spent = ended.user + ended.system - busy.user - busy.system
        measured.server_busy.append(spent / taken.seconds)
        measured.resident_mb = psutil.Process().memory_info().rss / 1e6
        if taken.finished:
            measured.cpu_us.append(spent / taken.finished * 1e6)
            run = subject.db.statements_run - before
            measured.queries_per_operation = round(run / taken.finished, 2)


async def _read_round(subject: _Subject) -> Round:
    """Thirty-two callers at a time, each for any connection."""
    taken, chance = Round(), random.Random(7 + len(subject.name))
    end = time.perf_counter() + _READ_ROUND_S
    while time.perf_counter() < end:
        wanted = [chance.randint(1, subject.size) for _ in range(_AT_ONCE)]
        began = time.perf_counter_ns()
        held = await asyncio.gather(
            *(subject.vault.refresher.get_token(ORG, number) for number in wanted)
        )
        spent = time.perf_counter_ns() - began
        for number, each in zip(wanted, held, strict=True):
            if not each.tokens.access.reveal().startswith(f"access-{number:09}-"):
                taken.refuse("somebody else's token")
        taken.latencies += [spent // _AT_ONCE] * _AT_ONCE
        taken.finished += _AT_ONCE
        taken.seconds += spent / 1e9
    return taken


async def _renew_round(subject: _Subject) -> Round:
    """As many as can be renewed in the time; each counts once it is written down."""
    taken, worker = Round(), subject.vault.worker
    before = await _versions(subject)
    began = time.perf_counter()
    while time.perf_counter() - began < _RENEW_ROUND_S and await worker.take_turn():
        pass
    await worker.drain()
    taken.seconds = time.perf_counter() - began
    taken.finished = await _versions(subject) - before
    if not taken.finished:
        taken.refuse("nothing was renewed")
    each = int(taken.seconds * 1e9 / max(1, taken.finished))
    taken.latencies = [each] * taken.finished
    return taken


async def _versions(subject: _Subject) -> int:
    found = await subject.db.one(_VERSIONS)
    return 0 if found is None else int(found[0])


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)
