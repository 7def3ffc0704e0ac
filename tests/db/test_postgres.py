"""What only PostgreSQL can get wrong: lost connections, deadlocks, lost announcements."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from doorward.db import (
    Database,
    Overloaded,
    Transaction,
    Unavailable,
    open_database,
    postgres_channel,
    postgres_pool,
)
from doorward.db.postgres import PostgresDatabase
from doorward.db.postgres_address import plain_dsn
from tests.db.scratch import ADD, INCREMENT, ORG, READ_INCREMENT, add, count, row
from tests.db.test_caches import Notes, change, eventually
from tests.support.clock import ManualClock

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["postgresql"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def server(db: Database) -> PostgresDatabase:
    assert isinstance(db, PostgresDatabase)
    return db


@pytest.fixture
async def admin(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection of our own, to do harm with."""
    connection = await asyncpg.connect(plain_dsn(database_url))
    yield connection
    await connection.close()


async def kill_listener(server: PostgresDatabase, admin: asyncpg.Connection) -> None:
    listener = server.channel.listener
    await admin.execute("SELECT pg_terminate_backend($1)", listener.get_server_pid())
    await eventually(listener.is_closed)


async def kill_everyone_else(admin: asyncpg.Connection) -> None:
    await admin.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )


async def test_nothing_stale_is_answered_while_the_channel_is_down(
    server: PostgresDatabase,
    admin: asyncpg.Connection,
    database_url: str,
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Another process changes the row while this one is deaf."""
    other = await open_database(database_url, clock=clock, pool_size=1)
    await add(server, 1, note="0")
    notes = Notes(server)
    assert await notes.get() == "0"
    monkeypatch.setattr(server.channel, "listen", _refuse)
    await kill_listener(server, admin)
    for number in range(1, 6):
        await change(other, str(number))
        assert await notes.get() == str(number)
    loads = notes.loads
    assert await notes.get() == "5"
    assert notes.loads == loads
    await other.close()


async def _refuse() -> None:
    raise Unavailable("still down")


async def test_a_cache_that_slept_through_the_outage_is_dropped(
    server: PostgresDatabase,
    admin: asyncpg.Connection,
    database_url: str,
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nobody asks while the channel is down, so only its return can tell the cache."""
    other = await open_database(database_url, clock=clock, pool_size=1)
    await add(server, 1, note="old")
    notes = Notes(server)
    assert await notes.get() == "old"
    first = server.channel.listener
    changed = asyncio.Event()
    plain = asyncpg.Connection.add_listener

    async def late(self: asyncpg.Connection, channel: str, callback: object) -> None:
        await changed.wait()
        await plain(self, channel, callback)

    monkeypatch.setattr(asyncpg.Connection, "add_listener", late)
    await kill_listener(server, admin)
    await change(other, "new")
    changed.set()
    await eventually(lambda: server.channel.listener is not first)
    assert await notes.get() == "new"
    await change(other, "newer")
    async with asyncio.timeout(20):
        while await notes.get() != "newer":
            await asyncio.sleep(0.01)
    await other.close()


async def test_a_channel_is_not_trusted_before_it_listens(
    server: PostgresDatabase, admin: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the moment of LISTEN the version in use is still the one that is read from the row."""
    seen: list[int] = []
    plain = asyncpg.Connection.add_listener

    async def watched(self: asyncpg.Connection, channel: str, callback: object) -> None:
        seen.append(await server.cache_version())
        await plain(self, channel, callback)

    monkeypatch.setattr(asyncpg.Connection, "add_listener", watched)
    first = server.channel.listener
    await kill_listener(server, admin)
    await eventually(lambda: server.channel.listener is not first)
    assert seen
    assert all(version < 0 for version in seen)


async def test_a_channel_that_could_not_listen_is_closed_and_tried_again(
    server: PostgresDatabase, admin: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = asyncpg.Connection.add_listener
    failures = [RuntimeError("something nobody thought of"), OSError("no route"), TimeoutError()]

    async def unlucky(self: asyncpg.Connection, channel: str, callback: object) -> None:
        if failures:
            raise failures.pop()
        await plain(self, channel, callback)

    monkeypatch.setattr(asyncpg.Connection, "add_listener", unlucky)
    monkeypatch.setattr(postgres_channel, "_FIRST_PAUSE_S", 0.01)
    first = server.channel.listener
    await kill_listener(server, admin)
    await eventually(lambda: server.channel.listener is not first)
    assert not failures
    listening = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    # This connection, one of the pool at least, one that listens; none of the failed ones.
    async with asyncio.timeout(20):
        while await admin.fetchval(listening + " AND query LIKE 'LISTEN%'") != 1:
            await asyncio.sleep(0.01)


async def test_a_channel_that_died_without_a_word_is_noticed(
    database_url: str, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_channel, "_HEARTBEAT_S", 0.02)
    database = await open_database(database_url, clock=clock, pool_size=1)
    assert isinstance(database, PostgresDatabase)
    first = database.channel.listener

    plain = asyncpg.Connection.fetch

    async def silent(self: asyncpg.Connection, *arguments: Any) -> Any:
        if self is first:
            raise TimeoutError
        return await plain(self, *arguments)

    monkeypatch.setattr(asyncpg.Connection, "fetch", silent)
    await eventually(lambda: database.channel.listener is not first)
    assert first.is_closed()
    assert await database.cache_version() > 0
    await database.close()


async def test_lost_connections_are_unavailable_and_then_replaced(
    server: PostgresDatabase, admin: asyncpg.Connection
) -> None:
    await add(server, 1)

    async def work(tx: Transaction) -> None:
        await tx.run(ADD, **row(2))
        await kill_everyone_else(admin)
        await tx.run(ADD, **row(3))

    with pytest.raises(Unavailable):
        await server.unit(work)
    answers = await asyncio.gather(*(count(server) for _ in range(20)), return_exceptions=True)
    assert all(each == 1 or isinstance(each, Unavailable) for each in answers)
    async with asyncio.timeout(20):
        while await count(server) != 1:
            pass


async def test_a_connection_lost_before_commit_keeps_nothing_and_says_so(
    server: PostgresDatabase, admin: asyncpg.Connection
) -> None:
    async def work(tx: Transaction) -> str:
        await tx.run(ADD, **row(1))
        await kill_everyone_else(admin)
        return "done"

    with pytest.raises(Unavailable):
        await server.unit(work)
    assert await admin.fetchval("SELECT count(*) FROM scratch") == 0


async def test_a_deadlock_is_tried_again(server: PostgresDatabase) -> None:
    """Two units lock two rows in opposite order; both are kept in the end."""
    await add(server, 1)
    await add(server, 2)
    both_hold_one = asyncio.Barrier(2)
    runs: list[int] = []

    async def attempt(first: int, second: int) -> None:
        async def work(tx: Transaction) -> None:
            runs.append(first)
            await tx.run(INCREMENT, org_id=ORG, id=first)
            if runs.count(first) == 1:
                await both_hold_one.wait()
            await tx.run(INCREMENT, org_id=ORG, id=second)

        await server.unit(work)

    async with asyncio.timeout(30):
        await asyncio.gather(attempt(1, 2), attempt(2, 1))
    assert len(runs) == 3
    counters = [await server.write_one(READ_INCREMENT, org_id=ORG, id=number) for number in (1, 2)]
    assert counters == [(3,), (3,)]


@pytest.mark.parametrize("name", ["DeadlockDetectedError", "SerializationError"])
async def test_a_single_statement_is_tried_again_too(
    server: PostgresDatabase, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    failures = [getattr(asyncpg, name)("undone")] * 2
    plain = asyncpg.Connection.execute

    async def unlucky(self: asyncpg.Connection, *arguments: Any) -> Any:
        if failures:
            raise failures.pop()
        return await plain(self, *arguments)

    monkeypatch.setattr(asyncpg.Connection, "execute", unlucky)
    assert await add(server, 1) == 1
    assert await count(server) == 1
    failures += [getattr(asyncpg, name)("undone")] * 10
    with pytest.raises(Unavailable):
        await add(server, 2)


@pytest.mark.parametrize(
    "name",
    [
        "TooManyConnectionsError",
        "DiskFullError",
        "OutOfMemoryError",
        "AdminShutdownError",
        "CannotConnectNowError",
        "QueryCanceledError",
        "ReadOnlySQLTransactionError",
        "ConnectionDoesNotExistError",
        "InterfaceError",
        "InternalClientError",
    ],
)
async def test_a_server_in_trouble_is_unavailable(
    server: PostgresDatabase, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    async def trouble(*_: object) -> None:
        raise getattr(asyncpg.exceptions, name)("trouble")

    monkeypatch.setattr(asyncpg.Connection, "fetch", trouble)
    with pytest.raises(Unavailable):
        await count(server)


async def test_a_migrated_table_does_not_break_prepared_statements(
    server: PostgresDatabase, admin: asyncpg.Connection
) -> None:
    await add(server, 1)

    async def work(tx: Transaction) -> object:
        return await tx.one(READ_INCREMENT, org_id=ORG, id=1)

    await server.unit(work)
    await admin.execute("ALTER TABLE scratch ALTER COLUMN counter TYPE integer")
    assert await server.unit(work) == (2,)


async def test_more_units_than_connections_wait_their_turn(server: PostgresDatabase) -> None:
    async def attempt(number: int) -> None:
        async def work(tx: Transaction) -> None:
            await tx.run(ADD, **row(number))
            await tx.run(INCREMENT, org_id=ORG, id=number)

        await server.unit(work)

    await asyncio.gather(*map(attempt, range(200)))
    assert await count(server) == 200


async def test_too_many_waiting_callers_are_refused(
    server: PostgresDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_pool, "_QUEUE", 10)

    async def attempt(number: int) -> None:
        async def work(tx: Transaction) -> None:
            await tx.run(ADD, **row(number))

        await server.unit(work)

    answers = await asyncio.gather(*map(attempt, range(30)), return_exceptions=True)
    refused = [each for each in answers if isinstance(each, Overloaded)]
    assert len(refused) == 12
    assert await count(server) == 18
    await add(server, 100)


async def test_a_cancelled_unit_gives_its_connection_back(server: PostgresDatabase) -> None:
    """Fifty units are cancelled in the middle; the pool of eight serves on."""

    async def work(tx: Transaction) -> None:
        await tx.run(ADD, **row(server.next_id()))
        await asyncio.sleep(3600)

    for _ in range(5):
        tasks = [asyncio.ensure_future(server.unit(work)) for _ in range(10)]
        await asyncio.sleep(0.02)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    async with asyncio.timeout(20):
        await asyncio.gather(*(add(server, number) for number in range(50)))
    assert await count(server) == 50


async def test_an_exception_of_the_unit_itself_is_not_translated(server: PostgresDatabase) -> None:
    async def work(tx: Transaction) -> None:
        await tx.run(ADD, **row(1))
        raise TimeoutError("mine")

    with pytest.raises(TimeoutError, match="mine"):
        await server.unit(work)
    assert await count(server) == 0


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://nobody@127.0.0.1:1/nothing",
        "postgresql://nobody@no-such-host.invalid/nothing",
        "postgresql+asyncpg://nobody@127.0.0.1:1/nothing",
        "postgres://[::1/nothing",
    ],
)
async def test_a_server_that_is_not_there_is_unavailable(url: str) -> None:
    with pytest.raises(Unavailable):
        await open_database(url)


async def test_a_database_that_is_not_there_is_unavailable(database_url: str) -> None:
    head, _, tail = database_url.partition("/doorward_")
    query = "?" + tail.partition("?")[2] if "?" in tail else ""
    with pytest.raises(Unavailable):
        await open_database(f"{head}/no_such_database{query}")


async def test_a_database_without_schema_is_unavailable(
    database_url: str, admin: asyncpg.Connection
) -> None:
    await admin.execute("DROP TABLE installation")
    with pytest.raises(Unavailable):
        await open_database(database_url)


async def test_a_closed_database_is_unavailable(database_url: str, clock: ManualClock) -> None:
    database = await open_database(database_url, clock=clock)
    await database.close()
    with pytest.raises(Unavailable):
        await count(database)
    with pytest.raises(Unavailable):
        await add(database, 1)
