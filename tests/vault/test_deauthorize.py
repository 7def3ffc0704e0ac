"""Disconnecting forgets first, whatever the platform does, and says what became of each token."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import text

from doorward.audit import SYSTEM, Audit
from doorward.connectors import Category, Outcome, UpstreamFailure
from doorward.crypto import Secret
from doorward.db import Sweeper
from doorward.db import statement as build
from doorward.vault import (
    ConnectionChange,
    Disconnected,
    Ended,
    Reason,
    Status,
    UnknownConnection,
    Unplannable,
    jobs,
)
from tests.vault.conftest import Bench
from tests.vault.samples import ORG, PERSON, grant, party, plan

pytestmark = pytest.mark.anyio

_WAITING = build(text("SELECT count(*) FROM vault_outbox"))
_OUTBOX = build(text("SELECT * FROM vault_outbox"))


async def test_the_credentials_are_gone_and_the_settings_stay(bench: Bench) -> None:
    """The refresh token is taken back with the access token; both outcomes are told."""
    row = await bench.connect(label="Books")
    await bench.vault.connections.change(
        *row.key, ConnectionChange(settings={"theme": "dark"}), SYSTEM
    )
    report = await bench.vault.deauthorizer.disconnect(ORG, row.connection_id, SYSTEM)
    assert report.outcomes == (Ended("refresh", "revoked"), Ended("access", "revoked"))
    assert bench.platform.revoked == [("access-1", "refresh-1")]
    gone = report.connection
    assert (gone.status, gone.reason, gone.sealed) == (
        Status.DISCONNECTED,
        Reason.BY_REQUEST,
        None,
    )
    assert (gone.label, gone.settings, gone.values) == ("Books", {"theme": "dark"}, {})
    with pytest.raises(Disconnected):
        bench.vault.connections.open(gone)
    assert await bench.db.one(_WAITING) == (0,)
    assert (await bench.actions())[-2:] == ["connection.disconnected", "connection.revoked"]
    again = await bench.connect(grant=grant(2))
    assert again.connection_id == row.connection_id
    assert again.settings == {"theme": "dark"}


async def test_a_platform_that_fails_is_asked_again_for_a_day(bench: Bench) -> None:
    """Nothing stays with the connection meanwhile; afterwards nothing stays at all."""
    row = await bench.connect()
    bench.platform.outcomes = (Outcome("refresh", "failed", retry=True),)
    report = await bench.vault.deauthorizer.disconnect(ORG, row.connection_id, SYSTEM)
    assert report.outcomes == (Ended("refresh", "failed", retried=True),)
    assert report.connection.sealed is None
    waiting = repr(await bench.db.all(_OUTBOX))
    assert "refresh-1" not in waiting
    assert "Riverbend Ledger" not in waiting
    for _ in range(40):
        bench.clock.advance(seconds=1800)
        await bench.vault.worker.look_after()
    assert 5 < len(bench.platform.revoked) < 20
    bench.platform.outcomes = (Outcome("refresh", "already_gone"),)
    bench.clock.advance(seconds=10_800)
    await bench.vault.worker.look_after()
    assert await bench.db.one(_WAITING) == (0,)


async def test_what_never_works_is_forgotten_after_a_day(bench: Bench) -> None:
    """Housekeeping removes the sealed copy."""
    row = await bench.connect()
    bench.platform.failures = [UpstreamFailure(Category.TRANSIENT, "down")]
    await bench.vault.deauthorizer.disconnect(ORG, row.connection_id, SYSTEM)
    assert await bench.db.one(_WAITING) == (1,)
    bench.clock.advance(seconds=86_401)
    await jobs.remove_expired(Sweeper(bench.db), bench.clock())
    assert await bench.db.one(_WAITING) == (0,)


@pytest.mark.parametrize("why", ["no plan", "unsupported"])
async def test_where_nothing_can_be_taken_back_that_is_said(bench: Bench, why: str) -> None:
    """No way in the manifest, or no manifest: it is not tried again."""
    row = await bench.connect()
    bench.platform.outcomes = (Outcome("refresh", "unsupported"), Outcome("access", "unsupported"))
    if why == "no plan":
        bench.planner.missing = Unplannable(Status.BLOCKED, Reason.CONNECTOR_OFF)
    report = await bench.vault.deauthorizer.disconnect(ORG, row.connection_id, SYSTEM)
    assert {each.result for each in report.outcomes} == {"unsupported"}
    assert await bench.db.one(_WAITING) == (0,)


async def test_who_goes_away_does_not_keep_the_connection(bench: Bench) -> None:
    """The request is broken off while the platform is asked."""
    row = await bench.connect()
    bench.platform.gate = asyncio.Event()
    asking = asyncio.ensure_future(
        bench.vault.deauthorizer.disconnect(ORG, row.connection_id, SYSTEM)
    )
    while (await bench.read(row)).sealed is not None:
        await asyncio.sleep(0.01)
    asking.cancel()
    await asyncio.wait([asking])
    assert (await bench.read(row)).status is Status.DISCONNECTED
    bench.platform.gate.set()
    async with asyncio.timeout(5):
        while await bench.db.one(_WAITING) != (0,):
            await asyncio.sleep(0.01)


async def test_a_process_that_dies_leaves_the_taking_back_to_others(bench: Bench) -> None:
    """The row waits in the outbox from the unit on in which the connection ended."""
    row = await bench.connect()
    bench.platform.gate = asyncio.Event()
    asking = asyncio.ensure_future(
        bench.vault.deauthorizer.disconnect(ORG, row.connection_id, SYSTEM)
    )
    while await bench.db.one(_WAITING) != (1,):
        await asyncio.sleep(0.01)
    other = bench.another()
    bench.platform.gate = None
    assert await other.worker.look_after() == 0
    bench.clock.advance(seconds=61)
    assert await other.worker.look_after() == 1
    assert await bench.db.one(_WAITING) == (0,)
    asking.cancel()


async def test_a_renewal_under_way_leaves_nothing_behind(bench: Bench) -> None:
    """What the platform gives to a connection that has just ended is taken back too."""
    row = await bench.connect()
    bench.clock.advance(seconds=3600)
    gate = bench.platform.gate = asyncio.Event()
    asking = asyncio.ensure_future(bench.get(row))
    while not bench.platform.asked:
        await asyncio.sleep(0)
    bench.platform.gate = None
    await bench.vault.deauthorizer.disconnect(ORG, row.connection_id, SYSTEM)
    gate.set()
    with pytest.raises(Disconnected):
        await asking
    await bench.vault.worker.look_after()
    assert bench.platform.revoked == [("access-1", "refresh-1"), ("access-2", "refresh-2")]
    assert (await bench.read(row)).sealed is None


async def test_it_can_be_forgotten_without_a_word(bench: Bench) -> None:
    """And twice is once."""
    row = await bench.connect()
    end = bench.vault.deauthorizer.disconnect
    await end(ORG, row.connection_id, SYSTEM, skip_remote=True)
    report = await end(ORG, row.connection_id, SYSTEM)
    assert (report.outcomes, bench.platform.revoked) == ((), [])
    assert (await bench.actions()).count("connection.disconnected") == 1


async def test_nobody_ends_what_is_not_theirs(bench: Bench) -> None:
    """Another account and another organization get one answer."""
    row = await bench.connect()
    for org_id, account_id in ((ORG, 8), ("lake", PERSON)):
        with pytest.raises(UnknownConnection):
            await bench.vault.deauthorizer.disconnect(
                org_id, row.connection_id, SYSTEM, account_id=account_id
            )
    assert (await bench.get(row)).tokens.access == Secret("access-1")


async def test_a_key_is_just_forgotten(bench: Bench) -> None:
    """There is no token to be taken back."""
    bench.planner.always = plan(type="api_key", kind="none", secrets={"api_key": "k"})
    row = await bench.connect(grant=None, party=party("key"))
    report = await bench.vault.deauthorizer.disconnect(ORG, row.connection_id, SYSTEM)
    assert (report.outcomes, bench.platform.revoked) == ((), [])
    assert await bench.db.one(_WAITING) == (0,)


async def test_nothing_secret_is_recorded(bench: Bench) -> None:
    """Outcomes by token, and no token."""
    row = await bench.connect()
    await bench.vault.deauthorizer.disconnect(ORG, row.connection_id, SYSTEM)
    events = await Audit(db=bench.db).list(ORG, None, 10)
    assert events[0].event.detail == {"refresh": "revoked", "access": "revoked"}
    assert "refresh-1" not in repr(events)
