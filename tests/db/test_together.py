"""Callers who ask in the same moment are served together, each with what is true by then."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from types import SimpleNamespace
from typing import cast

import pytest

from doorward.db import Database, DatabaseError, Reads, Together, numbers, rows_together
from tests.db.scratch import ADD, IDS, ORG, row

pytestmark = pytest.mark.anyio

FAR = cast("Database", SimpleNamespace(is_far=True))
NEAR = cast("Database", SimpleNamespace(is_far=False))


class Counter:
    """Work that takes turns, and refuses what is negative."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.running = 0
        self.most = 0

    async def work(self, asked: Sequence[int]) -> list[int]:
        """Twice each of ``asked``."""
        self.groups.append(list(asked))
        self.running += 1
        self.most = max(self.most, self.running)
        await asyncio.sleep(0)
        self.running -= 1
        if min(asked) < 0:
            raise ValueError(f"{min(asked)}")
        return [2 * one for one in asked]


async def test_who_asks_in_one_turn_goes_together() -> None:
    """At most 32 in a group, at most as many groups as may be under way, everybody answered."""
    counter = Counter()
    together = Together(FAR, counter.work, at_once=2)
    answers = await asyncio.gather(*(together.do(n) for n in range(100)))
    assert answers == [2 * n for n in range(100)]
    assert [len(group) for group in counter.groups] == [32, 32, 32, 4]
    assert counter.most == 2


@pytest.mark.parametrize("at_once", [1, 2])
async def test_who_was_answered_together_asks_together_again(at_once: int) -> None:
    """Callers who began apart fall into step, instead of waiting for each other's groups."""
    counter = Counter()
    together = Together(FAR, counter.work, at_once=at_once)

    async def ask(number: int) -> None:
        for _ in range(12):
            await together.do(number)
            await asyncio.sleep(0)  # as long as it takes to read the next request

    tasks = []
    for number in range(8):
        tasks.append(asyncio.ensure_future(ask(number)))
        if number % 2:
            await asyncio.sleep(0)
    await asyncio.gather(*tasks)
    sizes = [len(group) for group in counter.groups]
    assert sum(sizes) == 8 * 12
    assert sizes[4:10] == [8] * 6


async def test_a_group_that_is_full_does_not_wait_for_more() -> None:
    """Those who are already enough for the next group leave as soon as one has returned."""
    counter = Counter()
    together = Together(FAR, counter.work, at_once=1)
    tasks = [asyncio.ensure_future(together.do(n)) for n in range(64)]
    for _ in range(5):
        await asyncio.sleep(0)
    assert [len(group) for group in counter.groups] == [32, 32]
    await asyncio.gather(*tasks)


async def test_of_a_database_that_is_near_everybody_asks_alone() -> None:
    """There is nothing to share, and nobody waits for others."""
    counter = Counter()
    together = Together(NEAR, counter.work)
    assert await asyncio.gather(*(together.do(n) for n in range(3))) == [0, 2, 4]
    assert counter.groups == [[0], [1], [2]]


async def test_nobody_fails_for_somebody_else() -> None:
    """Where a group fails each of it is asked for alone, and the one at fault hears why."""
    counter = Counter()
    together = Together(FAR, counter.work)
    answers = await asyncio.gather(*(together.do(n) for n in (1, -2, 3)), return_exceptions=True)
    assert answers[0] == 2
    assert isinstance(answers[1], ValueError)
    assert answers[2] == 6
    assert await together.do(4) == 8


async def test_who_goes_away_is_not_asked_for_and_nobody_waits_for_them() -> None:
    """A caller that was cancelled before its turn leaves nothing behind."""
    counter = Counter()
    together = Together(FAR, counter.work, at_once=1)
    tasks = [asyncio.ensure_future(together.do(n)) for n in range(3)]
    await asyncio.sleep(0)
    tasks[1].cancel()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert (answers[0], answers[2]) == (0, 4)
    assert isinstance(answers[1], asyncio.CancelledError)
    assert counter.groups == [[0, 2]]
    assert await together.do(5) == 10


async def test_each_is_answered_with_what_was_committed_when_it_asked() -> None:
    """Who asks while a read is under way is not given what that read will bring."""
    value, reading, gate = 1, asyncio.Event(), asyncio.Event()

    async def work(asked: Sequence[int]) -> list[int]:
        read = value
        reading.set()
        await gate.wait()
        return [read for _ in asked]

    together = Together(FAR, work, at_once=1)
    first = asyncio.ensure_future(together.do(0))
    await reading.wait()
    value = 2
    second = asyncio.ensure_future(together.do(0))
    await asyncio.sleep(0)
    gate.set()
    assert (await first, await second) == (1, 2)


async def test_rows_of_each_organization_are_read_for_it_alone() -> None:
    """The same number in two organizations is two rows; a number is read once for everybody."""
    asked: list[tuple[str, list[int]]] = []

    async def find(_reads: Reads, org_id: str, wanted: Sequence[int]) -> dict[int, str]:
        asked.append((org_id, list(wanted)))
        return {number: f"{org_id}{number}" for number in wanted if number < 9}

    together = rows_together(FAR, find)
    keys = [("a", 1), ("b", 1), ("a", 1), ("b", 9)]
    found = await asyncio.gather(*(together.do(key) for key in keys))
    assert found == ["a1", "b1", "a1", None]
    assert asked == [("a", [1]), ("b", [1, 9])]


def test_a_statement_is_filled_up_with_the_last_number() -> None:
    """Few sizes stand for all, so that each statement stays prepared."""
    assert numbers([7]) == (1, {"among_0": 7})
    size, given = numbers([5, 6])
    assert (size, list(given.values())) == (4, [5, 6, 6, 6])


async def test_a_statement_for_each_row_keeps_all_or_none(db: Database) -> None:
    """One row that cannot be kept takes the others of its unit with it."""
    await db.run_each(ADD, [row(1), row(2)])
    for bad in (row(2), row(4) | {"counter": 1 << 70}):
        with pytest.raises(DatabaseError):
            await db.run_each(ADD, [row(3), bad])
    assert await db.all(IDS, org_id=ORG) == [(1,), (2,)]
