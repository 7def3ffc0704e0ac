"""Tokens by the hundred thousand: most of them over, some alive, in the order of time."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg

from doorward.db import SECOND, oldest_id_at

__all__ = ["TABLES", "fill_postgresql", "fill_sqlite"]

_DAY = 86_400 * SECOND
_HOUR = 3600 * SECOND
_ACCESS = (
    "org_id", "id", "digest", "client_id", "account_id", "family_id", "scope", "audience",
    "issued_at", "expires_at", "revoked_at",
)  # fmt: skip
_REFRESH = (
    "org_id", "id", "digest", "family_id", "expires_at", "rotated_at", "successor_id", "successor",
)  # fmt: skip
_FAMILY = (
    "org_id", "id", "client_id", "account_id", "session_id", "consent_id", "scope", "resources",
    "auth_at", "created_at", "expires_at", "revoked_at", "revoked_reason", "methods",
)  # fmt: skip
TABLES = {"access_tokens": _ACCESS, "refresh_tokens": _REFRESH, "token_families": _FAMILY}
_SHARES = {"access_tokens": 80, "refresh_tokens": 10, "token_families": 10}
"""In a hundred of all rows that are over."""
_AT_ONCE = 10_000


def _row(table: str, moment: int, ends_at: int) -> tuple[Any, ...]:
    row_id, org_id = oldest_id_at(moment), f"bench{moment % 5}"
    if table == "access_tokens":
        return (
            org_id, row_id, os.urandom(32), "bench-client", None, None, "openid profile", "",
            moment, ends_at, None,
        )  # fmt: skip
    if table == "refresh_tokens":
        return (org_id, row_id, os.urandom(32), row_id, ends_at, None, None, None)
    consent_id = int.from_bytes(os.urandom(7), "big")
    return (
        org_id, row_id, "bench-client", 1001, row_id, consent_id, "openid profile", "[]", moment,
        moment, ends_at, None, None, "[]",
    )  # fmt: skip


def _rows(table: str, many: int, *, now: int) -> Iterator[tuple[Any, ...]]:
    """So ``many`` that are over, a hundredth among them that is not, and a quarter as many alive.

    Nobody's place is that of its neighbours in the indexes that are not by time.
    """
    step = _HOUR * 20 // max(many, 1) or 1
    for number in range(many):
        moment = now - 4 * _DAY + number * step
        yield _row(table, moment, moment + _HOUR)
        if number % 100 == 0:
            yield _row(table, moment + 1, now + 30 * _DAY)
    for number in range(many // 4):
        moment = now - _HOUR + number
        yield _row(table, moment, moment + _DAY)


def _batches(table: str, rows: int) -> Iterator[list[tuple[Any, ...]]]:
    batch = list[tuple[Any, ...]]()
    for row in _rows(table, rows * _SHARES[table] // 100, now=time.time_ns() // 1000):
        batch.append(row)
        if len(batch) >= _AT_ONCE:
            yield batch
            batch = []
    yield batch


def fill_sqlite(path: Path, rows: int) -> None:
    """Fill the tables of tokens in the file ``path`` with ``rows`` that are over."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous = OFF")
    for table, columns in TABLES.items():
        insert = f"INSERT INTO {table} VALUES ({','.join('?' * len(columns))})"  # noqa: S608
        insert = insert.replace(" VALUES", f" ({', '.join(columns)}) VALUES")
        for batch in _batches(table, rows):
            connection.execute("BEGIN")
            connection.executemany(insert, batch)
            connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


async def fill_postgresql(url: str, rows: int) -> None:
    """The same in the database at ``url``."""
    connection = await asyncpg.connect(url)
    for table, columns in TABLES.items():
        for batch in _batches(table, rows):
            await connection.copy_records_to_table(table, records=batch, columns=columns)
    await connection.execute("VACUUM ANALYZE")
    await connection.close()
