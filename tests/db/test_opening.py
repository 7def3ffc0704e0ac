"""Addresses and files that can, and cannot, be opened as a database."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from doorward.db import Unavailable, open_database
from doorward.db.opening import sqlite_path
from tests.db.scratch import add

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["sqlite"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def test_a_missing_file_is_unavailable_and_not_created(tmp_path: Path) -> None:
    for path in (tmp_path / "missing.sqlite", tmp_path / "no folder" / "missing.sqlite"):
        with pytest.raises(Unavailable):
            await open_database(f"sqlite:///{path}")
        assert not path.exists()


async def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_bytes(b"Dear reader, " * 1000)
    with pytest.raises(Unavailable):
        await open_database(f"sqlite:///{path}")


async def test_a_database_without_schema_is_unavailable(tmp_path: Path) -> None:
    path = tmp_path / "empty.sqlite"
    sqlite3.connect(path).close()
    path.touch()
    with pytest.raises(Unavailable):
        await open_database(f"sqlite:///{path}")


@pytest.mark.parametrize("name", ["a b.sqlite", "per%20cent.sqlite", "q?x=1.sqlite", "h#x.sqlite"])
async def test_any_file_name_will_do(tmp_path: Path, database_url: str, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(sqlite_path(database_url).read_bytes())
    database = await open_database(f"sqlite:///{path}")
    await add(database, 1)
    await database.close()
    assert {each.name for each in tmp_path.iterdir()} >= {name}


@pytest.mark.parametrize("url", ["mysql://localhost/x", "sqlite://", "sqlite:///", "redis:///x"])
async def test_an_address_of_something_else_is_refused(url: str) -> None:
    with pytest.raises(Unavailable):
        await open_database(url)
