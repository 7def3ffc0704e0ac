"""Whether requests should be sent here: `/readyz` says what is wrong, and no more."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from doorward.app.readiness import Readiness, Standing
from doorward.config import Settings
from doorward.crypto import KeyRing, Secret
from doorward.db import Database, DatabaseError, Unavailable, open_database, words_for
from doorward.http import Call
from doorward.vault import MasterKeys
from tests.support.clock import ManualClock
from tests.support.databases import SqliteTemplate
from tests.support.world import World, make_services

pytestmark = pytest.mark.anyio

FINE = {
    "ready": True,
    "database": "ok",
    "schema": "ok",
    "master_keys": "ok",
    "server": "ok",
}


async def ask(readiness: Readiness) -> tuple[int, dict[str, Any]]:
    """Status and document."""
    reply = await readiness.answer(Call({}, b""))
    return reply.status, msgspec.json.decode(reply.body)


@pytest.fixture
async def own(
    sqlite_template: SqliteTemplate, tmp_path: Path, clock: ManualClock
) -> AsyncIterator[tuple[Database, Path]]:
    """A database that a test may spoil."""
    file = sqlite_template.copy_to(tmp_path / "d.sqlite")
    db = await open_database(file, clock=clock)
    yield db, tmp_path / "d.sqlite"
    await db.close()


async def test_it_is_ready_on_either_database_and_leaves_no_trace(world: World) -> None:
    """Asked often, it looks once a second; a server that is about to end says so at once."""
    standing = Standing()
    readiness = Readiness(world.services, standing)
    assert await ask(readiness) == (200, FINE)
    counted = world.services.db.statements_run
    for _ in range(50):
        assert (await ask(readiness))[0] == 200
    assert world.services.db.statements_run == counted
    standing.is_leaving = True
    assert await ask(readiness) == (
        503,
        {**FINE, "ready": False, "server": "is about to end"},
    )


async def test_a_database_that_cannot_be_written_is_named(
    own: tuple[Database, Path], clock: ManualClock
) -> None:
    """A full disk and a read-only file look fine to whoever only reads."""
    db, _ = own
    db._writer.raw.execute("PRAGMA query_only = ON")  # type: ignore[attr-defined]
    status, found = await ask(Readiness(make_services(db, clock), Standing()))
    assert (status, found["database"]) == (503, "can only be read")


async def test_tables_of_another_version_are_named(
    own: tuple[Database, Path], clock: ManualClock
) -> None:
    """Whoever migrates meanwhile has this process taken out first."""
    db, file = own
    with closing(sqlite3.connect(file)) as raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
        raw.commit()
    status, found = await ask(Readiness(make_services(db, clock), Standing()))
    assert (status, found["schema"]) == (503, "is another version's")


async def test_master_keys_that_are_missing_are_named(
    own: tuple[Database, Path], clock: ManualClock, tmp_path: Path
) -> None:
    """The file that cannot be read, and the key under which something is sealed."""
    db, _ = own
    use = make_services(db, clock)
    await use.master_keys.verify()
    lost = Settings(master_key_file=tmp_path / "gone.keys")
    status, found = await ask(Readiness(replace(use, settings=lost), Standing()))
    assert (status, found["master_keys"]) == (503, "cannot be read")
    other = MasterKeys(db=db, clock=clock, ring=KeyRing((Secret(bytes(range(7, 39))),)))
    status, found = await ask(Readiness(replace(use, master_keys=other), Standing()))
    assert status == 503
    assert found["master_keys"] == "one is missing under which something is sealed"


async def test_a_database_that_is_gone_is_never_ready(
    own: tuple[Database, Path], clock: ManualClock
) -> None:
    """And nothing of it is shown."""
    db, file = own
    readiness = Readiness(make_services(db, clock), Standing())
    await db.close()
    status, found = await ask(readiness)
    assert status == 503
    assert found["database"] == "does not answer"
    assert str(file) not in str(found)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("database or disk is full", "has no room left"),
        ("could not extend file: No space left on device", "has no room left"),
        ("attempt to write a readonly database", "can only be read"),
        ("cannot execute INSERT in a read-only transaction", "can only be read"),
        ("database is locked", "is held by another program"),
        ("connect to 10.1.2.3 as doorward: password secret", "does not answer"),
    ],
)
def test_what_an_engine_says_is_told_in_our_words(said: str, told: str) -> None:
    """Its own may hold addresses and names."""
    error: DatabaseError = Unavailable(said)
    assert words_for(error) == told
