"""What does not answer is given up in time, is not called done, and does not take others along."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import asyncpg
import pytest

from doorward.db import Database, Transaction, Unavailable, open_database, postgres_pool
from doorward.db.postgres import PostgresDatabase
from doorward.db.postgres_address import plain_dsn
from tests.db.scratch import ADD, INCREMENT, ORG, add, count, row
from tests.support.clock import ManualClock

pytestmark = pytest.mark.anyio

_STANDBY = "ALTER SYSTEM SET synchronous_standby_names = 'nobody'"
_NO_STANDBY = "ALTER SYSTEM RESET synchronous_standby_names"
_COMMIT = "SELECT pg_logical_emit_message(true, 'doorward', 'anything')"
_WAITING = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'"


@pytest.fixture
def engine() -> str:
    return "postgresql"


@pytest.fixture
async def server(
    database_url: str, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[PostgresDatabase]:
    """A database with four connections that is patient for a moment only."""
    monkeypatch.setattr("doorward.db.postgres_pool._WATCH_S", 0.02)
    monkeypatch.setattr("doorward.db.postgres_channel._HEARTBEAT_S", 0.05)
    database: Database = await open_database(database_url, clock=clock, pool_size=4)
    assert isinstance(database, PostgresDatabase)
    yield database
    await database.close()


@pytest.fixture
async def admin(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection of our own, to do harm with."""
    connection = await asyncpg.connect(plain_dsn(database_url))
    yield connection
    await connection.execute("ROLLBACK")
    await connection.execute(_NO_STANDBY)
    await connection.execute("SELECT pg_reload_conf()")
    await connection.close()


async def lose_the_standby(admin: asyncpg.Connection, url: str) -> None:
    """No commit is confirmed from now on."""
    await admin.execute(_STANDBY)
    await admin.execute("SELECT pg_reload_conf()")
    async with asyncio.timeout(20):
        while not await a_commit_waits(admin, url):
            await asyncio.sleep(0.01)


async def a_commit_waits(admin: asyncpg.Connection, url: str) -> bool:
    """Whether one does: each process of the server reads the setting at a moment of its own."""
    probe = await asyncpg.connect(plain_dsn(url))
    pid = probe.get_server_pid()
    commit = asyncio.ensure_future(probe.execute(_COMMIT))
    try:
        while not commit.done():
            if pid in [waiting for (waiting,) in await admin.fetch(_WAITING)]:
                return True
        return False
    finally:
        await admin.execute("SELECT pg_terminate_backend($1, 5000)", pid)
        with suppress(asyncpg.PostgresError, OSError):
            await commit
        probe.terminate()


async def bring_the_standby_back(admin: asyncpg.Connection) -> None:
    await admin.execute(_NO_STANDBY)
    await admin.execute("SELECT pg_reload_conf()")


