"""Units of work and single statements: what both engines promise."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar

import pytest

from doorward.db import Conflict, Database, Row, Transaction
from tests.db.scratch import (
    ADD,
    CHANGE_NOTE,
    CLAIM,
    COUNT,
    FIND,
    IDS,
    INCREMENT,
    ORG,
    PUT,
    PUT_IF_ABSENT,
    READ_INCREMENT,
    REMOVE,
    add,
    count,
    row,
)

pytestmark = pytest.mark.anyio


class OnPurpose(Exception):
    """Raised by a unit that wants to be undone."""


async def test_a_unit_keeps_everything_it_did(db: Database) -> None:
    async def work(tx: Transaction) -> int:
        await tx.run(ADD, **row(1))
        return await tx.run(ADD, **row(2))

    assert await db.unit(work) == 1
    assert await db.all(IDS, org_id=ORG) == [(1,), (2,)]


async def test_a_unit_that_raises_keeps_nothing(db: Database) -> None:
    async def work(tx: Transaction) -> None:
        await tx.run(ADD, **row(1))
        raise OnPurpose

    with pytest.raises(OnPurpose):
        await db.unit(work)
    assert await count(db) == 0


async def test_a_unit_sees_its_own_changes_and_nobody_else_does(db: Database) -> None:
    seen: list[Row | None] = []

    async def work(tx: Transaction) -> None:
        await tx.run(ADD, **row(1))
        seen.append(await tx.one(COUNT, org_id=ORG))
        assert await tx.all(IDS, org_id=ORG) == [(1,)]
        raise OnPurpose

    with pytest.raises(OnPurpose):
        await db.unit(work)
    assert seen == [(1,)]
    assert await count(db) == 0


async def test_neighbours_of_a_unit_that_raises_are_kept(db: Database) -> None:
    """Forty units start in one turn of the loop; every third raises after it has written."""

    async def attempt(number: int) -> int:
        async def work(tx: Transaction) -> int:
            await tx.run(ADD, **row(number))
            if number % 3 == 0:
                raise OnPurpose
            await tx.run(CHANGE_NOTE, org_id=ORG, id=number, new_note="kept")
            return number

        return await db.unit(work)

    answers = await asyncio.gather(*map(attempt, range(1, 41)), return_exceptions=True)
    kept = [number for number in range(1, 41) if number % 3]
    assert [each for each in answers if isinstance(each, int)] == kept
    assert all(isinstance(each, int | OnPurpose) for each in answers)
    assert await db.all(IDS, org_id=ORG) == [(number,) for number in kept]


async def test_neighbours_of_a_conflict_are_kept(db: Database) -> None:
    """Twenty statements want one name: one gets it, and rows with other names do not notice."""
    wanted = [db.run(ADD, **row(number, name="one name")) for number in range(1, 21)]
    others = [db.run(ADD, **row(number)) for number in range(101, 121)]
    answers = await asyncio.gather(*wanted, *others, return_exceptions=True)
    assert answers[:20].count(1) == 1
    assert sum(isinstance(each, Conflict) for each in answers[:20]) == 19
    assert answers[20:] == [1] * 20
    assert await count(db) == 21


async def test_a_conflict_is_raised_inside_and_outside_the_unit(db: Database) -> None:
    await add(db, 1, name="taken")
    inside: list[type[BaseException]] = []

    async def work(tx: Transaction) -> None:
        await tx.run(ADD, **row(2))
        try:
            await tx.run(ADD, **row(3, name="taken"))
        except Conflict as error:
            inside.append(type(error))
            raise

    with pytest.raises(Conflict):
        await db.unit(work)
    assert inside == [Conflict]
    assert await count(db) == 1


async def test_a_unit_may_turn_a_conflict_into_its_own_refusal(db: Database) -> None:
    await add(db, 1, name="taken")

    async def work(tx: Transaction) -> None:
        try:
            await tx.run(ADD, **row(2, name="taken"))
        except Conflict as error:
            raise OnPurpose from error

    with pytest.raises(OnPurpose):
        await db.unit(work)


async def test_a_unit_that_swallows_a_conflict_is_undone_and_says_so(db: Database) -> None:
    """PostgreSQL would answer its COMMIT with a silent rollback."""
    await add(db, 1, name="taken")

    async def work(tx: Transaction) -> str:
        await tx.run(ADD, **row(2))
        with pytest.raises(Conflict):
            await tx.run(ADD, **row(3, name="taken"))
        return "done"

    with pytest.raises(Conflict):
        await db.unit(work)
    assert await db.all(IDS, org_id=ORG) == [(1,)]


async def test_nothing_runs_in_a_unit_after_a_refusal(db: Database) -> None:
    await add(db, 1)

    async def work(tx: Transaction) -> None:
        with pytest.raises(Conflict):
            await tx.run(ADD, **row(1))
        await tx.run(ADD, **row(2))

    with pytest.raises(Conflict):
        await db.unit(work)
    assert await db.all(IDS, org_id=ORG) == [(1,)]


async def test_a_transaction_is_of_no_use_after_its_unit(db: Database) -> None:
    kept: list[Transaction] = []

    async def work(tx: Transaction) -> None:
        kept.append(tx)

    await db.unit(work)
    with pytest.raises(RuntimeError):
        await kept[0].run(ADD, **row(1))
    assert await count(db) == 0


async def test_run_counts_changed_rows(db: Database) -> None:
    assert await db.run(ADD, **row(1)) == 1
    assert await db.run(INCREMENT, org_id=ORG, id=1) == 1
    assert await db.run(INCREMENT, org_id=ORG, id=2) == 0
    assert await db.run(PUT_IF_ABSENT, org_id=ORG, id=2, name="row 1", counter=0) == 0
    assert await db.run(REMOVE, org_id=ORG, id=1) == 1
    assert await db.run(REMOVE, org_id=ORG, id=1) == 0


async def test_run_counts_changed_rows_inside_a_unit(db: Database) -> None:
    async def work(tx: Transaction) -> list[int]:
        return [
            await tx.run(ADD, **row(1)),
            await tx.run(INCREMENT, org_id=ORG, id=1),
            await tx.run(INCREMENT, org_id=ORG, id=2),
            await tx.run(REMOVE, org_id=ORG, id=1),
        ]

    assert await db.unit(work) == [1, 1, 0, 1]


async def test_an_upsert_inserts_and_then_changes_what_it_names(db: Database) -> None:
    await db.run(PUT, **row(1, note="first", body=b"first"))
    await db.run(PUT, **row(1, note="second", body=b"second", counter=5))
    assert await db.one(FIND, org_id=ORG, id=1) == (ORG, 1, "row 1", "second", b"first", None, 5)


async def test_single_use_has_one_winner_among_fifty(db: Database) -> None:
    await add(db, 1)
    claims = [db.write_one(CLAIM, org_id=ORG, id=1, winner=number) for number in range(50)]
    answers = await asyncio.gather(*claims)
    winners = [answer for answer in answers if answer is not None]
    assert len(winners) == 1
    found = await db.one(FIND, org_id=ORG, id=1)
    assert found is not None
    assert (found[5],) == winners[0]


async def test_single_use_inside_units_has_one_winner_among_fifty(db: Database) -> None:
    await add(db, 1)

    async def attempt(number: int) -> bool:
        async def work(tx: Transaction) -> bool:
            won = await tx.one(CLAIM, org_id=ORG, id=1, winner=number)
            if won is not None:
                await tx.run(ADD, **row(1000 + number))
            return won is not None

        return await db.unit(work)

    answers = await asyncio.gather(*map(attempt, range(50)))
    assert sum(answers) == 1
    assert await count(db) == 2


async def test_a_counter_loses_no_increment(db: Database) -> None:
    await add(db, 1)
    answers = await asyncio.gather(
        *(db.write_one(READ_INCREMENT, org_id=ORG, id=1) for _ in range(50))
    )
    assert sorted(answer[0] for answer in answers if answer) == list(range(1, 51))


async def test_write_one_answers_none_when_no_row_changed(db: Database) -> None:
    assert await db.write_one(CLAIM, org_id=ORG, id=1, winner=1) is None


async def test_scan_reads_what_is_committed(db: Database) -> None:
    for number in range(1, 301):
        await add(db, number)
    assert await db.scan(IDS, org_id=ORG) == [(number,) for number in range(1, 301)]
    await add(db, 301)
    assert len(await db.scan(IDS, org_id=ORG)) == 301


async def test_scans_and_reads_run_beside_writes(db: Database) -> None:
    async def write() -> None:
        for number in range(1, 101):
            await add(db, number)

    async def read() -> list[int]:
        sizes = []
        for _ in range(20):
            sizes += [await count(db), len(await db.scan(IDS, org_id=ORG))]
        return sizes

    _, sizes = await asyncio.gather(write(), read())
    assert sizes == sorted(sizes)
    assert await count(db) == 100


async def test_what_was_answered_is_seen_by_the_next_read(db: Database) -> None:
    for number in range(1, 51):
        await add(db, number)
        assert await count(db) == number


async def test_a_unit_sees_the_context_of_its_caller(db: Database) -> None:
    request: ContextVar[str] = ContextVar("request", default="nobody")

    async def caller(name: str) -> str:
        request.set(name)

        async def work(tx: Transaction) -> str:
            await tx.one(COUNT, org_id=ORG)
            return request.get()

        return await db.unit(work)

    names = [f"request {number}" for number in range(10)]
    assert await asyncio.gather(*map(caller, names)) == names


async def test_a_cancelled_caller_leaves_the_database_in_order(db: Database) -> None:
    """Callers go away at every moment; each unit is kept whole or not at all."""

    async def attempt(number: int) -> None:
        async def work(tx: Transaction) -> None:
            await tx.run(ADD, **row(number * 2))
            await tx.run(ADD, **row(number * 2 + 1))

        await db.unit(work)

    for turns in range(12):
        tasks = [asyncio.ensure_future(attempt(turns * 10 + each)) for each in range(10)]
        for _ in range(turns):
            await asyncio.sleep(0)
        for task in tasks[::2]:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert all(not task.cancelled() for task in tasks[1::2])
    await asyncio.gather(*(add(db, 10_000 + each) for each in range(20)))
    ids = {found[0] for found in await db.all(IDS, org_id=ORG)}
    assert all((number ^ 1) in ids for number in ids)


async def test_statements_are_counted(db: Database) -> None:
    before = db.statements_run
    await add(db, 1)
    await count(db)

    async def work(tx: Transaction) -> None:
        await tx.run(INCREMENT, org_id=ORG, id=1)
        await tx.one(FIND, org_id=ORG, id=1)

    await db.unit(work)
    assert db.statements_run - before == 4


async def test_ping_answers(db: Database) -> None:
    await db.ping()
