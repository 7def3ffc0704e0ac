"""Bringing a database to the schema of this version, however many processes start at once."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from doorward.db.errors import Unavailable
from doorward.db.opening import is_postgres, sqlite_path
from doorward.db.revision import SchemaStatus, in_fresh_loop, status

__all__ = ["SchemaStatus", "alembic_config", "status", "upgrade"]

T = TypeVar("T")
_LOCK = 4_014_207_881
"""The advisory lock that only migrations take."""


def upgrade(url: str, revision: str = "head") -> None:
    """Migrate the database at ``url`` to ``revision``; creates a missing SQLite file.

    Processes that start together wait for the first one. Raises ``Unavailable``.
    """

    def apply(connection: Connection) -> None:
        if is_postgres(url):
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        connection.commit()

    if is_postgres(url):
        _connected(url, apply)
        return
    path = sqlite_path(url)
    path.parent.mkdir(parents=True, exist_ok=True)
    with _file_lock(path.with_name(path.name + ".migrating")):
        _connected(url, apply)
    path.chmod(0o600)


def alembic_config() -> Config:
    """Alembic's configuration: where the migrations are, and nothing else."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    return config


def _connected(url: str, work: Callable[[Connection], T]) -> T:
    try:
        if is_postgres(url):
            return in_fresh_loop(_on_postgres(url, work))
        with _sqlite_engine(sqlite_path(url)).connect() as connection:
            return work(connection)
    except (SQLAlchemyError, CommandError, OSError) as error:
        raise Unavailable(str(error)) from error


def _sqlite_engine(path: Path) -> Engine:
    engine = create_engine(URL.create("sqlite", database=str(path)), poolclass=NullPool)

    # Left alone, the driver begins only before rows change: a migration that stops half-way would
    # leave its tables behind, and could never run again.
    def manual(connection: DBAPIConnection, _record: object) -> None:
        connection.isolation_level = None

    def begun(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    event.listen(engine, "connect", manual)
    event.listen(engine, "begin", begun)
    return engine


async def _on_postgres(url: str, work: Callable[[Connection], T]) -> T:
    # It needs greenlet, which comes with the extra `postgres`.
    from sqlalchemy.ext.asyncio import create_async_engine  # noqa: PLC0415

    from doorward.db.postgres_connecting import Connector  # noqa: PLC0415 - asyncpg is optional

    engine = create_async_engine(
        "postgresql+asyncpg://", async_creator=Connector(url).connect, poolclass=NullPool
    )
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(work)
    finally:
        await engine.dispose()


@contextmanager
def _file_lock(path: Path) -> Iterator[None]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
