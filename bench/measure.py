"""The measurement: for each work, rounds that take turns between the subjects."""

from __future__ import annotations

import itertools
import statistics
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import psutil

from bench.load import Operation, Round, run_round
from bench.pace import run_paced
from bench.subjects import LOAD_CORE, SCRATCH, SERVER_CORE, SUBJECTS, Running
from bench.subjects.process import Start, start_server
from bench.wire import post
from bench.works import WORKS, Prepared, Unsupported
from bench.works.prepared import ACCESS_TOKEN, string_in
from tests.support.ports import free_port

__all__ = [
    "LONGER",
    "QUIET",
    "Measured",
    "Missing",
    "Plan",
    "ceiling",
    "measure_below_peak",
    "measure_work",
    "one_round",
]

BELOW_PEAK = 0.7
"""The share of the highest rate at which latencies are promised."""
QUIET = 0.05
"""The share of the two cores that other programs may take before a round is called disturbed."""
_AGAIN = 2
LONGER = 3
"""How many times as long a round at a fixed rate is."""
AT_RATE = "_at_70"
"""How the name of a work ends that was measured there."""


@dataclass(frozen=True)
class Plan:
    """How much to measure: each connection one operation after the other, or all at ``rate``."""

    rounds: int
    seconds: float
    warm_up_s: float
    connections: int
    rate: float | None = None
    """Operations a second."""


@dataclass
class Measured:
    """What all rounds of one subject at one work gave."""

    rounds: list[Round] = field(default_factory=list)
    server_busy: list[float] = field(default_factory=list)
    """For each round, the share of one core that the server used."""
    taken: list[float] = field(default_factory=list)
    """For each round, the share of the two cores that other programs took away."""
    cpu_us: list[float] = field(default_factory=list)
    """For each round, processor time of the server per operation, in microseconds."""
    database_us: list[float] = field(default_factory=list)
    """Likewise of its database server, where it has one."""
    resident_mb: float = 0.0
    queries_per_operation: float | None = None
    notes: Mapping[str, str] = field(default_factory=dict)
    repeated: int = 0
    """Rounds that were disturbed, and taken again."""

    @property
    def per_second(self) -> float:
        """The median over the rounds."""
        return statistics.median(each.per_second for each in self.rounds)

    @property
    def failures(self) -> int:
        """The sum over the rounds."""
        return sum(each.failures for each in self.rounds)

    def percentile_ms(self, share: float) -> float | None:
        """The latency that ``share`` of all operations kept within, in milliseconds."""
        every = sorted(time for each in self.rounds for time in each.latencies)
        if not every:
            return None
        return every[min(len(every) - 1, int(share * len(every)))] / 1e6


@dataclass(frozen=True)
class Missing:
    """A subject that gave no figures at a work (at none where ``work`` is empty), and why."""

    work: str
    subject: str
    reason: str


async def measure_work(
    work: str, subjects: Mapping[str, Running], plan: Plan, missing: list[Missing]
) -> dict[str, Measured]:
    """Prepare ``work`` for every subject that does it, then let them take turns.

    Whoever fails is added to ``missing``, and the others go on.
    """
    ready: dict[str, Prepared] = {}
    for name, running in subjects.items():
        try:
            at_once = min(plan.connections, SUBJECTS[name].connections)
            ready[name] = await WORKS[work](running.target, at_once)
        except Unsupported:
            continue
        except Exception as error:  # noqa: BLE001 - whatever befalls one, the others go on
            missing.append(_missing(work, name, error))
    measured = {name: Measured(notes=prepared.notes) for name, prepared in ready.items()}
    for number in range(plan.rounds):
        for name in list(measured):
            _say(f"{work}: round {number + 1} of {plan.rounds}, {name}")
            try:
                await one_round(subjects[name], ready[name], measured[name], plan)
            except Exception as error:  # noqa: BLE001 - likewise
                missing.append(_missing(work, name, error))
                del measured[name]
    return measured


def _missing(work: str, subject: str, error: Exception) -> Missing:
    _say(f"{work}: {subject}: {error!r}")
    return Missing(work, subject, f"{type(error).__name__}: {error}"[:400])


