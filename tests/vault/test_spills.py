"""A renewed credential outlives a database that cannot be written."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeVar

import pytest
from sqlalchemy import text

from doorward.audit import SYSTEM
from doorward.crypto import KeyRing, Secret
from doorward.db import Database, DatabaseError, Transaction, Unavailable
from doorward.db import statement as build
from doorward.vault import Connections
from tests.support.clock import ManualClock
from tests.support.randomness import SeededRandom
from tests.vault.conftest import Bench, make_vault
from tests.vault.samples import ORG, grant, new_connection

pytestmark = pytest.mark.anyio

T = TypeVar("T")
_WAITING = build(text("SELECT kind, detail FROM vault_outbox"))


class Failing:
    """The database, of which units fail while ``broken`` says so of the statements in them."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self.broken: Callable[[str], bool] = lambda _: False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._db, name)

    async def unit(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        broken = self.broken

        class Watched:
            def __init__(self, tx: Transaction) -> None:
                self._tx = tx
                self.one, self.all = tx.one, tx.all

            async def run(self, statement: Any, /, **params: Any) -> int:
                if broken(statement.for_sqlite()[0]):
                    raise Unavailable("the disk is full")
                return await self._tx.run(statement, **params)

        async def watched(tx: Transaction) -> T:
            return await work(Watched(tx))

        return await self._db.unit(watched)


@pytest.fixture
async def failing(bench: Bench) -> AsyncIterator[tuple[Bench, Failing]]:
    """The bench over a database that can be broken."""
    db = Failing(bench.db)
    bench.vault = make_vault(
        db,
        bench.clock,
        bench.platform,
        bench.planner,
        bench.spill_folder,
    )
    yield bench, db
    await bench.vault.refresher.close()


def writes_connections(sql: str) -> bool:
    """Whether it is the statement that writes renewed tokens down."""
    return sql.startswith("UPDATE connections") and "new_sealed" in sql


async def test_a_write_that_fails_is_tried_again(failing: tuple[Bench, Failing]) -> None:
    """A moment's trouble is not noticed by anybody."""
    bench, db = failing
    row = await bench.connect()
    bench.clock.advance(seconds=3600)
    left = [3]

    def broken(sql: str) -> bool:
        left[0] -= writes_connections(sql)
        return writes_connections(sql) and left[0] >= 0

    db.broken = broken
    assert (await bench.get(row)).tokens.access == Secret("access-2")
    assert bench.platform.asked == ["refresh-1"]


async def test_what_cannot_be_written_waits_in_the_outbox(
    failing: tuple[Bench, Failing],
) -> None:
    """Nobody is given what is not kept; the next one finds it, without a second renewal."""
    bench, db = failing
    row = await bench.connect()
    bench.clock.advance(seconds=3600)
    db.broken = writes_connections
    with pytest.raises(DatabaseError):
        await bench.get(row)
    ((kind, detail),) = await bench.db.all(_WAITING)
    assert kind == "spill"
    assert "access-2" not in detail
    db.broken = lambda _: False
    bench.clock.advance(seconds=46)
    assert (await bench.another().refresher.get_token(ORG, row.connection_id)).tokens.access == (
        Secret("access-2")
    )
    assert bench.platform.asked == ["refresh-1"]
    assert await bench.db.all(_WAITING) == []


async def test_without_a_database_it_waits_in_a_sealed_file(
    failing: tuple[Bench, Failing],
) -> None:
    """Which only its owner reads, and which the next start writes."""
    bench, db = failing
    row = await bench.connect()
    bench.clock.advance(seconds=3600)
    db.broken = lambda sql: writes_connections(sql) or "vault_outbox" in sql
    with pytest.raises(DatabaseError):
        await bench.get(row)
    (path,) = bench.spill_folder.iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
    assert bench.spill_folder.stat().st_mode & 0o777 == 0o700
    body = path.read_bytes()
    for secret in (b"access-2", b"refresh-2", b"river", b"Riverbend"):
        assert secret not in body
    db.broken = lambda _: False
    assert await bench.another().worker.look_after() == 1
    assert list(bench.spill_folder.iterdir()) == []
    read = await bench.read(row)
    assert bench.vault.connections.open(read).tokens.refresh == Secret("refresh-2")
    assert bench.platform.asked == ["refresh-1"]


async def test_a_file_is_not_written_over_what_came_later(
    failing: tuple[Bench, Failing],
) -> None:
    """The person has connected anew meanwhile."""
    bench, db = failing
    row = await bench.connect()
    bench.clock.advance(seconds=3600)
    db.broken = lambda sql: writes_connections(sql) or "vault_outbox" in sql
    with pytest.raises(DatabaseError):
        await bench.get(row)
    db.broken = lambda _: False
    await bench.vault.connections.connect(new_connection(grant=grant(9)), SYSTEM)
    await bench.vault.worker.look_after()
    assert list(bench.spill_folder.iterdir()) == []
    read = await bench.read(row)
    assert bench.vault.connections.open(read).tokens.access == Secret("access-9")


async def test_a_file_of_somebody_else_is_left_where_it_is(bench: Bench) -> None:
    """Damaged, renamed, or sealed under another key: it is told and not believed."""
    await bench.connect()
    bench.spill_folder.mkdir()
    (bench.spill_folder / "forged.spill").write_bytes(b"\x01" + bytes(80))
    foreign = KeyRing((Secret(SeededRandom(9)(32)),))
    (bench.spill_folder / "foreign.spill").write_bytes(foreign.seal(b"x", about=b""))
    await bench.vault.worker.look_after()
    assert len(list(bench.spill_folder.iterdir())) == 2


async def test_a_commit_whose_answer_was_lost_is_recognized(
    bench: Bench, clock: ManualClock
) -> None:
    """The write is there: it is neither doubled nor taken for somebody else's."""
    row = await bench.connect()
    clock.advance(seconds=3600)
    written = bench.vault.worker._renewal._writing
    real = written._write
    once = [True]

    async def lost(*args: Any, **kwargs: Any) -> bool:
        done = await real(*args, **kwargs)
        if once:
            once.clear()
            raise Unavailable("the connection was lost")
        return done

    written._write = lost  # type: ignore[method-assign] # the moment of the loss
    held = await bench.get(row)
    assert held.connection.token_version == 2
    assert (await bench.actions()).count("connection.refreshed") == 1
    opened = Connections(db=bench.db, clock=clock, ring=bench.vault.connections._sealer.ring)
    assert opened.open(await opened.get(ORG, row.connection_id)).tokens == held.tokens
