"""Caches: dropped in every process by the unit that changes their rows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from doorward.db import Cache, Conflict, Database, Transaction, open_database, touch_caches
from tests.db.scratch import ADD, CHANGE_NOTE, FIND, ORG, add, row
from tests.support.clock import ManualClock

pytestmark = pytest.mark.anyio


class Notes:
    """A cache of notes that counts how often it reads."""

    def __init__(self, db: Database, *, size: int = 100) -> None:
        self.db = db
        self.loads = 0
        self.cache = Cache(db, self.load, size=size)

    async def load(self, id: int) -> str | None:
        self.loads += 1
        found = await self.db.one(FIND, org_id=ORG, id=id)
        return None if found is None else str(found[3])

    async def get(self, id: int = 1) -> str | None:
        return await self.cache.get(id)


async def change(db: Database, note: str, *, id: int = 1) -> None:
    async def work(tx: Transaction) -> None:
        await tx.run(CHANGE_NOTE, org_id=ORG, id=id, new_note=note)
        await touch_caches(tx)

    await db.unit(work)


async def eventually(check: Callable[[], object]) -> None:
    """Wait until ``check`` answers something true; a test that waits in vain fails by its limit."""
    async with asyncio.timeout(20):
        while not check():
            await asyncio.sleep(0.01)


@pytest.fixture
async def other(database_url: str, clock: ManualClock) -> AsyncIterator[Database]:
    """A second process's database, as far as storage can tell."""
    database = await open_database(database_url, clock=clock, pool_size=2)
    yield database
    await database.close()


async def test_a_cached_value_is_read_once(db: Database) -> None:
    await add(db, 1, note="old")
    notes = Notes(db)
    assert [await notes.get() for _ in range(5)] == ["old"] * 5
    assert notes.loads == 1


async def test_a_missing_value_is_asked_for_again(db: Database) -> None:
    notes = Notes(db)
    assert await notes.get() is None
    await add(db, 1, note="there")
    assert await notes.get() == "there"


async def test_a_change_is_seen_by_the_process_that_made_it_at_once(db: Database) -> None:
    await add(db, 1, note="0")
    notes = Notes(db)
    for number in range(1, 20):
        await notes.get()
        await change(db, str(number))
        assert await notes.get() == str(number)


async def test_a_change_is_seen_by_the_other_process(db: Database, other: Database) -> None:
    await add(db, 1, note="old")
    notes = Notes(other)
    assert await notes.get() == "old"
    await change(db, "new")

    async with asyncio.timeout(20):
        while await notes.get() != "new":
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("engine", ["sqlite"])
async def test_on_sqlite_the_other_process_never_answers_what_was_replaced(
    db: Database, other: Database
) -> None:
    await add(db, 1, note="0")
    notes = Notes(other)
    for number in range(1, 30):
        await notes.get()
        await change(db, str(number))
        assert await notes.get() == str(number)


async def test_a_unit_that_is_undone_changes_no_cache(db: Database) -> None:
    await add(db, 1, note="old")
    notes = Notes(db)
    await notes.get()

    async def work(tx: Transaction) -> None:
        await touch_caches(tx)
        await tx.run(ADD, **row(1))

    with pytest.raises(Conflict):
        await db.unit(work)
    assert await notes.get() == "old"
    assert notes.loads == 1


async def test_what_was_read_while_it_changed_is_not_kept(db: Database) -> None:
    """The change commits after the row was read and before the answer is stored."""
    await add(db, 1, note="old")
    notes = Notes(db)

    async def slow(id: int) -> str | None:
        found = await notes.load(id)
        if notes.loads == 1:
            await change(db, "new")
        return found

    cache: Cache[int, str] = Cache(db, slow)
    assert await cache.get(1) == "old"
    assert await cache.get(1) == "new"


async def test_a_slow_reader_does_not_put_an_old_value_into_the_new_version(db: Database) -> None:
    """Between its read and its answer the row changes, and somebody else moves the cache on."""
    await add(db, 1, note="old")
    await add(db, 2, note="other")
    notes = Notes(db)
    read, changed = asyncio.Event(), asyncio.Event()

    async def slow(id: int) -> str | None:
        found = await notes.load(id)
        if id == 1 and not changed.is_set():
            read.set()
            await changed.wait()
        return found

    cache: Cache[int, str] = Cache(db, slow)
    first = asyncio.ensure_future(cache.get(1))
    await read.wait()
    await change(db, "new")
    assert await cache.get(2) == "other"
    changed.set()
    assert await first == "old"
    assert await cache.get(1) == "new"


async def test_readers_and_writers_together_end_with_the_last_value(db: Database) -> None:
    await add(db, 1, note="0")
    notes = Notes(db)

    async def read() -> list[int]:
        return [int(await notes.get() or -1) for _ in range(100)]

    async def write() -> None:
        for number in range(1, 21):
            await change(db, str(number))
            assert await notes.get() == str(number)

    histories = await asyncio.gather(*(read() for _ in range(5)), write())
    assert all(seen == sorted(seen) for seen in histories if seen is not None)
    assert await notes.get() == "20"


async def test_a_cache_never_holds_more_than_its_size(db: Database) -> None:
    for number in range(1, 11):
        await add(db, number, note=str(number))
    notes = Notes(db, size=3)
    for number in range(1, 11):
        assert await notes.get(number) == str(number)
    assert len(notes.cache._memory._kept) == 3
    assert await notes.get(10) == "10"
    assert notes.loads == 10


async def test_the_version_moves_with_every_change(db: Database) -> None:
    await add(db, 1)
    versions = [await db.cache_version()]
    for number in range(5):
        await change(db, str(number))
        versions.append(await db.cache_version())
    assert len(set(versions)) == len(versions)
