"""Connections are kept good while nobody asks, and nothing is asked for without need."""

from __future__ import annotations

import asyncio

import pytest

from doorward.audit import SYSTEM
from doorward.connectors import Category, UpstreamFailure
from doorward.db import SECOND
from doorward.vault import Reason, Status
from tests.vault.conftest import Bench
from tests.vault.samples import ORG, grant, party, plan

pytestmark = pytest.mark.anyio

_DAY = 86_400


async def run(bench: Bench) -> int:
    """One round of the worker, to its end; how many connections it renewed."""
    before = len(bench.platform.asked)
    while await bench.vault.worker.take_turn():
        pass
    await bench.vault.worker.drain()
    return len(bench.platform.asked) - before


async def test_a_rotating_token_is_renewed_before_it_ends(bench: Bench) -> None:
    """Within its margin, not in the first fifty minutes; then whoever asks finds it fresh."""
    row = await bench.connect()
    bench.clock.advance(seconds=2900)
    assert await run(bench) == 0
    bench.clock.advance(seconds=400)
    assert await run(bench) == 1
    assert (await bench.get(row)).connection.token_version == 2
    assert await run(bench) == 0


async def test_connections_are_spread_over_time(bench: Bench) -> None:
    """Those that were made at one moment are not all due at one."""
    rows = [await bench.connect(party=party(f"p{n}")) for n in range(40)]
    dues = {row.next_refresh_at for row in rows}
    assert len(dues) > 30
    for row in rows:
        assert row.next_refresh_at is not None
        assert row.expires_at is not None
        assert 300 * SECOND <= row.expires_at - row.next_refresh_at <= 361 * SECOND


async def test_two_workers_renew_each_connection_once(bench: Bench) -> None:
    """Between them, however they take turns."""
    bench.platform.rotates = False
    for n in range(60):
        await bench.connect(party=party(f"p{n}"), grant=grant(1))
    bench.clock.advance(seconds=3600)
    other = bench.another().worker

    async def all_turns(take: object) -> None:
        worker = bench.vault.worker if take is bench else other
        while await worker.take_turn():
            pass
        await worker.drain()

    await asyncio.gather(all_turns(bench), all_turns(other))
    assert len(bench.platform.asked) == 60
    rows = await bench.vault.connections.list(ORG)
    assert {row.token_version for row in rows} == {2}


async def test_a_reusable_token_is_not_renewed_early(bench: Bench) -> None:
    """It is renewed when it is wanted: platforms count what they give out."""
    bench.planner.always = plan(kind="reusable")
    row = await bench.connect()
    assert row.next_refresh_at is None
    bench.clock.advance(seconds=30 * _DAY)
    assert await run(bench) == 0


async def test_a_refresh_token_is_used_before_it_dies_of_idleness(bench: Bench) -> None:
    """After half of its idle time, or as the manifest says."""
    bench.planner.always = plan(kind="reusable", idle_expiry_days=60)
    row = await bench.connect()
    bench.clock.advance(seconds=23 * _DAY)
    assert await run(bench) == 0
    bench.clock.advance(seconds=8 * _DAY)
    assert await run(bench) == 1
    bench.planner.always = plan(kind="reusable", idle_expiry_days=60, keepalive_days=10)
    bench.clock.advance(seconds=31 * _DAY)
    assert await run(bench) == 1
    read = await bench.read(row)
    assert read.next_refresh_at is not None
    assert 8 * _DAY * SECOND <= read.next_refresh_at - bench.clock() <= 10 * _DAY * SECOND


async def test_what_failed_is_tried_again_by_itself(bench: Bench) -> None:
    """And is well again without anybody having asked."""
    row = await bench.connect()
    bench.clock.advance(seconds=3600)
    bench.platform.failures = [UpstreamFailure(Category.TRANSIENT, "down", status=500)] * 3
    waits = []
    for _ in range(3):
        assert await run(bench) == 1
        read = await bench.read(row)
        assert (read.status, read.reason) == (Status.DEGRADED, Reason.UNREACHABLE)
        assert read.retry_at is not None
        waits.append((read.retry_at - bench.clock()) / SECOND)
        bench.clock.advance(seconds=waits[-1] + 1)
    assert waits[0] < waits[1] < waits[2]
    assert await run(bench) == 1
    assert (await bench.read(row)).status is Status.ACTIVE


async def test_what_is_over_is_not_tried_again(bench: Bench) -> None:
    """A dead grant is not hammered every day."""
    await bench.connect()
    bench.clock.advance(seconds=3600)
    bench.platform.failures = [UpstreamFailure(Category.DEAD_GRANT, "invalid_grant", status=400)]
    assert await run(bench) == 1
    bench.clock.advance(seconds=90 * _DAY)
    assert await run(bench) == 0


async def test_a_disconnected_connection_is_left_alone(bench: Bench) -> None:
    """Whatever its times said before."""
    row = await bench.connect()
    await bench.vault.deauthorizer.disconnect(ORG, row.connection_id, SYSTEM)
    bench.clock.advance(seconds=90 * _DAY)
    assert await run(bench) == 0


async def test_a_refresh_token_with_an_end_is_renewed_halfway(bench: Bench) -> None:
    """A platform that says when it ends gives a new one in time."""
    ends = bench.clock() + 100 * _DAY * SECOND
    row = await bench.connect(grant=grant(1, lifetime_s=None, refresh_expires_at=ends))
    assert row.next_refresh_at == bench.clock() + 50 * _DAY * SECOND


async def test_when_it_was_used_is_kept_to_the_hour(bench: Bench) -> None:
    """Reads are not slowed down by it."""
    row = await bench.connect()
    await bench.get(row)
    first = bench.clock()
    await bench.vault.worker.look_after()
    bench.clock.advance(seconds=600)
    await bench.get(row)
    await bench.vault.worker.look_after()
    assert (await bench.read(row)).last_used_at == first
    bench.clock.advance(seconds=3000)
    await bench.get(row)
    await bench.vault.worker.look_after()
    assert (await bench.read(row)).last_used_at == bench.clock()


async def test_the_worker_starts_and_ends(bench: Bench) -> None:
    """It renews what is due in between, and finishes what it began."""
    row = await bench.connect()
    bench.clock.advance(seconds=3600)
    bench.vault.worker.start()
    async with asyncio.timeout(10):
        while (await bench.read(row)).token_version == 1:
            await asyncio.sleep(0.01)
    await asyncio.wait_for(bench.vault.worker.stop(), 5)
