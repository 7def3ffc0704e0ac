"""Workers that are killed, that compete, and that lose their lease."""

from __future__ import annotations

import asyncio
from itertools import count
from typing import Any

import pytest

from doorward.accounts import AccountDrafts, Accounts
from doorward.audit import Actor
from doorward.db import Database, Transaction, Unavailable, open_database
from doorward.imports import Import, Imports, ImportState, ImportWorker
from tests.imports.files import count_rows, people
from tests.support.clock import ManualClock
from tests.support.factories import make_accounts

pytestmark = pytest.mark.anyio

STAFF = Actor(kind="account", id="7")
LEASE_S = 15


async def finish(imports: Imports, db: Database) -> None:
    """Let one worker do everything that there is to do."""
    worker = ImportWorker(imports=imports, db=db)
    while await worker.take_turn():
        pass


async def verify_done(imports: Imports, db: Database, begun: Import) -> None:
    """Each row of ``begun`` became one account."""
    done = await imports.get(begun.org_id, begun.import_id)
    assert (done.state, done.done, done.created) == (ImportState.DONE, begun.total, begun.total)
    assert await count_rows(db, "accounts") == begun.total
    assert await count_rows(db, "import_chunks") == 0


class _Dying(Accounts):
    """Accounts whose process ends in the middle of a unit: after its accounts were made."""

    async def draft_many(self, *args: Any) -> Any:
        drafts = await super().draft_many(*args)
        return _DyingDrafts(drafts.batch, drafts.drafts)


class _DyingDrafts(AccountDrafts):
    async def keep(self, tx: Transaction) -> Any:
        await super().keep(tx)
        raise asyncio.CancelledError


async def test_a_worker_that_dies_within_a_unit_made_nothing_of_it(
    imports: Imports, db: Database, clock: ManualClock
) -> None:
    """Accounts, counts and the chunk are kept together or not at all."""
    begun = await imports.begin("river", people(130), "x.csv", STAFF)
    held = await imports.claim(1)
    assert held is not None
    assert await imports.perform_chunk(held, 1)
    dying = Imports(db=db, clock=clock, accounts=make_accounts(db, kind=_Dying))
    with pytest.raises(asyncio.CancelledError):
        await dying.perform_chunk(held, 1)
    assert await count_rows(db, "accounts") == 50
    assert (await imports.get("river", begun.import_id)).done == 50
    assert await imports.claim(2) is None
    clock.advance(seconds=LEASE_S)
    await finish(imports, db)
    await verify_done(imports, db, begun)


async def test_a_task_killed_at_any_moment_loses_and_repeats_nothing(
    imports: Imports, db: Database, clock: ManualClock
) -> None:
    """Between units and within them, many times over."""
    begun = await imports.begin("river", people(700), "x.csv", STAFF)
    for turn in count(1):
        before = await imports.get("river", begun.import_id)
        if before.state is ImportState.DONE:
            break
        worker = ImportWorker(imports=imports, db=db)
        worker.start()
        while (await imports.get("river", begun.import_id)).changed_at <= before.changed_at:
            await asyncio.sleep(0)
            clock.advance(seconds=0.001)
        for _ in range(turn * 37 % 800):
            await imports.get("river", begun.import_id)
            await asyncio.sleep(0)
        assert worker._task is not None
        worker._task.cancel()
        await asyncio.wait([worker._task])
        clock.advance(seconds=LEASE_S)
    assert turn > 1
    await verify_done(imports, db, begun)


async def test_two_processes_share_imports_and_make_each_row_once(
    imports: Imports, db: Database, database_url: str, clock: ManualClock
) -> None:
    """Each through its own connections, at the same time."""
    other_db = await open_database(database_url, clock=clock, pool_size=4)
    other = Imports(db=other_db, clock=clock, accounts=make_accounts(other_db))
    begun = [
        await imports.begin("river", people(300), "x.csv", STAFF),
        await imports.begin("lake", people(300), "x.csv", STAFF),
    ]
    for _ in range(20):
        await asyncio.gather(finish(imports, db), finish(other, other_db))
    await other_db.close()
    for each in begun:
        done = await imports.get(each.org_id, each.import_id)
        assert (done.state, done.created, done.refused) == (ImportState.DONE, 300, 0)
    assert await count_rows(db, "accounts") == 600


