"""A replica answers only what is so: with a real one, which is stopped, killed and left behind."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import func, select

from doorward.db import PostgresOptions, open_database, statement
from doorward.db.migrate import upgrade
from doorward.db.postgres import PostgresDatabase
from doorward.db.postgres_connecting import Connector
from doorward.db.postgres_replicas import _Behind, _catch_up, _Mark
from failover.cluster import Cluster
from tests.db.scratch import FIND, INCREMENT, ORG, add, prepare
from tests.support.clock import ManualClock

pytestmark = pytest.mark.anyio

_WHERE = statement(select(func.pg_is_in_recovery()))
_BACK_S = 30


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A primary and a standby; commits do not wait for the standby's word."""
    with tempfile.TemporaryDirectory(prefix="doorward-replicas-") as folder:
        running = Cluster(Path(folder))
        running.primary.configure(synchronous="")
        running.primary.reload()
        upgrade(running.url)
        prepare(running.url)
        yield running
        running.stop()


@pytest.fixture
async def db(
    cluster: Cluster, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[PostgresDatabase]:
    """A database with that replica, which is asked again soon after it was left."""
    monkeypatch.setattr("doorward.db.postgres_replicas._REST_S", 0.05)
    monkeypatch.setattr("doorward.db.postgres_replicas.PATIENCE_S", 1.0)
    options = PostgresOptions(replicas=(address(cluster.standby.port),))
    database = await open_database(cluster.url, clock=clock, pool_size=4, options=options)
    assert isinstance(database, PostgresDatabase)
    await in_use(database)
    yield database
    await database.close()


def address(port: int) -> str:
    return f"postgresql://postgres@127.0.0.1:{port}/postgres"


async def is_replica(db: PostgresDatabase) -> bool:
    """Whether a replica answers at present."""
    return (await db.scan(_WHERE)) == [(True,)]


async def in_use(db: PostgresDatabase) -> None:
    async with asyncio.timeout(_BACK_S):
        while not await is_replica(db):
            await asyncio.sleep(0.02)


async def counter(db: PostgresDatabase, number: int) -> int:
    row = await db.one_anywhere(FIND, org_id=ORG, id=number)
    assert row is not None
    return int(row[-1])


async def test_what_was_acknowledged_is_read_at_once_from_the_replica(
    db: PostgresDatabase,
) -> None:
    """A hundred changes, each read back as soon as it is answered, by several at a time."""
    await add(db, 1)
    replica_reads = 0
    for number in range(1, 101):
        await db.run(INCREMENT, org_id=ORG, id=1)
        found = await asyncio.gather(*(counter(db, 1) for _ in range(3)))
        assert found == [number] * 3
        replica_reads += await is_replica(db)
    assert replica_reads > 50


async def test_a_replica_that_lags_is_left_and_taken_back(
    db: PostgresDatabase, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It receives everything and shows nothing of it."""
    await add(db, 2)
    await in_use(db)
    cluster.standby.ask("SELECT pg_wal_replay_pause()")
    monkeypatch.setattr("doorward.db.postgres_replicas.PATIENCE_S", 0.05)
    try:
        await db.run(INCREMENT, org_id=ORG, id=2)
        assert await counter(db, 2) == 1
        assert db.replicas is not None
        assert db.replicas.in_use == 0
        assert not await is_replica(db)
    finally:
        cluster.standby.ask("SELECT pg_wal_replay_resume()")
    monkeypatch.setattr("doorward.db.postgres_replicas.PATIENCE_S", 1.0)
    await in_use(db)
    assert await counter(db, 2) == 1


async def test_a_replica_that_dies_is_left_and_taken_back(
    db: PostgresDatabase, cluster: Cluster
) -> None:
    await add(db, 3)
    cluster.standby.kill()
    for number in range(1, 6):
        await db.run(INCREMENT, org_id=ORG, id=3)
        assert await counter(db, 3) == number
    assert not await is_replica(db)
    await asyncio.to_thread(cluster.standby.start)
    await in_use(db)
    assert await counter(db, 3) == 5


async def test_a_server_that_is_no_replica_is_never_read(
    cluster: Cluster, clock: ManualClock
) -> None:
    """One that was promoted has a history of its own."""
    options = PostgresOptions(replicas=(address(cluster.primary.port),))
    database = await open_database(cluster.url, clock=clock, pool_size=2, options=options)
    assert isinstance(database, PostgresDatabase)
    assert database.replicas is not None
    assert not await is_replica(database)
    assert database.replicas.in_use == 0
    await database.close()


async def test_a_replica_of_another_history_is_behind_however_far_it_is(
    cluster: Cluster,
) -> None:
    """It may hold what was never acknowledged instead of what was."""
    connection = await Connector(address(cluster.standby.port)).connect()
    await _catch_up(connection, _Mark(position=1, history=1))
    with pytest.raises(_Behind):
        await _catch_up(connection, _Mark(position=1, history=2))
    await connection.close()


async def test_an_ordinary_account_may_ask_all_that_is_asked(cluster: Cluster) -> None:
    """Doorward's account in the database needs no rights over the server."""
    admin = await asyncpg.connect(address(cluster.primary.port))
    await admin.execute("CREATE ROLE plain LOGIN")
    url = address(cluster.primary.port).replace("postgres@", "plain@")
    await admin.execute(
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO plain"
    )
    await admin.close()
    replica = address(cluster.standby.port).replace("postgres@", "plain@")
    options = PostgresOptions(replicas=(replica,))
    database = await open_database(url, pool_size=2, options=options)
    assert isinstance(database, PostgresDatabase)
    await in_use(database)
    await database.close()
