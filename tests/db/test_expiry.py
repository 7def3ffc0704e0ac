"""What is over leaves in batches: all of it, nothing else, and nobody is held up."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from sqlalchemy import func, insert, select

from doorward.db import (
    SECOND,
    Database,
    Keeper,
    Pace,
    Sweeper,
    Transaction,
    expires_by_time,
    oldest_id_at,
    open_database,
    run_in_batches,
    statement,
)
from doorward.imports.store import DROP_REFUSALS, INSERT_REFUSAL, import_refusals
from doorward.sessions.store import EXPIRE_BROWSERS, browsers
from doorward.tokens.store import EXPIRE_ACCESS, INSERT_ACCESS, access_tokens
from tests.support.clock import ManualClock

pytestmark = pytest.mark.anyio

_HOUR = 3600 * SECOND
_IDS = statement(select(access_tokens.c.id).order_by(access_tokens.c.id))
_BROWSERS = statement(select(browsers.c.id).order_by(browsers.c.id))
_INSERT_BROWSER = statement(insert(browsers))
_COUNT_REFUSALS = statement(select(func.count()).select_from(import_refusals))


class Ticks:
    """A timer that a test sets."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


async def keep_tokens(db: Database, lives: Sequence[tuple[int, int]]) -> list[int]:
    """Tokens by when they were minted and when they end, in microseconds; their identifiers."""
    ids = [oldest_id_at(minted) for minted, _ in lives]
    fixed = {
        "digest": b"",
        "client_id": "c",
        "account_id": None,
        "family_id": None,
        "scope": "",
        "audience": "",
        "revoked_at": None,
    }
    rows = [
        {"org_id": f"org{n % 3}", "id": ids[n], "issued_at": minted, "expires_at": ends, **fixed}
        for n, (minted, ends) in enumerate(lives)
    ]
    await db.run_each(INSERT_ACCESS, rows)
    return ids


async def list_ids(db: Database) -> list[int]:
    return [row[0] for row in await db.all(_IDS)]


async def test_everything_that_is_over_leaves_and_nothing_else(db: Database) -> None:
    """However many there are, of whatever organization, and whoever lives long among them."""
    now = db.clock()
    lives = [
        (now - 9 * _HOUR + n * SECOND, now + _HOUR if n % 7 == 0 else now - _HOUR)
        for n in range(700)
    ]
    ids = await keep_tokens(db, lives)
    assert await Sweeper(db).remove((EXPIRE_ACCESS,), before=now) == 600
    assert await list_ids(db) == ids[::7]


async def test_a_row_that_ends_now_stays(db: Database) -> None:
    """What is over ended before the moment; the moment itself is not before it."""
    now = db.clock()
    ids = await keep_tokens(db, [(now - 2, now), (now - 1, now - 1)])
    assert await Sweeper(db).remove((EXPIRE_ACCESS,), before=now) == 1
    assert await list_ids(db) == ids[:1]


async def test_what_outlived_its_neighbours_leaves_at_the_next_walk_through_all(
    db: Database,
) -> None:
    """A turn goes on where the last one ended; once an hour one begins at the beginning."""
    now, timer = db.clock(), Ticks()
    sweeper = Sweeper(db, timer=timer)
    old, gone = await keep_tokens(db, [(now - 9 * _HOUR, now + 1), (now - 8 * _HOUR, now - 1)])
    assert await sweeper.remove((EXPIRE_ACCESS,), before=now) == 1
    assert await list_ids(db) == [old]
    assert old < gone
    assert await sweeper.remove((EXPIRE_ACCESS,), before=now + _HOUR) == 0
    timer.now += 3600
    assert await sweeper.remove((EXPIRE_ACCESS,), before=now + _HOUR) == 1


async def test_rows_that_end_in_the_same_moment_leave_in_batches_too(db: Database) -> None:
    """The place of a batch is a row, and not a moment that thousands may share."""
    now = db.clock()
    rows = [
        {
            "org_id": "org",
            "id": n,
            "digest": b"",
            "created_at": now,
            "expires_at": now - 5 if n < 900 else now,
        }
        for n in range(901)
    ]
    await db.run_each(_INSERT_BROWSER, rows)
    before = db.statements_run
    assert await Sweeper(db).remove((EXPIRE_BROWSERS,), before=now) == 900
    assert db.statements_run - before > 4
    assert await db.all(_BROWSERS) == [(900,)]


