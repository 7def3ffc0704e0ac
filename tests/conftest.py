"""Fixtures that every room's tests share: databases, a clock that moves by hand, seeded bytes."""

from __future__ import annotations

import asyncio
import gc
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from doorward.db import Database, open_database
from tests.support.clock import ManualClock
from tests.support.databases import PostgresServer, SqliteTemplate
from tests.support.randomness import SeededRandom

pytest_plugins = ["tests.support.properties", "tests.support.spec", "tests.support.attacks"]


def pytest_collection_finish() -> None:
    """Search garbage without what lives as long as the run: modules, and thousands of tests."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Tests run on asyncio, as the server does."""
    return "asyncio"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A real PostgreSQL for the whole run, with one migrated template database."""
    # A folder of its own: pytest closes its own to other accounts, and PostgreSQL has one.
    with tempfile.TemporaryDirectory(prefix="doorward-postgres-") as folder:
        server = PostgresServer.start(Path(folder))
        yield server
        server.stop()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> SqliteTemplate:
    """A migrated SQLite file to copy."""
    return SqliteTemplate.create(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> str:
    """The name of each engine in turn."""
    return str(request.param)


@pytest.fixture
def database_url(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a fresh, migrated database of ``engine``."""
    if engine == "sqlite":
        template: SqliteTemplate = request.getfixturevalue("sqlite_template")
        yield template.copy_to(tmp_path / "doorward.sqlite")
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    name, url = server.create_database()
    yield url
    server.drop_database(name)


@pytest.fixture
def clock() -> ManualClock:
    """A clock that moves only when a test moves it."""
    return ManualClock()


@pytest.fixture
def random() -> SeededRandom:
    """Bytes that are the same in every run."""
    return SeededRandom(7)


@pytest.fixture
async def db(database_url: str, clock: ManualClock) -> AsyncIterator[Database]:
    """An open database on each engine."""
    database = await open_database(database_url, clock=clock, pool_size=8)
    yield database
    await asyncio.wait_for(database.close(), 10)
