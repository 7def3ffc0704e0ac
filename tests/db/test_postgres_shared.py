"""Going together changes nothing for anybody but the time that it takes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from doorward.db import (
    Conflict,
    Database,
    Statement,
    Unavailable,
    Unrepresentable,
    open_database,
)
from doorward.db.postgres import PostgresDatabase
from doorward.db.postgres_shared import shared_insert, shared_read
from doorward.tokens import store
from tests.db.scratch import ADD, FIND, FIND_BY_NAME, INCREMENT, ORG, PUT, count, row
from tests.support.clock import ManualClock

pytestmark = pytest.mark.anyio


@pytest.fixture
def engine() -> str:
    return "postgresql"


@pytest.fixture
async def server(database_url: str, clock: ManualClock) -> AsyncIterator[PostgresDatabase]:
    """A database with two connections: who comes then has to wait for others."""
    database: Database = await open_database(database_url, clock=clock, pool_size=2)
    assert isinstance(database, PostgresDatabase)
    yield database
    await database.close()


@pytest.mark.parametrize("statement", [FIND, FIND_BY_NAME, store.FIND_ACCESS, store.FIND_REFRESH])
def test_a_read_by_keys_can_be_shared(statement: Statement) -> None:
    assert shared_read(statement.for_postgres()[0])


@pytest.mark.parametrize(
    "text",
    [
        "SELECT a FROM t WHERE b = $1::BIGINT LIMIT 1",
        "SELECT a FROM t WHERE b = $1::BIGINT FOR UPDATE",
        "SELECT a FROM t WHERE b = $1",
        "SELECT a FROM t",
        "SELECT a FROM t WHERE b = $2::BIGINT",
        "SELECT a FROM t WHERE b = $1::VARCHAR(5)",
        "UPDATE t SET a = $1::BIGINT RETURNING a",
    ],
)
def test_what_locks_writes_or_says_no_types_goes_alone(text: str) -> None:
    assert shared_read(text) is None


@pytest.mark.parametrize("statement", [ADD, store.INSERT_ACCESS])
def test_a_plain_insert_can_be_shared(statement: Statement) -> None:
    assert shared_insert(statement.for_postgres()[0])


@pytest.mark.parametrize(
    "text",
    [
        PUT.for_postgres()[0],
        INCREMENT.for_postgres()[0],
        "INSERT INTO t (a) VALUES ($1::BIGINT) RETURNING a",
        "INSERT INTO t (a, b) VALUES ($1::BIGINT, $1::BIGINT)",
        "INSERT INTO t (a) VALUES (lower($1::VARCHAR))",
        "INSERT INTO t (a) VALUES ($1::BIGINT + 1)",
    ],
)
def test_an_insert_that_computes_decides_or_answers_goes_alone(text: str) -> None:
    assert shared_insert(text) is None


async def test_inserts_of_one_moment_share_statements_and_are_all_there(
    server: PostgresDatabase,
) -> None:
    before = server.statements_run
    answers = await asyncio.gather(
        *(server.run(ADD, **row(number, note=None, body=b"\0x")) for number in range(100))
    )
    assert answers == [1] * 100
    assert server.statements_run - before <= 10
    assert await count(server) == 100
    assert await server.one(FIND, org_id=ORG, id=7) == await find_alone(server, 7)


async def find_alone(server: PostgresDatabase, number: int) -> Any:
    return (await server.all(FIND, org_id=ORG, id=number))[0]


async def test_one_bad_row_fails_alone(server: PostgresDatabase) -> None:
    """A row that is there already, one that cannot be stored at all, and two of one key."""
    await server.run(ADD, **row(5))
    rows: list[dict[str, Any]] = [row(number) for number in range(10)]
    rows += [row(100, name="with\0nul"), row(1 << 70), row(11), row(11, name="another")]
    answers = await asyncio.gather(
        *(server.run(ADD, **each) for each in rows), return_exceptions=True
    )
    assert isinstance(answers.pop(5), Conflict)
    assert answers[:9] == [1] * 9
    assert [type(each) for each in answers[9:11]] == [Unrepresentable, Unrepresentable]
    kinds = sorted(type(each).__name__ for each in answers[11:])
    assert kinds == ["Conflict", "int"]
    assert await count(server) == 11


async def test_reads_of_one_moment_share_statements_and_each_gets_its_own_row(
    server: PostgresDatabase,
) -> None:
    """Also who asks for what is not there, and who asks for the same."""
    await server.run_each(ADD, [row(number) for number in range(50)])
    wanted = [*range(50), 7, 999, 7]
    before = server.statements_run
    found = await asyncio.gather(*(server.one(FIND, org_id=ORG, id=each) for each in wanted))
    assert server.statements_run - before <= 4
    assert [None if each is None else each[1] for each in found] == [*range(50), 7, None, 7]
    assert found[3] == await find_alone(server, 3)


async def test_one_bad_question_is_refused_alone(server: PostgresDatabase) -> None:
    await server.run(ADD, **row(1))
    names = [row(1)["name"], "with\0nul", row(1)["name"]]
    answers = await asyncio.gather(
        *(server.one(FIND_BY_NAME, org_id=ORG, name=name) for name in names),
        return_exceptions=True,
    )
    assert answers[0] == answers[2]
    assert answers[0] is not None
    assert isinstance(answers[1], Unrepresentable)


async def test_nobody_inserts_again_when_nobody_knows_what_became_of_it(
    server: PostgresDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection is lost after the commit, before its answer: all are told, none is doubled."""
    plain = asyncpg.Connection.execute
    lost: list[str] = []

    async def unlucky(self: asyncpg.Connection, text: str, *arguments: Any) -> Any:
        answer = await plain(self, text, *arguments)
        if text.startswith("INSERT"):
            lost.append(text)
            raise asyncpg.ConnectionDoesNotExistError("lost")
        return answer

    monkeypatch.setattr(asyncpg.Connection, "execute", unlucky)
    answers = await asyncio.gather(
        *(server.run(ADD, **row(number)) for number in range(20)), return_exceptions=True
    )
    assert all(isinstance(each, Unavailable) for each in answers)
    assert len(lost) == 1
    assert await count(server) == 20


async def test_who_goes_away_takes_nobody_along(server: PostgresDatabase) -> None:
    tasks = [asyncio.ensure_future(server.run(ADD, **row(number))) for number in range(20)]
    await asyncio.sleep(0)
    for each in tasks[::2]:
        each.cancel()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert answers[1::2] == [1] * 10


async def test_a_read_sees_what_was_acknowledged_before_it_was_asked_for(
    server: PostgresDatabase,
) -> None:
    """However many others are under way."""

    async def write_then_read(number: int) -> None:
        await server.run(ADD, **row(number))
        assert await server.one(FIND, org_id=ORG, id=number) is not None

    await asyncio.gather(*map(write_then_read, range(200)))
    assert await count(server) == 200
