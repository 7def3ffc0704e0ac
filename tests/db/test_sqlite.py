"""What only SQLite can get wrong: groups that share a commit, and the one writer."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from doorward.db import (
    Conflict,
    Database,
    Overloaded,
    Transaction,
    Unavailable,
    open_database,
    sqlite,
    sqlite_connection,
)
from doorward.db.opening import sqlite_path
from doorward.db.sqlite import SqliteDatabase
from tests.db.scratch import ADD, COUNT, IDS, ORG, READ_INCREMENT, add, count, row
from tests.support.clock import ManualClock

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["sqlite"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def file(db: Database) -> SqliteDatabase:
    assert isinstance(db, SqliteDatabase)
    return db


@pytest.fixture
def intruder(database_url: str) -> Iterator[sqlite3.Connection]:
    """Another process, as far as the file's locks can tell."""
    connection = sqlite3.connect(sqlite_path(database_url), isolation_level=None, timeout=5)
    yield connection
    connection.close()


class Traced:
    """Counts what the writer executes, commits among it."""

    def __init__(self, file: SqliteDatabase) -> None:
        self.texts: list[str] = []
        file._writer.raw.set_trace_callback(self.texts.append)

    def count(self, word: str) -> int:
        return sum(text.startswith(word) for text in self.texts)


async def test_who_was_answered_together_shares_the_next_commit_too(file: SqliteDatabase) -> None:
    """Callers whom a commit has split fall into step: one commit for each round of them all."""
    await add(file, 1)
    traced, rounds = Traced(file), 12

    async def ask() -> None:
        for _ in range(rounds):
            await file.write_one(READ_INCREMENT, org_id=ORG, id=1)
            await asyncio.sleep(0)  # as long as it takes to read the next request

    go_on = threading.Event()
    file._committer.submit(go_on.wait, 20)
    early = [asyncio.ensure_future(ask()) for _ in range(4)]
    await asyncio.sleep(0.01)
    late = [asyncio.ensure_future(ask()) for _ in range(4)]
    await asyncio.sleep(0.01)
    assert (traced.count("UPDATE"), file.queue_length) == (4, 4)
    go_on.set()
    await asyncio.gather(*early, *late)
    assert traced.count("UPDATE") == 8 * rounds
    assert rounds < traced.count("COMMIT") <= rounds + 3


@pytest.mark.parametrize("callers", [32, 200])
async def test_concurrent_statements_share_one_commit(file: SqliteDatabase, callers: int) -> None:
    await add(file, 1)
    traced = Traced(file)
    answers = await asyncio.gather(
        *(file.write_one(READ_INCREMENT, org_id=ORG, id=1) for _ in range(callers))
    )
    assert len(set(answers)) == callers
    assert traced.count("UPDATE") == callers
    assert traced.count("COMMIT") == 1


async def test_callers_that_keep_coming_share_commits(file: SqliteDatabase) -> None:
    """Thirty-two callers, ten statements each, one after the other: far fewer than 320 commits."""
    await add(file, 1)
    traced = Traced(file)

    async def caller() -> None:
        for _ in range(10):
            await file.write_one(READ_INCREMENT, org_id=ORG, id=1)

    await asyncio.gather(*(caller() for _ in range(32)))
    assert traced.count("UPDATE") == 320
    assert traced.count("COMMIT") <= 40


async def test_a_group_has_a_largest_size(file: SqliteDatabase) -> None:
    traced = Traced(file)
    await asyncio.gather(*(add(file, number) for number in range(600)))
    assert traced.count("COMMIT") == 3


async def test_commits_are_durable(file: SqliteDatabase) -> None:
    raw = file._writer.raw
    assert raw.execute("PRAGMA synchronous").fetchone() == (2,)
    assert raw.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert raw.execute("PRAGMA foreign_keys").fetchone() == (1,)
    assert raw.execute("PRAGMA journal_size_limit").fetchone() == (64 << 20,)


async def test_the_loops_own_connection_cannot_write(file: SqliteDatabase) -> None:
    with pytest.raises(Unavailable):
        await file.one(READ_INCREMENT, org_id=ORG, id=1)
    with pytest.raises(Unavailable):
        await file.scan(ADD, **row(1))


async def test_a_unit_that_awaits_something_else_is_refused_and_undone(
    file: SqliteDatabase,
) -> None:
    async def work(tx: Transaction) -> None:
        await tx.run(ADD, **row(1))
        await asyncio.sleep(0)
        await tx.run(ADD, **row(2))

    with pytest.raises(RuntimeError, match="awaited something other"):
        await file.unit(work)
    assert await count(file) == 0


