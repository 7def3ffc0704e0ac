"""Migrations: from nothing, from several processes at once, and never half."""

from __future__ import annotations

import asyncio
import importlib
import pkgutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect, select, text

import doorward
from doorward.db import Unavailable, metadata, migrate, open_database
from doorward.db.installation import installation
from doorward.db.migrate import SchemaStatus, _connected, status, upgrade
from doorward.db.opening import sqlite_path
from tests.support.databases import PostgresServer

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def empty_url(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database in which nothing is yet; on SQLite not even a file."""
    if engine == "sqlite":
        yield f"sqlite:///{tmp_path / 'new' / 'doorward.sqlite'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    name = f"empty_{next(server.numbers)}"
    server.server.psql(f"CREATE DATABASE {name} TEMPLATE template0;")
    yield server.url(name)
    server.drop_database(name)


def table_names(url: str) -> set[str]:
    def read(connection: Connection) -> set[str]:
        return set(inspect(connection).get_table_names())

    return _connected(url, read)


def test_an_empty_database_becomes_up_to_date(empty_url: str) -> None:
    before = status(empty_url)
    assert before.current is None
    upgrade(empty_url)
    after = status(empty_url)
    assert after.up_to_date
    assert after.wanted == before.wanted
    upgrade(empty_url)
    assert status(empty_url) == after
    assert after.wanted is not None


def test_looking_at_the_status_creates_nothing(empty_url: str, engine: str) -> None:
    status(empty_url)
    if engine == "sqlite":
        assert not sqlite_path(empty_url).exists()
    else:
        assert table_names(empty_url) == set()


def test_several_processes_may_migrate_at_once(empty_url: str) -> None:
    program = "import sys; from doorward.db.migrate import upgrade; upgrade(sys.argv[1])"
    processes = [
        subprocess.Popen(
            (sys.executable, "-c", program, empty_url),
            cwd=ROOT,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for process in processes:
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
    assert status(empty_url).up_to_date


@pytest.mark.anyio
async def test_migrating_works_inside_a_running_loop(empty_url: str) -> None:
    await asyncio.to_thread(upgrade, empty_url)
    upgrade(empty_url)
    assert status(empty_url).up_to_date


def test_the_migrated_schema_is_the_one_that_the_code_describes(database_url: str) -> None:
    """Every room's tables are imported first: what migrations forgot shows as a difference."""
    for module in pkgutil.walk_packages(doorward.__path__, "doorward."):
        if module.name.endswith(".store"):
            importlib.import_module(module.name)

    def compare(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, metadata))

    differences = [each for each in _connected(database_url, compare) if "scratch" not in str(each)]
    assert differences == []


def test_a_migrated_database_holds_its_installation(empty_url: str) -> None:
    upgrade(empty_url)

    def read(connection: Connection) -> list[object]:
        return list(connection.execute(select(installation.c.one)).scalars())

    assert _connected(empty_url, read) == [1]


def test_a_migration_that_stops_half_way_leaves_nothing(empty_url: str) -> None:
    upgrade(empty_url)
    before = table_names(empty_url)

    def half(connection: Connection) -> None:
        connection.execute(text("CREATE TABLE first_half (a INTEGER)"))
        connection.execute(text("INSERT INTO first_half VALUES (1)"))
        connection.execute(text("CREATE TABLE second_half (a INTEGER)"))
        raise OSError("the machine was switched off")

    with pytest.raises(Unavailable):
        _connected(empty_url, half)
    assert table_names(empty_url) == before


def test_a_database_of_a_later_version_is_unavailable(empty_url: str) -> None:
    upgrade(empty_url)

    def pretend(connection: Connection) -> None:
        connection.execute(
            text("CREATE TABLE IF NOT EXISTS alembic_version (version_num VARCHAR(32))")
        )
        connection.execute(text("DELETE FROM alembic_version"))
        connection.execute(text("INSERT INTO alembic_version VALUES ('9999')"))
        connection.commit()

    _connected(empty_url, pretend)
    found = status(empty_url)
    assert found.current == "9999"
    assert not found.up_to_date
    with pytest.raises(Unavailable):
        upgrade(empty_url)


@pytest.mark.parametrize("engine", ["sqlite"])
def test_nobody_else_may_read_the_file(empty_url: str, engine: str) -> None:
    upgrade(empty_url)
    assert stat.S_IMODE(sqlite_path(empty_url).stat().st_mode) == 0o600


@pytest.mark.anyio
@pytest.mark.parametrize("engine", ["sqlite"])
async def test_nobody_else_may_read_the_log_of_writes(database_url: str, engine: str) -> None:
    sqlite_path(database_url).chmod(0o600)
    database = await open_database(database_url)
    path = sqlite_path(database_url)
    modes = {
        each.name: stat.S_IMODE(each.stat().st_mode) for each in path.parent.glob(f"{path.name}-*")
    }
    await database.close()
    assert modes
    assert set(modes.values()) == {0o600}


def test_a_server_that_is_not_there_is_unavailable() -> None:
    for act in (status, upgrade):
        with pytest.raises(Unavailable):
            act("postgresql://nobody@127.0.0.1:1/nothing")


def test_status_says_whether_anything_is_left_to_do() -> None:
    assert SchemaStatus(current="2", wanted="2").up_to_date
    assert not SchemaStatus(current="1", wanted="2").up_to_date
    assert not SchemaStatus(current=None, wanted="2").up_to_date


def test_the_lock_of_migrations_is_a_number_that_postgres_takes() -> None:
    assert 0 < migrate._LOCK < 2**63