async def test_a_sweep_of_an_earlier_moment_finds_what_came_since(db: Database) -> None:
    """A sweep that went into the future, to make room, leaves no gap behind it."""
    now, sweeper = db.clock(), Sweeper(db)
    row = {"org_id": "org", "digest": b"", "created_at": now}
    await db.run(_INSERT_BROWSER, **row, id=1, expires_at=now + 100)
    assert await sweeper.remove((EXPIRE_BROWSERS,), before=now + 101) == 1
    await db.run(_INSERT_BROWSER, **row, id=2, expires_at=now + 50)
    assert await sweeper.remove((EXPIRE_BROWSERS,), before=now + 60) == 1


async def test_keys_of_every_kind_begin_below_all_rows(db: Database) -> None:
    """Text and bytes in an index have a beginning as numbers do."""
    by_digest = expires_by_time(browsers, browsers.c.expires_at, browsers.c.digest)
    by_org = expires_by_time(browsers, browsers.c.expires_at, browsers.c.org_id, browsers.c.id)
    for expiry in (by_digest, by_org):
        await db.run(_INSERT_BROWSER, org_id="", id=0, digest=b"", created_at=0, expires_at=0)
        assert await Sweeper(db).remove((expiry,), before=1) == 1


async def test_batches_grow_while_they_are_quick_and_shrink_when_they_are_not(
    db: Database,
) -> None:
    """So that no lock is held for long, whatever the disk does."""
    timer = Ticks()
    pace = Pace(timer=timer)

    async def take(seconds: float) -> int:
        async def work(_: Transaction) -> int:
            timer.now += seconds
            return pace.size

        await pace.run(db, work)
        return pace.size

    first = pace.size
    assert await take(0.0001) == 2 * first
    assert await take(0.0001) == 4 * first
    assert await take(0.015) < 4 * first
    slow = [await take(1.0) for _ in range(9)]
    assert slow[-2] == slow[-1] == first
    quick = [await take(0.0) for _ in range(20)]
    assert quick[-2] == quick[-1] > 4 * first


async def test_a_statement_is_repeated_until_nothing_is_left(db: Database) -> None:
    """A batch that is not full is the last."""
    rows = [
        {"org_id": "org", "import_id": 1, "id": n, "line": n, "fault": "", "cells": ""}
        for n in range(300)
    ]
    await db.run_each(INSERT_REFUSAL, rows)
    assert await run_in_batches(db, DROP_REFUSALS, org_id="org", import_id=1) == 300
    assert await db.all(_COUNT_REFUSALS) == [(0,)]


async def test_one_process_keeps_house_and_another_takes_over(
    database_url: str, clock: ManualClock
) -> None:
    """When it lets go, or is not heard of for the length of its lease."""
    one = await open_database(database_url, clock=clock)
    two = await open_database(database_url, clock=clock)
    try:
        first, second = Keeper(one), Keeper(two)
        assert await first.hold()
        assert not await second.hold()
        assert await Sweeper(two, keeper=second).remove((EXPIRE_ACCESS,), before=1) == 0
        await second.let_go()
        clock.advance(seconds=60)
        assert await first.hold()
        clock.advance(seconds=60)
        assert not await second.hold()
        await first.let_go()
        assert await second.hold()
        assert not await first.hold()
        clock.advance(seconds=91)
        assert await first.hold()
        assert not await second.hold()
    finally:
        await one.close()
        await two.close()


async def test_who_lost_the_lease_sweeps_no_further(database_url: str, clock: ManualClock) -> None:
    """It finds out at the next batch, and leaves the rest to the other."""
    one = await open_database(database_url, clock=clock)
    two = await open_database(database_url, clock=clock)
    try:
        now = clock()
        await keep_tokens(one, [(now - n * SECOND, now - 1) for n in range(9, 4, -1)])
        mine = Keeper(one)
        assert await mine.hold()
        clock.advance(seconds=120)
        assert await Keeper(two).hold()
        assert await Sweeper(one, keeper=mine).remove((EXPIRE_ACCESS,), before=now) == 0
        assert len(await list_ids(two)) == 5
    finally:
        await one.close()
        await two.close()
