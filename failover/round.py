"""One run: load, a standby that is lost, a primary that is killed, one that is frozen."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import httpx2

from chaos.desk import Desk, Unknown
from chaos.findings import compare
from chaos.journal import Journal
from chaos.round import prepare
from chaos.servers import Server
from chaos.work import Person, sign_in_person
from doorward.db.migrate import upgrade
from failover.balancer import Balancer
from failover.cluster import Cluster
from failover.watch import Phase, Stopwatch, await_write
from failover.work import LOAD

__all__ = ["BACK_S", "Outcome", "await_ready", "perform", "work_until"]

BACK_S = 10.0
"""How soon after its primary is gone a service has to write again."""
_SLOWEST_S = 20.0
"""Nothing waits longer than this for its answer, whatever is gone."""
_WORKERS = 6
_PAUSE_S = 0.02
"""Between two things that one worker does: the load is bounded."""
_SETTLED_S = 1.0
_START_S = 90.0


@dataclass
class Outcome:
    """What was done, and what came of it."""

    journal: Journal = field(default_factory=Journal)
    phases: list[Phase] = field(default_factory=list)
    compared: int = 0

    @property
    def is_clean(self) -> bool:
        """Whether nothing was lost, all came back in time, and nothing else was wrong."""
        return self.journal.is_clean and self.compared > 0

    def judge(self) -> None:
        """Note what took too long."""
        for each in self.phases:
            if each.back_s is not None and each.back_s > BACK_S:
                self.journal.fault(f"{each.name}: written again only after {each.back_s:.1f} s")
            if each.slowest_s > _SLOWEST_S:
                self.journal.fault(f"{each.name}: an answer took {each.slowest_s:.1f} s")


@dataclass(frozen=True)
class _Front:
    """The one door: whoever asks, asks the balancer."""

    servers: Sequence[Balancer]


@dataclass(frozen=True)
class _Stage:
    """All that runs."""

    cluster: Cluster
    servers: tuple[Server, ...]
    desk: Desk
    watch: Stopwatch
    outcome: Outcome
    seconds: float
    """How long each phase lasts."""

    @property
    def token_url(self) -> str:
        """Where tokens are issued, behind the balancer."""
        return f"{self.desk.doors.servers[0].url}{self.desk.base}/oauth2/token"


async def perform(folder: Path, seconds: float, random: Random) -> Outcome:
    """Run for about ``seconds``. Raises ``Missing``, ``TimeoutError``, ``CalledProcessError``."""
    outcome = Outcome()
    cluster = await asyncio.to_thread(Cluster, folder)
    try:
        await asyncio.to_thread(upgrade, cluster.url)
        organization = await prepare(cluster.url)
        # Whoever asks comes through the balancer, whose word about the caller is believed.
        more = {
            "trusted_proxies": "127.0.0.1",
            "postgres_pool": "6",
            "database_replica_urls": cluster.replica_urls,
        }
        servers = tuple(Server(cluster.url, folder, steps=False, **more) for _ in range(2))
        balancer = Balancer([each.port for each in servers], folder / "nginx")
        try:
            watch = Stopwatch(32)
            async with httpx2.AsyncClient(transport=watch) as http:
                front = _Front((balancer,))
                desk = Desk(front, outcome.journal, random, *organization, http)
                stage = _Stage(cluster, servers, desk, watch, outcome, seconds / 5)
                await _play(stage)
        finally:
            await asyncio.to_thread(_end, servers, outcome)
            if not balancer.is_running:
                outcome.journal.fault("nginx ended by itself")
            balancer.stop()
    finally:
        await asyncio.to_thread(cluster.stop)
    return outcome


async def _play(stage: _Stage) -> None:
    for each in stage.servers:
        each.start()
    if not await asyncio.to_thread(await_ready, stage.servers):
        stage.outcome.journal.fault("the servers do not come up at all")
        return
    ends = asyncio.Event()
    workers = [asyncio.create_task(_work(stage.desk, ends)) for _ in range(_WORKERS)]
    stage.outcome.phases = stage.watch.phases
    try:
        stage.watch.begin("everything is there")
        await asyncio.sleep(stage.seconds)
        await _lose_the_standby(stage)
        await _change_over(stage, "the primary is killed", stage.cluster.primary.kill)
        stage.watch.begin("a new standby follows")
        await asyncio.to_thread(stage.cluster.rebuild)
        await asyncio.sleep(stage.seconds / 2)
        await _change_over(stage, "the primary is frozen", stage.cluster.primary.freeze)
        ends.set()
        await asyncio.gather(*workers)
        stage.outcome.compared = await compare(stage.desk)
        stage.outcome.judge()
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)


async def _lose_the_standby(stage: _Stage) -> None:
    """No commit is confirmed any more: nothing may be acknowledged, and nobody may wait."""
    cluster, journal = stage.cluster, stage.outcome.journal
    stage.watch.begin("the standby is lost")
    await asyncio.to_thread(cluster.standby.kill)
    await asyncio.sleep(_SETTLED_S)
    before = journal.kinds["tokens"]
    await asyncio.sleep(max(stage.seconds, 10.0))
    if journal.kinds["tokens"] != before:
        journal.lost.append("tokens were acknowledged that only one server has")
    phase = stage.watch.begin("the standby is back")
    began = time.monotonic()
    await asyncio.to_thread(cluster.standby.start)
    phase.back_s = await _back(stage, began)
    await asyncio.to_thread(cluster.await_standby)
    await asyncio.sleep(stage.seconds / 2)


async def _change_over(stage: _Stage, name: str, end: Callable[[], None]) -> None:
    """Take the primary away, and promote the standby at once."""
    phase = stage.watch.begin(name)
    began = time.monotonic()
    await asyncio.to_thread(end)
    back = asyncio.create_task(_back(stage, began))
    await asyncio.to_thread(stage.cluster.promote)
    phase.back_s = await back
    await asyncio.sleep(stage.seconds)


async def _back(stage: _Stage, began: float) -> float:
    """When each server writes again, by itself; both are asked directly, and through nginx."""
    doors = [f"{each.url}{stage.desk.base}/oauth2/token" for each in stage.servers]
    waits = [
        await_write(stage.desk.http, url, stage.desk.client, began)
        for url in (stage.token_url, *doors)
    ]
    found = await asyncio.gather(*waits)
    return max(float("inf") if each is None else each for each in found)


async def work_until(desk: Desk, seconds: float) -> None:
    """Work for ``seconds``, undisturbed."""
    ends = asyncio.Event()
    workers = [asyncio.create_task(_work(desk, ends)) for _ in range(_WORKERS)]
    await asyncio.sleep(seconds)
    ends.set()
    await asyncio.gather(*workers)


async def _work(desk: Desk, ends: asyncio.Event) -> None:
    kinds, weights = zip(*LOAD, strict=True)
    person: Person | None = None
    while not ends.is_set():
        try:
            person = person or await sign_in_person(desk)
            await desk.random.choices(kinds, weights)[0](desk, person)
            await asyncio.sleep(_PAUSE_S)
        except Unknown:
            with suppress(TimeoutError):
                await asyncio.wait_for(ends.wait(), 0.3)


def await_ready(servers: Sequence[Server]) -> bool:
    """Whether all serve within a minute and a half."""
    until = time.monotonic() + _START_S
    while time.monotonic() < until:
        if all(each.is_ready() for each in servers):
            return True
        time.sleep(0.1)
    return False


def _end(servers: Sequence[Server], outcome: Outcome) -> None:
    statuses = [each.stop() for each in servers]
    if any(statuses):
        outcome.journal.fault(f"asked to end, the servers ended with {statuses}")
    for each in servers:
        for trace in each.traces:
            outcome.journal.fault(f"a trace was logged:\n{trace}")