@pytest.mark.parametrize("name", ["one", "all", "scan", "run", "write_one", "cache_version"])
async def test_a_unit_that_uses_the_database_itself_is_refused_and_undone(
    file: SqliteDatabase, name: str
) -> None:
    """It would read past its own changes here, and could wait for ever on PostgreSQL."""

    async def work(tx: Transaction) -> None:
        await tx.run(ADD, **row(1))
        if name == "cache_version":
            file._version = 1
            await file.cache_version()
        elif name in {"run", "write_one"}:
            await getattr(file, name)(ADD, **row(2))
        else:
            await getattr(file, name)(COUNT, org_id=ORG)

    with pytest.raises(RuntimeError, match="instead of its transaction"):
        await file.unit(work)
    assert await count(file) == 0
    assert await add(file, 3) == 3


async def test_a_unit_inside_a_unit_is_refused_and_never_runs(file: SqliteDatabase) -> None:
    async def inner(tx: Transaction) -> None:
        await tx.run(ADD, **row(2))

    async def work(tx: Transaction) -> None:
        await tx.run(ADD, **row(1))
        await file.unit(inner)

    with pytest.raises(RuntimeError, match="instead of its transaction"):
        await file.unit(work)
    await add(file, 3)
    assert await file.all(IDS, org_id=ORG) == [(3,)]


async def test_writers_wait_for_another_process_and_readers_do_not(
    file: SqliteDatabase, intruder: sqlite3.Connection
) -> None:
    intruder.execute("BEGIN IMMEDIATE")
    writes = [asyncio.ensure_future(add(file, number)) for number in range(10)]
    for _ in range(20):
        assert await count(file) == 0
        await asyncio.sleep(0.001)
    assert not any(task.done() for task in writes)
    intruder.execute("COMMIT")
    assert await asyncio.gather(*writes) == list(range(10))


async def test_a_process_that_never_stops_writing_makes_writers_unavailable(
    file: SqliteDatabase, intruder: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_connection, "_LOCK_WAIT_S", 0.05)
    intruder.execute("BEGIN IMMEDIATE")
    answers = await asyncio.gather(
        *(add(file, number) for number in range(5)), return_exceptions=True
    )
    assert all(isinstance(each, Unavailable) for each in answers)
    intruder.execute("ROLLBACK")
    assert await count(file) == 0
    await add(file, 1)