async def test_a_commit_that_no_standby_confirms_is_not_called_done(
    server: PostgresDatabase,
    admin: asyncpg.Connection,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Writes are refused in time and then at once; reads go on; afterwards everything does."""
    await asyncio.gather(*(count(server) for _ in range(4)))
    monkeypatch.setattr(postgres_pool, "ANSWER_S", 1.0)
    await lose_the_standby(admin, database_url)

    async def work(tx: Transaction) -> None:
        await tx.run(ADD, **row(server.next_id()))

    for attempt in (lambda: add(server, 1), lambda: server.unit(work), lambda: server.unit(work)):
        with pytest.raises(Unavailable):
            await attempt()
    assert len(server.pool.owed) == 2
    assert await count(server) == 0
    # Nobody told the server to give up waiting: it would show rows that no other server has.
    assert len(await admin.fetch(_WAITING)) == 2
    await bring_the_standby_back(admin)
    monkeypatch.setattr(postgres_pool, "ANSWER_S", 8.0)
    async with asyncio.timeout(20):
        while server.pool.owed:
            await asyncio.sleep(0.01)
    await add(server, 2)
    assert await count(server) == 3


async def test_a_wait_for_the_standby_that_was_cancelled_is_not_a_success(
    server: PostgresDatabase, admin: asyncpg.Connection, database_url: str
) -> None:
    """The server then says COMMIT, and warns that only it has the rows."""
    await count(server)
    await lose_the_standby(admin, database_url)

    async def work(tx: Transaction) -> None:
        await tx.run(ADD, **row(2))

    for attempt in (add(server, 1), server.unit(work)):
        task = asyncio.ensure_future(attempt)
        async with asyncio.timeout(20):
            while not (waiting := await admin.fetch(_WAITING)):
                await asyncio.sleep(0.01)
        for (pid,) in waiting:
            await admin.execute("SELECT pg_cancel_backend($1)", pid)
        with pytest.raises(Unavailable):
            await task


async def test_a_statement_behind_a_lock_is_given_up_and_does_not_count_for_ever(
    server: PostgresDatabase, admin: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    await add(server, 1)
    monkeypatch.setattr(postgres_pool, "ANSWER_S", 0.2)
    transaction = admin.transaction()
    await transaction.start()
    await admin.execute("SELECT * FROM scratch FOR UPDATE")

    async def work(tx: Transaction) -> None:
        await tx.run(INCREMENT, org_id=ORG, id=1)

    with pytest.raises(Unavailable):
        await server.unit(work)
    assert server.pool.owed
    await transaction.rollback()
    async with asyncio.timeout(20):
        while server.pool.owed:
            await asyncio.sleep(0.01)
    # What was given up was rolled back.
    assert await admin.fetchval("SELECT counter FROM scratch") == 0


async def test_whoever_waits_for_a_connection_too_long_is_refused(
    server: PostgresDatabase, admin: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = [await server.pool.take(60.0) for _ in range(4)]
    monkeypatch.setattr(postgres_pool, "ANSWER_S", 0.1)
    with pytest.raises(Unavailable):
        await count(server)
    for each in held:
        server.pool.give(each)
    assert await count(server) == 0


async def test_connections_to_a_server_that_is_left_are_not_used_again(
    server: PostgresDatabase,
) -> None:
    """In use or not: what was under way is refused, what comes after goes to the new one."""
    pids: list[int] = []

    async def work(tx: Transaction) -> None:
        await tx.run(ADD, **row(1))
        pids.append(next(iter(server.pool._busy)).get_server_pid())
        server.pool.renew()
        await tx.run(ADD, **row(2))

    with pytest.raises(Unavailable):
        await server.unit(work)
    assert await count(server) == 0
    assert server.pool._idle[0].get_server_pid() not in pids


async def test_after_a_refused_write_idle_connections_are_made_anew(
    server: PostgresDatabase, admin: asyncpg.Connection
) -> None:
    """A server that may only be read has become a standby."""
    await count(server)
    old = server.pool._idle[0]
    await old.execute("SET default_transaction_read_only = on")
    with pytest.raises(Unavailable):
        await add(server, 1)
    assert old.is_closed()
    assert await count(server) == 0
    async with asyncio.timeout(20):
        while await count(server) != 1:
            with suppress(Unavailable):
                await add(server, 1)


async def test_a_waiting_caller_that_goes_away_passes_the_connection_on(
    server: PostgresDatabase,
) -> None:
    held = [await server.pool.take() for _ in range(4)]
    first, second = (asyncio.ensure_future(server.pool.take()) for _ in range(2))
    await asyncio.sleep(0)
    server.pool.give(held[0])
    first.cancel()
    async with asyncio.timeout(20):
        held[0] = await second
    for each in held:
        server.pool.give(each)
    assert await count(server) == 0


async def test_what_is_given_up_while_the_server_is_asked_stays_counted(
    server: PostgresDatabase,
) -> None:
    """The answer knows nothing of it."""
    server.pool.owed.update({1, 2, 3})
    server.pool.settle([1, 2], [2])
    assert server.pool.owed == {2, 3}
    server.pool.owed.clear()
