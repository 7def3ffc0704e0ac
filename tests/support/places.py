"""Two server processes on one database of each engine, for the tests of a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.databases import PostgresServer, SqliteTemplate
from tests.support.servers import ServerProcess, start_server

__all__ = ["Place", "place"]


@dataclass(frozen=True)
class Place:
    """A database, where files may be put, and two servers on it."""

    url: str
    directory: Path
    servers: tuple[ServerProcess, ServerProcess]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def place(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Place]:
    """One database on each engine, served by two processes."""
    directory = tmp_path_factory.mktemp("place")
    if request.param == "sqlite":
        template: SqliteTemplate = request.getfixturevalue("sqlite_template")
        url = template.copy_to(directory / "doorward.sqlite")
    else:
        server: PostgresServer = request.getfixturevalue("postgres_server")
        _, url = server.create_database()
    first = start_server(url, directory)
    second = start_server(url, directory)
    yield Place(url, directory, (first, second))
    for each in (first, second):
        assert each.stop() == 0
        log = each.log.read_text()
        assert "Traceback" not in log, log