async def test_a_commit_that_fails_answers_nobody_with_success(
    file: SqliteDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each unit had succeeded on its own; only the commit of their group did not."""

    class Broken:
        """Everything of the real connection but its commit."""

        def __init__(self, raw: sqlite3.Connection) -> None:
            self.raw = raw

        def __getattr__(self, name: str) -> object:
            return getattr(self.raw, name)

        def execute(self, text: str) -> object:
            if text == "COMMIT":
                raise sqlite3.OperationalError("disk I/O error")
            return self.raw.execute(text)

    real = file._writer.raw
    monkeypatch.setattr(file._writer, "raw", Broken(real))
    answers = await asyncio.gather(
        *(add(file, number) for number in range(5)), return_exceptions=True
    )
    assert all(isinstance(each, Unavailable) for each in answers)
    monkeypatch.setattr(file._writer, "raw", real)
    assert await count(file) == 0
    await add(file, 1)


async def test_a_full_disk_is_unavailable_and_passes(file: SqliteDatabase) -> None:
    """SQLite rolls the whole transaction back by itself when the file may not grow."""
    raw = file._writer.raw
    pages = raw.execute("PRAGMA page_count").fetchone()[0]
    raw.execute(f"PRAGMA max_page_count = {pages + 2}")
    big = bytes(3000)
    answers = await asyncio.gather(
        *(add(file, number, body=big) for number in range(40)), return_exceptions=True
    )
    refused = [each for each in answers if isinstance(each, Unavailable)]
    assert refused
    assert await count(file) == 40 - len(refused)
    raw.execute("PRAGMA max_page_count = 1000000")
    await add(file, 100)


async def test_a_statement_after_close_is_unavailable_and_nobody_waits(
    database_url: str, clock: ManualClock
) -> None:
    database = await open_database(database_url, clock=clock)
    await database.close()
    await database.close()
    async with asyncio.timeout(10):
        for attempt in (add(database, 1), count(database)):
            with pytest.raises(Unavailable):
                await attempt


async def test_a_connection_that_breaks_answers_every_waiting_unit(file: SqliteDatabase) -> None:
    file._writer.raw.close()
    async with asyncio.timeout(10):
        answers = await asyncio.gather(
            *(add(file, number) for number in range(300)), return_exceptions=True
        )
    assert all(isinstance(each, Unavailable) for each in answers)


async def test_close_finishes_the_units_under_way(database_url: str, clock: ManualClock) -> None:
    database = await open_database(database_url, clock=clock)
    writes = [asyncio.ensure_future(add(database, number)) for number in range(600)]
    await asyncio.sleep(0)
    await database.close()
    assert await asyncio.gather(*writes) == list(range(600))
    again = await open_database(database_url, clock=clock)
    assert await count(again) == 600
    await again.close()


async def test_a_cancelled_drain_answers_every_waiting_unit(file: SqliteDatabase) -> None:
    """As when the loop is shut down: an answer may be lost, but nobody waits for it."""
    answered: set[int] = set()
    for first in range(0, 20_000, 1000):
        writes = [asyncio.ensure_future(add(file, first + number)) for number in range(600)]
        while file._drain is None:
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        file._drain.cancel()
        async with asyncio.timeout(10):
            answers = await asyncio.gather(*writes, return_exceptions=True)
        assert any(isinstance(each, Unavailable) for each in answers)
        # A commit left over from the cancelled group would cut the next one in two.
        answered |= {each for each in answers if isinstance(each, int)}
        answered.add(await add(file, first + 999))
    assert answered <= {found[0] for found in await file.all(IDS, org_id=ORG)}


async def test_a_commit_left_over_from_a_cancelled_group_does_not_cut_the_next(
    file: SqliteDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The drain is cancelled while its commit is about to begin in its thread."""
    begun, release = threading.Event(), threading.Event()

    class Slow:
        """The real connection, whose first commit waits for the test."""

        def __init__(self, raw: sqlite3.Connection) -> None:
            self.raw = raw

        def __getattr__(self, name: str) -> object:
            return getattr(self.raw, name)

        def execute(self, text: str, *parameters: Any) -> object:
            if text == "COMMIT" and not begun.is_set():
                begun.set()
                release.wait(10)
            return self.raw.execute(text, *parameters)

    monkeypatch.setattr(file._writer, "raw", Slow(file._writer.raw))
    first = asyncio.ensure_future(add(file, 1))
    async with asyncio.timeout(10):
        while not begun.is_set():
            await asyncio.sleep(0.001)
        assert file._drain is not None
        file._drain.cancel()
        for _ in range(5):
            await asyncio.sleep(0)
        second = asyncio.ensure_future(add(file, 2))
        for _ in range(5):
            await asyncio.sleep(0)
        release.set()
        answers = await asyncio.gather(first, second, return_exceptions=True)
        assert isinstance(answers[0], Unavailable)
        await add(file, 3)
    kept = [found[0] for found in await file.all(IDS, org_id=ORG)]
    # Of the first nobody knows; the second is kept exactly if it was answered.
    assert (2 in kept) == (answers[1] == 2)
    assert 3 in kept


async def test_a_unit_that_cancels_itself_takes_nobody_along(file: SqliteDatabase) -> None:
    async def work(tx: Transaction) -> None:
        await tx.run(ADD, **row(1))
        raise asyncio.CancelledError

    task = asyncio.ensure_future(file.unit(work))
    async with asyncio.timeout(10):
        answers = await asyncio.gather(task, add(file, 2), add(file, 3), return_exceptions=True)
    assert isinstance(answers[0], asyncio.CancelledError)
    assert list(answers[1:]) == [2, 3]
    assert await file.all(IDS, org_id=ORG) == [(2,), (3,)]


async def test_too_many_waiting_units_are_refused(
    file: SqliteDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "_QUEUE", 10)
    answers = await asyncio.gather(
        *(add(file, number) for number in range(30)), return_exceptions=True
    )
    assert sum(isinstance(each, Overloaded) for each in answers) == 20
    assert await count(file) == 10
    await add(file, 100)


async def test_a_conflict_in_a_unit_undoes_its_savepoint_only(file: SqliteDatabase) -> None:
    """All three share one transaction of the file; the middle one is taken out of it."""

    async def clash(tx: Transaction) -> None:
        await tx.run(ADD, **row(5))
        await tx.run(ADD, **row(1))

    traced = Traced(file)
    answers = await asyncio.gather(
        add(file, 1), file.unit(clash), add(file, 2), return_exceptions=True
    )
    assert isinstance(answers[1], Conflict)
    assert traced.count("COMMIT") == 1
    assert await file.all(IDS, org_id=ORG) == [(1,), (2,)]
