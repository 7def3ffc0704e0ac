"""One database: servers, workers and disturbances for a while, and then the comparison."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import httpx2

from chaos.desk import Desk, Unknown
from chaos.findings import compare, verify_file
from chaos.grounds import Grounds
from chaos.journal import Journal
from chaos.servers import Fleet
from chaos.work import WORK, Person, sign_in_person
from doorward.accounts import AccountKind
from doorward.audit import SYSTEM
from doorward.db import open_database, system_clock
from doorward.orgs import Permission, Policy
from tests.support.clock import ManualClock
from tests.support.factories import make_account
from tests.support.world import Known, make_world

__all__ = ["Outcome", "perform", "prepare"]

_WORKERS = 8
_RECOVERY_S = 90.0
_KILLS = ("kill one", "kill both", "kill one", "clock step")
_DAY_S = 86_400
_POLICY = Policy(access_token_s=_DAY_S, refresh_grace_s=60, session_idle_s=_DAY_S, code_s=120)
"""Everything lives until it is compared."""


@dataclass
class Outcome:
    """What was done on one database, and what came of it."""

    name: str
    journal: Journal
    disturbances: Counter[str] = field(default_factory=Counter)
    compared: int = 0
    starts: int = 0

    @property
    def is_clean(self) -> bool:
        """Whether nothing was lost and nothing else was wrong."""
        return self.journal.is_clean and self.compared > 0


async def perform(grounds: Grounds, seconds: float, random: Random, folder: Path) -> Outcome:
    """Work and disturb for ``seconds``, bring everything back, and compare."""
    organization = await prepare(grounds.url)
    fleet, journal = Fleet(grounds.url, folder), Journal()
    outcome = Outcome(grounds.name, journal)
    if not await asyncio.to_thread(fleet.await_ready):
        journal.fault("the servers do not come up at all")
        await _end(fleet, outcome)
        return outcome
    limits = httpx2.Limits(max_connections=64)
    async with httpx2.AsyncClient(trust_env=False, limits=limits) as http:
        desk = Desk(fleet, journal, random, *organization, http)
        until = time.monotonic() + seconds
        workers = [asyncio.create_task(_work(desk, until)) for _ in range(_WORKERS)]
        try:
            await _disturb(grounds, desk, fleet, outcome, until)
            await asyncio.gather(*workers)
            outcome.compared = await compare(desk)
        finally:
            for worker in workers:
                worker.cancel()
            await _end(fleet, outcome)
    if damage := verify_file(grounds.url):
        journal.lost.append(damage)
    return outcome


async def _end(fleet: Fleet, outcome: Outcome) -> None:
    statuses = await asyncio.to_thread(fleet.stop)
    outcome.starts = sum(each.starts for each in fleet.servers)
    if any(statuses):
        outcome.journal.fault(f"asked to end, the servers ended with {statuses}")
    for each in fleet.servers:
        for trace in each.traces:
            outcome.journal.fault(f"a trace was logged:\n{trace}")


async def prepare(url: str) -> tuple[str, tuple[str, str], str]:
    """An organization with an application that does everything, and a key with every permission."""
    db = await open_database(url, clock=ManualClock(system_clock()))
    world = await make_world(db, ManualClock(system_clock()), org_id="river", policy=_POLICY)
    kinds = frozenset({"authorization_code", "refresh_token", "client_credentials"})
    worker: Known = await world.register("Worker", grant_types=kinds)
    staff = await make_account(
        db, "staff", kind=AccountKind.SYSTEM, permissions=tuple(str(each) for each in Permission)
    )
    keys = world.services.api_keys
    await keys.switch_access_on("river", staff.account_id, SYSTEM)
    _, key = await keys.create("river", staff.account_id, "chaos", SYSTEM)
    await db.close()
    return "/o/river", worker.basic, key.reveal()


async def _work(desk: Desk, until: float) -> None:
    """One thing after the other; what fails is tried no more, and nobody waits for long."""
    kinds, weights = zip(*WORK, strict=True)
    person: Person | None = None
    while time.monotonic() < until:
        try:
            person = person or await sign_in_person(desk)
            await desk.random.choices(kinds, weights)[0](desk, person)
        except Unknown:
            await asyncio.sleep(0.5)


async def _disturb(
    grounds: Grounds, desk: Desk, fleet: Fleet, outcome: Outcome, until: float
) -> None:
    random = desk.random
    await asyncio.sleep(1.0)
    while time.monotonic() < until - 2:
        what = random.choice((*_KILLS, *grounds.disturbances))
        outcome.disturbances[what] += 1
        if what == "kill one":
            random.choice(fleet.servers).kill()
        elif what == "kill both":
            for each in fleet.servers:
                each.kill()
        elif what == "clock step":
            fleet.servers[1].step_clock()
        else:
            await _take_away(grounds, fleet, what, random)
        if not await asyncio.to_thread(fleet.await_ready, _RECOVERY_S):
            outcome.journal.fault(f"the servers do not serve again after: {what}")
        elif not await _writes(desk, fleet):
            outcome.journal.fault(f"nothing is written any more after: {what}")
        await asyncio.sleep(random.uniform(0.5, 2.5))
    await asyncio.to_thread(fleet.await_ready, _RECOVERY_S)


async def _take_away(grounds: Grounds, fleet: Fleet, what: str, random: Random) -> None:
    """Take something away for a while; one time in three a server is killed in the middle of it."""
    await _apart(lambda: grounds.begin(what, fleet.processes))
    await asyncio.sleep(random.uniform(0.3, 2.0))
    if random.random() < 1 / 3:
        random.choice(fleet.servers).kill()
        fleet.start_missing()
        await asyncio.sleep(random.uniform(0.2, 1.0))
    await _apart(lambda: grounds.end(what, fleet.processes))


async def _apart(work: Callable[[], None]) -> None:
    await asyncio.to_thread(work)


async def _writes(desk: Desk, fleet: Fleet) -> bool:
    """Whether each server writes again, by itself and soon."""
    until = time.monotonic() + _RECOVERY_S
    for server in fleet.servers:
        url = f"{server.url}{desk.base}/oauth2/token"
        form = {"grant_type": "client_credentials"}
        while True:
            with suppress(httpx2.TransportError):
                answer = await desk.http.post(url, data=form, auth=desk.client)
                if answer.status_code == 200:
                    break
            if time.monotonic() > until:
                return False
            await asyncio.sleep(0.2)
    return True
