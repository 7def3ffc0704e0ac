"""Values: what is kept exactly, what cannot be kept, and what refusals do not show."""

from __future__ import annotations

import asyncio

import pytest

from doorward.db import Conflict, Database, DatabaseError, Transaction, Unrepresentable
from tests.db.scratch import (
    ADD,
    CHANGE_NOTE,
    CLEAR_NOTE,
    FIND,
    FIND_BY_NAME,
    IDS,
    ORG,
    add,
    row,
)

pytestmark = pytest.mark.anyio


async def test_a_conflict_does_not_show_the_row(db: Database) -> None:
    await add(db, 1, name="private@example.org")
    with pytest.raises(Conflict) as refused:
        await add(db, 2, name="private@example.org")
    assert "private" not in str(refused.value)


async def test_other_broken_rules_are_no_conflict(db: Database) -> None:
    with pytest.raises(DatabaseError) as refused:
        await db.run(ADD, **row(1, name=None, note="private"))
    assert not isinstance(refused.value, Conflict)
    assert "private" not in str(refused.value)


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 2**200])
async def test_an_integer_beyond_64_bits_is_unrepresentable(db: Database, number: int) -> None:
    with pytest.raises(Unrepresentable):
        await db.run(ADD, **row(1, counter=number))
    with pytest.raises(Unrepresentable):
        await db.one(FIND, org_id=ORG, id=number)
    await add(db, 1)


@pytest.mark.parametrize("number", [2**63 - 1, -(2**63), 0])
async def test_every_64_bit_integer_is_kept(db: Database, number: int) -> None:
    await add(db, 1, counter=number)
    found = await db.one(FIND, org_id=ORG, id=1)
    assert found is not None
    assert found[-1] == number


async def test_a_lone_surrogate_is_unrepresentable(db: Database) -> None:
    with pytest.raises(Unrepresentable):
        await add(db, 1, name="\ud800")
    with pytest.raises(Unrepresentable):
        await db.one(FIND_BY_NAME, org_id=ORG, name="\ud800")
    await add(db, 1)


async def test_a_nul_is_kept_whole_or_refused(db: Database, engine: str) -> None:
    """PostgreSQL cannot keep one; SQLite can. Nobody may cut the text short."""
    if engine == "postgresql":
        with pytest.raises(Unrepresentable):
            await add(db, 1, name="a\x00b")
        with pytest.raises(Unrepresentable):
            await db.one(FIND_BY_NAME, org_id=ORG, name="a\x00b")
        return
    await add(db, 1, name="a\x00b")
    assert await db.one(FIND_BY_NAME, org_id=ORG, name="a") is None
    assert await db.one(FIND_BY_NAME, org_id=ORG, name="a\x00b") == (1,)


async def test_an_unrepresentable_value_ends_its_unit_only(db: Database) -> None:
    async def broken(tx: Transaction) -> None:
        await tx.run(ADD, **row(1))
        await tx.run(ADD, **row(2, counter=2**63))

    answers = await asyncio.gather(db.unit(broken), add(db, 3), return_exceptions=True)
    assert isinstance(answers[0], Unrepresentable)
    assert await db.all(IDS, org_id=ORG) == [(3,)]


async def test_text_and_bytes_come_back_as_they_went_in(db: Database) -> None:
    name, body = "名前 – \u202e 🚪 é", bytes(range(256))
    await add(db, 1, name=name, body=body, note="")
    found = await db.one(FIND, org_id=ORG, id=1)
    assert found == (ORG, 1, name, "", body, None, 0)
    assert type(found) is tuple
    assert type(found[4]) is bytes


async def test_a_missing_parameter_is_refused_and_never_taken_for_null(db: Database) -> None:
    await add(db, 1)
    with pytest.raises(DatabaseError):
        await db.run(CHANGE_NOTE, org_id=ORG, id=1)
    with pytest.raises(DatabaseError):
        await db.one(FIND, org_id=ORG)


async def test_a_null_that_the_statement_fixes_is_written(db: Database) -> None:
    await add(db, 1, note="something")
    assert await db.run(CLEAR_NOTE, org_id=ORG, id=1) == 1
    found = await db.one(FIND, org_id=ORG, id=1)
    assert found is not None
    assert found[3] is None
