"""Many processes, one connection: the platform is asked once, also when processes die."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace
from multiprocessing import Pipe
from multiprocessing.connection import Connection as End
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest

from doorward.audit import SYSTEM
from doorward.connectors import Grant, Party
from doorward.crypto import Secret
from doorward.db import SECOND, Database, open_database, system_clock
from doorward.vault import Connection, Connections, Ended, NewConnection, Reason, Status
from tests.support.clock import ManualClock
from tests.support.factories import sealing_ring
from tests.support.nursery import born
from tests.support.server import wait_until
from tests.support.upstream import Fault, Switches, UpstreamServer, User, plan_for, running_upstream
from tests.support.upstream.platform import Family
from tests.vault.asker import Order, vault_over, work

pytestmark = pytest.mark.anyio
ORG = "river"
PATIENCE_S = 60


@dataclass(frozen=True)
class Process:
    """One that asks, and our end of its pipe."""

    process: BaseProcess
    pipe: End

    def hear(self) -> Any:
        """What it says next."""
        assert self.pipe.poll(PATIENCE_S), "it says nothing"
        return self.pipe.recv()

    def finish(self) -> Any:
        """What it says last; it ends by itself, and well."""
        said = self.hear()
        self.process.join(PATIENCE_S)
        assert self.process.exitcode == 0
        return said

    def end(self) -> None:
        """Kill it if it is still there."""
        self.process.kill()
        self.process.join()
        self.process.close()
        self.pipe.close()


@pytest.fixture(scope="module")
def upstream() -> Iterator[UpstreamServer]:
    """A platform that rotates refresh tokens, and ends a family of which one comes twice."""
    with running_upstream(ManualClock(system_clock())) as server:
        yield server


@dataclass
class Yard:
    """A database, a platform, and processes between them."""

    db: Database
    url: str
    upstream: UpstreamServer
    folder: Path
    running: list[Process] = field(default_factory=list)

    async def connect(self, **switches: Any) -> Connection:
        """A connection whose access token has ended and whose refresh token is good."""
        platform = self.upstream.configure(**switches)
        family = Family(User(), ("read",))
        family.refresh = platform.mint("refresh")
        platform.families.append(family)
        now = system_clock()
        grant = Grant(
            access_token=Secret("ended"),
            refresh_token=Secret(family.refresh),
            expires_at=now - 60 * SECOND,
            lifetime_s=3600,
        )
        new = NewConnection(
            org_id=ORG,
            account_id=7,
            plan=plan_for(Switches(**switches), self.upstream.url),
            environment="",
            grant=grant,
            party=Party(account_id="acct-1"),
        )
        kept = await self.connections.connect(new, SYSTEM)
        return kept.connection

    @property
    def connections(self) -> Connections:
        """The service, in this process."""
        return Connections(db=self.db, clock=system_clock, ring=sealing_ring())

    def order(self, row: Connection, **more: Any) -> Order:
        """An order to ask for its token."""
        return Order(
            database=self.url,
            upstream=self.upstream.url,
            folder=str(self.folder),
            org_id=row.org_id,
            connection_id=row.connection_id,
            **more,
        )

    def start(self, order: Order, number: int) -> list[Process]:
        """So many processes that are ready to begin."""
        started = [self._bear(order) for _ in range(number)]
        self.running += started
        for each in started:
            assert each.hear() == "ready"
        return started

    def _bear(self, order: Order) -> Process:
        pipe, theirs = Pipe()
        process = born(work, order, theirs)
        theirs.close()
        return Process(process, pipe)

    def begin(self, processes: list[Process]) -> None:
        """Let them ask, all at once."""
        for each in processes:
            each.pipe.send("go")

    async def finish(self, processes: list[Process]) -> list[str]:
        """What every caller in every process got."""
        return [got for each in processes for got in await asyncio.to_thread(each.finish)]

    async def read(self, row: Connection) -> Connection:
        """The row as it is now."""
        return await self.connections.get(row.org_id, row.connection_id)


@pytest.fixture
async def yard(database_url: str, upstream: UpstreamServer, tmp_path: Path) -> AsyncIterator[Yard]:
    """A place for processes; whoever still runs at the end is killed."""
    db = await open_database(database_url, pool_size=2)
    made = Yard(db, database_url, upstream, tmp_path / "spills")
    yield made
    for process in made.running:
        process.end()
    await db.close()


async def test_many_processes_ask_and_the_platform_is_asked_once(yard: Yard) -> None:
    """Twenty with twenty callers each; all get the same new token, and it is the one kept."""
    row = await yard.connect()
    number = 20
    processes = yard.start(yard.order(row, tasks=20), number)
    yard.begin(processes)
    answers = await yard.finish(processes)
    assert len(answers) == number * 20
    assert len(set(answers)) == 1
    platform = yard.upstream.platform
    assert (platform.refreshed, platform.reused) == (1, 0)
    read = await yard.read(row)
    assert (read.token_version, read.status) == (2, Status.ACTIVE)
    assert yard.connections.open(read).tokens.access.reveal() == answers[0]
    assert answers[0] in platform.families[0].access


async def test_a_platform_slower_than_the_lease_is_asked_once(yard: Yard) -> None:
    """Whoever waits for it shows that it lives."""
    row = await yard.connect()
    yard.upstream.platform.faults = [Fault(kind="delay", delay_s=1.6)]
    processes = yard.start(yard.order(row, tasks=5, lease_s=0.6), 4)
    yard.begin(processes)
    answers = await yard.finish(processes)
    assert len(set(answers)) == 1
    platform = yard.upstream.platform
    assert (platform.refreshed, platform.reused) == (1, 0)


@pytest.mark.parametrize("grace_s", [600, 0])
@pytest.mark.parametrize("moment", ["while it is asked", "with the answer"])
async def test_a_process_that_is_killed_while_it_renews(
    yard: Yard, grace_s: int, moment: str
) -> None:
    """Others wait for its lease, then ask once: what a platform with a grace period answers again.

    Where there is none, the answer died with the process. That one refresh token comes twice is
    what the protocol forces; nobody asks a third time, and the person is told to connect again.
    """
    row = await yard.connect(grace_s=grace_s)
    platform = yard.upstream.platform
    order = yard.order(row, tasks=3, lease_s=1.0, grace_s=grace_s)
    dies = replace(order, dies_with_the_answer=moment == "with the answer")
    if not dies.dies_with_the_answer:
        platform.faults = [Fault(kind="delay", delay_s=1.5, after_work=True)]
    (victim,) = yard.start(dies, 1)
    others = yard.start(order, 3)
    yard.begin([victim])
    await asyncio.to_thread(
        wait_until, lambda: platform.refreshed == 1, "the platform was not asked"
    )
    victim.process.kill()
    victim.process.join(10)
    assert victim.process.exitcode == -signal.SIGKILL
    yard.upstream.clock.advance(seconds=1)
    yard.begin(others)
    answers = await yard.finish(others)
    read = await yard.read(row)
    assert len(set(answers)) == 1
    assert len(platform.token_requests) == 2
    if grace_s:
        assert (platform.refreshed, platform.reused) == (2, 0)
        assert yard.connections.open(read).tokens.access.reveal() == answers[0]
    else:
        assert (platform.refreshed, platform.reused) == (1, 1)
        assert answers[0] == "needs_reconnect"
        assert (read.status, read.reason) == (Status.NEEDS_RECONNECT, Reason.GRANT_ENDED)


async def test_disconnecting_reaches_the_platform(yard: Yard) -> None:
    """The refresh token is taken back there, by the product's own client; nothing works after."""
    row = await yard.connect()
    vault, outbound = vault_over(yard.db, yard.order(row))
    held = await vault.refresher.get_token(row.org_id, row.connection_id)
    report = await vault.deauthorizer.disconnect(row.org_id, row.connection_id, SYSTEM)
    assert held.tokens.refresh is not None
    assert Ended("refresh", "revoked") in report.outcomes
    platform = yard.upstream.platform
    assert platform.revoked == [held.tokens.refresh.reveal()]
    assert platform.families[0].is_revoked
    assert (await yard.read(row)).sealed is None
    await outbound.close()


async def test_a_platform_that_is_away_is_told_later(yard: Yard) -> None:
    """What could not be taken back waits, sealed, and is taken back when the platform is there."""
    row = await yard.connect()
    away, closed = vault_over(yard.db, replace(yard.order(row), upstream="http://127.0.0.1:9"))
    report = await away.deauthorizer.disconnect(row.org_id, row.connection_id, SYSTEM)
    assert [each.result for each in report.outcomes if each.retried] == ["failed"]
    assert yard.upstream.platform.revoked == []
    await closed.close()
    later = ManualClock(system_clock() + 3600 * SECOND)
    db = await open_database(yard.url, clock=later, pool_size=2)
    vault, outbound = vault_over(db, yard.order(row))
    assert await vault.worker.look_after() == 1
    assert len(yard.upstream.platform.revoked) == 1
    assert await vault.worker.look_after() == 0
    await outbound.close()
    await db.close()
