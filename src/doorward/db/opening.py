"""From an address to an open database."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from doorward.db.clock import Clock, system_clock
from doorward.db.database import Database
from doorward.db.errors import Unavailable

__all__ = ["PostgresOptions", "is_postgres", "open_database", "sqlite_path"]


def is_postgres(url: str) -> bool:
    """Whether ``url`` names a PostgreSQL database."""
    return url.partition("://")[0].partition("+")[0] in {"postgres", "postgresql"}


def sqlite_path(url: str) -> Path:
    """The file of ``url`` (``sqlite:///relative``, ``sqlite:////absolute``, or a plain path)."""
    if "://" not in url:
        return Path(url)
    scheme, _, rest = url.partition("://")
    if scheme.partition("+")[0] != "sqlite" or not rest.startswith("/") or rest == "/":
        raise Unavailable(f"not a database address that Doorward knows: {scheme}://…")
    return Path(rest[1:])


@dataclass(frozen=True)
class PostgresOptions:
    """What stands around a PostgreSQL database, beyond its address."""

    replicas: tuple[str, ...] = ()
    """Addresses of replicas, each read whenever it is as far as the primary."""
    direct_url: str | None = None
    """The database itself, where the address leads to a pooler in transaction mode."""
    prepares: bool = True
    """Whether statements stay prepared between two transactions of one connection."""


_PLAIN: Final = PostgresOptions()


async def open_database(
    url: str,
    *,
    clock: Clock = system_clock,
    pool_size: int = 10,
    options: PostgresOptions = _PLAIN,
) -> Database:
    """Open the database at ``url``, whose schema is up to date.

    ``pool_size`` is the number of PostgreSQL connections, to each replica too; SQLite ignores it
    and ``options``. Raises ``Unavailable`` when the database cannot be reached.
    """
    # Each driver is imported only where it is used: start-up time, and asyncpg is optional.
    if is_postgres(url):
        from doorward.db.postgres import open_postgres  # noqa: PLC0415

        return await open_postgres(url, clock=clock, pool_size=pool_size, options=options)
    from doorward.db.sqlite import SqliteDatabase  # noqa: PLC0415

    return SqliteDatabase(sqlite_path(url), clock=clock)