async def one_round(running: Running, prepared: Prepared, into: Measured, plan: Plan) -> None:
    """One round of ``running`` at what is ``prepared``.

    Where other programs disturbed it, it is taken again, at most twice, and does not count. One
    with a wrong answer always counts.
    """
    once, again = await _once(running, prepared, plan), 0
    while once.others > QUIET and not once.round.failures and again < _AGAIN:
        _say(f"  other programs took {once.others:.0%} of the two cores: once more")
        once, again = await _once(running, prepared, plan), again + 1
    used, taken = once.used, once.round
    into.repeated += again
    into.rounds.append(taken)
    into.server_busy.append(used.server / used.wall)
    into.taken.append(once.others)
    into.resident_mb = max(into.resident_mb, running.resident_mb())
    if taken.finished:
        into.cpu_us.append(used.server / taken.finished * 1e6)
        into.database_us.append(used.database / taken.finished * 1e6)
    if once.statements is not None and taken.finished:
        into.queries_per_operation = round(once.statements / taken.finished, 2)


@dataclass(frozen=True)
class _Once:
    """One round, whether or not it is to count."""

    round: Round
    used: _Used
    statements: int | None
    """How many the server ran, where it counts them."""

    @property
    def others(self) -> float:
        """The share of the two cores that other programs took away."""
        return self.used.others / self.used.wall / 2


async def _once(running: Running, prepared: Prepared, plan: Plan) -> _Once:
    before = await running.statements_run()
    clock = _Clock(running)
    taken = await _load(running, prepared, plan)
    used = clock.stop()
    after = await running.statements_run()
    for text in await prepared.check():
        taken.refuse(text)
    statements = None if before is None or after is None else after - before
    return _Once(taken, used, statements)


async def _load(running: Running, prepared: Prepared, plan: Plan) -> Round:
    where, lanes = running.target.addresses, prepared.lanes
    if plan.rate is None:
        return await run_round(where, lanes, warm_up_s=plan.warm_up_s, seconds=plan.seconds)
    return await run_paced(
        where, lanes, rate=plan.rate, warm_up_s=plan.warm_up_s, seconds=plan.seconds
    )


async def measure_below_peak(
    works: Mapping[str, Mapping[str, Measured]],
    subjects: Mapping[str, Running],
    plan: Plan,
    missing: list[Missing],
) -> dict[str, dict[str, Measured]]:
    """How long answers take at seven tenths of the rates that ``works`` found for ``subjects``.

    The requests come at a fixed rate, over four times as many connections. A round is three times
    as long: of 12 s in all, one pause of an eighth of a second is the slowest hundredth.
    """
    found: dict[str, dict[str, Measured]] = {}
    for work, name in itertools.product(works, subjects):
        peak = works[work].get(name)
        if peak is None or not peak.per_second:
            continue
        slower = replace(
            plan,
            rate=BELOW_PEAK * peak.per_second,
            connections=4 * plan.connections,
            seconds=LONGER * plan.seconds,
        )
        measured = await measure_work(work, {name: subjects[name]}, slower, missing)
        if measured:
            found.setdefault(f"{work}{AT_RATE}", {}).update(measured)
    return found


@dataclass(frozen=True)
class _Used:
    """Seconds: on the wall, and of processors by whom."""

    wall: float
    server: float
    database: float
    load: float
    cores: float

    @property
    def others(self) -> float:
        """What programs took that are no part of the measurement."""
        return max(0.0, self.cores - self.server - self.database - self.load)


class _Clock:
    """Processor time of the server, and of the programs that are no part of the measurement."""

    def __init__(self, running: Running) -> None:
        self._running = running
        self._began = self._read()

    def stop(self) -> _Used:
        """What was used since the start."""
        return _Used(*(now - then for now, then in zip(self._read(), self._began, strict=True)))

    def _read(self) -> tuple[float, float, float, float, float]:
        times = psutil.cpu_times(percpu=True)
        cores = (times[core] for core in {SERVER_CORE, LOAD_CORE})
        busy = sum(core.user + core.nice + core.system + core.steal for core in cores)
        return (
            time.monotonic(),
            self._running.cpu_seconds(),
            self._running.database_cpu_seconds(),
            time.process_time(),
            busy,
        )


async def ceiling(plan: Plan) -> float:
    """Requests per second that the generator makes of a server that does nothing."""
    url = f"http://127.0.0.1:{free_port()}"
    command = [sys.executable, "-m", "bench.echo", url.rpartition(":")[2]]
    server = start_server(Start(command, url, SCRATCH / "echo.log", {}))
    request = post(f"{url}/token", {"grant_type": "client_credentials"})

    def operation() -> Operation[None]:
        string_in((yield request), ACCESS_TOKEN, "echo")

    host, port = url.removeprefix("http://").split(":")
    try:
        taken = await run_round(
            [(host, int(port))],
            [operation] * plan.connections,
            warm_up_s=plan.warm_up_s,
            seconds=plan.seconds,
        )
    finally:
        server.stop()
    return taken.per_second


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