async def test_workers_on_the_very_same_chunk_make_it_once(imports: Imports, db: Database) -> None:
    """Even if a lease protected nothing: who deletes the chunk makes its accounts."""
    begun = await imports.begin("river", people(200), "x.csv", STAFF)
    held = await imports.claim(1)
    assert held is not None
    for _ in range(12):
        await asyncio.gather(*(imports.perform_chunk(held, 1) for _ in range(4)))
    await verify_done(imports, db, begun)


async def test_a_lease_is_taken_over_when_it_has_ended_and_not_before(
    imports: Imports, db: Database, clock: ManualClock
) -> None:
    """Of a process that went away, and of a slow one, which then changes nothing any more."""
    begun = await imports.begin("river", people(150), "x.csv", STAFF)
    slow = await imports.claim(1)
    assert slow is not None
    clock.advance(seconds=LEASE_S - 1)
    assert await imports.claim(2) is None
    assert await imports.perform_chunk(slow, 1)
    clock.advance(seconds=LEASE_S - 1)
    assert await imports.claim(2) is None
    clock.advance(seconds=1)
    assert await imports.claim(2) is not None
    assert not await imports.perform_chunk(slow, 1)
    await imports.release(slow, 1)
    assert await imports.claim(3) is None
    assert (await imports.get("river", begun.import_id)).done == 50


async def test_a_worker_that_ends_in_good_order_leaves_its_import_free(
    imports: Imports, db: Database, clock: ManualClock
) -> None:
    """A restart does not wait for a lease to end."""
    await imports.begin("river", people(5_000), "x.csv", STAFF)
    worker = ImportWorker(imports=imports, db=db)
    worker.start()
    while await count_rows(db, "accounts") == 0:
        await asyncio.sleep(0)
    await worker.stop()
    assert await imports.claim(2) is not None


async def test_imports_take_turns(imports: Imports, db: Database, clock: ManualClock) -> None:
    """A small one is done long before a large one that was there first."""
    large = await imports.begin("river", people(4_000), "x.csv", STAFF)
    small = await imports.begin("lake", people(10), "x.csv", STAFF)
    worker = ImportWorker(imports=imports, db=db)
    while (await imports.get("lake", small.import_id)).state is not ImportState.DONE:
        clock.advance(seconds=1)
        assert await worker.take_turn()
    assert (await imports.get("river", large.import_id)).done < 3_000


class _Broken(Accounts):
    """Accounts with a bug."""

    async def draft_many(self, *args: Any) -> Any:
        raise RuntimeError("a bug")


class _Away(Accounts):
    """Accounts whose database does not answer for a while."""

    async def draft_many(self, *args: Any) -> Any:
        raise Unavailable("the disk is full")


async def test_an_import_that_meets_a_bug_ends_as_failed(
    db: Database, clock: ManualClock, imports: Imports
) -> None:
    """And is not tried for ever."""
    begun = await imports.begin("river", people(3), "x.csv", STAFF)
    broken = Imports(db=db, clock=clock, accounts=make_accounts(db, kind=_Broken))
    await finish(broken, db)
    failed = await imports.get("river", begun.import_id)
    assert (failed.state, failed.created) == (ImportState.FAILED, 0)
    assert failed.finished_at == clock()


async def test_an_import_waits_while_the_database_is_away(
    db: Database, clock: ManualClock, imports: Imports
) -> None:
    """It is not its fault."""
    begun = await imports.begin("river", people(3), "x.csv", STAFF)
    away = Imports(db=db, clock=clock, accounts=make_accounts(db, kind=_Away))
    with pytest.raises(Unavailable):
        await ImportWorker(imports=away, db=db).take_turn()
    await finish(imports, db)
    await verify_done(imports, db, begun)
