"""Which schema a database has, read without the migrations' library.

Every start asks; only a start that finds an old schema needs the library, which is large.
"""

from __future__ import annotations

import asyncio
import re
import sqlite3
from collections.abc import Coroutine
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import TypeVar

from doorward.db.errors import Unavailable
from doorward.db.opening import is_postgres, sqlite_path

__all__ = ["SchemaStatus", "in_fresh_loop", "newest_revision", "status"]

T = TypeVar("T")
_FILE = re.compile(r"(\d{4})_\w+\.py")
_QUERY = "SELECT version_num FROM alembic_version"


@dataclass(frozen=True)
class SchemaStatus:
    """Which revision a database is at, and which this version wants."""

    current: str | None
    wanted: str | None

    @property
    def up_to_date(self) -> bool:
        """Whether nothing is left to do."""
        return self.current == self.wanted


def newest_revision() -> str | None:
    """The revision that this version wants: migrations are numbered in their file names."""
    versions = Path(__file__).with_name("migrations") / "versions"
    found = [match[1] for each in versions.iterdir() if (match := _FILE.fullmatch(each.name))]
    return max(found, default=None)


def status(url: str) -> SchemaStatus:
    """Compare the database at ``url`` with this version. Raises ``Unavailable``."""
    if is_postgres(url):
        current = in_fresh_loop(_read_postgres(url))
    else:
        current = _read_sqlite(sqlite_path(url))
    return SchemaStatus(current=current, wanted=newest_revision())


def in_fresh_loop(work: Coroutine[None, None, T]) -> T:
    """Run ``work`` on a loop of its own thread, so that it can be called inside a running loop."""
    answers: list[T] = []
    failures: list[BaseException] = []

    def run() -> None:
        try:
            answers.append(asyncio.run(work))
        except BaseException as error:  # noqa: BLE001 - raised again by the caller's thread
            failures.append(error)

    thread = Thread(target=run, name="doorward-schema")
    thread.start()
    thread.join()
    if failures:
        raise failures[0]
    return answers[0]


def _read_sqlite(path: Path) -> str | None:
    if not path.exists():
        return None
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as raw:
            row = raw.execute(_QUERY).fetchone()
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):
            return None
        raise Unavailable(str(error)) from error
    except sqlite3.DatabaseError as error:
        raise Unavailable(str(error)) from error
    return None if row is None else str(row[0])


async def _read_postgres(url: str) -> str | None:
    import asyncpg  # noqa: PLC0415 - only where PostgreSQL is used

    from doorward.db.postgres_connecting import Connector  # noqa: PLC0415 - likewise

    try:
        connection = await Connector(url).connect()
        try:
            found = await connection.fetchval(_QUERY)
        finally:
            await connection.close()
    except asyncpg.UndefinedTableError:
        return None
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, ValueError) as error:
        raise Unavailable(str(error)) from error
    return None if found is None else str(found)
