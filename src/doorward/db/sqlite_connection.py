"""One connection to a SQLite file: how it is opened, and how it speaks our statements."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, cast

from doorward.db.errors import Conflict, DatabaseError, Unavailable, Unrepresentable
from doorward.db.installation import TAKE_NODE
from doorward.db.statements import Row, Statement

__all__ = [
    "SqliteConnection",
    "StatementCount",
    "connect_sqlite",
    "take_node",
    "translating",
    "wait_for_lock",
]

_LOCK_WAIT_S = 10.0
_FIRST_PAUSE_S = 0.0005
"""About as long as another process holds the lock: looking more often costs more than it brings."""
_LONGEST_PAUSE_S = 0.002
_LONGEST_LOG: Final = 64 << 20
_FAULTS: Final = (sqlite3.Error, OverflowError, UnicodeEncodeError)


def connect_sqlite(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """Open ``path``, which exists, in WAL mode, durable on every commit (``synchronous=FULL``)."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=512,
        timeout=0,
    )
    connection.execute("PRAGMA busy_timeout = 5000")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    # What the log took while somebody read an old state for long is given back afterwards.
    connection.execute(f"PRAGMA journal_size_limit = {_LONGEST_LOG}")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA cache_size = -2000")
    connection.execute("PRAGMA temp_store = MEMORY")
    if read_only:
        # A reader waits only while another process mends the log after a crash.
        connection.execute("PRAGMA query_only = ON")
    else:
        # Whoever finds another process writing waits in a thread, not here on the loop.
        connection.execute("PRAGMA busy_timeout = 0")
    return connection


class StatementCount:
    """How many statements the connections of one database have executed."""

    __slots__ = ("statements",)

    def __init__(self) -> None:
        """Start at none."""
        self.statements = 0


class SqliteConnection:
    """One ``sqlite3`` connection that speaks ``Statement`` and our errors."""

    __slots__ = ("counter", "raw")

    def __init__(self, raw: sqlite3.Connection, counter: StatementCount) -> None:
        """Speak through ``raw``, and count in ``counter``."""
        self.raw = raw
        self.counter = counter

    def first(self, statement: Statement, params: dict[str, Any]) -> Row | None:
        """The first row, or None."""
        try:
            cursor = self._execute(statement, params)
            row = cast("Row | None", cursor.fetchone())
            # An unfinished cursor would hold the snapshot open, and later reads would see old rows.
            cursor.close()
        except _FAULTS as error:
            raise _translated(error) from error
        return row

    def rows(self, statement: Statement, params: dict[str, Any]) -> list[Row]:
        """Every row, in order."""
        try:
            return self._execute(statement, params).fetchall()
        except _FAULTS as error:
            raise _translated(error) from error

    def changed(self, statement: Statement, params: dict[str, Any]) -> int:
        """How many rows the statement changed."""
        try:
            return self._execute(statement, params).rowcount
        except _FAULTS as error:
            raise _translated(error) from error

    def control(self, text: str) -> None:
        """Execute a statement that opens, marks or ends a transaction."""
        try:
            self.raw.execute(text)
        except _FAULTS as error:
            raise _translated(error) from error

    def _execute(self, statement: Statement, params: dict[str, Any]) -> sqlite3.Cursor:
        text, fixed = statement.for_sqlite()
        if fixed:
            params = {**fixed, **params}
        self.counter.statements += 1
        return self.raw.execute(text, params)


def take_node(writer: SqliteConnection) -> int:
    """The number of this process among those that write. Raises ``Unavailable``."""
    wait_for_lock(writer.raw)
    row = writer.first(TAKE_NODE, {})
    writer.control("COMMIT")
    if row is None:
        raise Unavailable("the database holds no installation: run the migrations")
    return cast("int", row[0])


def wait_for_lock(raw: sqlite3.Connection) -> None:
    """Begin to write as soon as no other process does. Raises ``Unavailable`` after ten seconds."""
    deadline = time.monotonic() + _LOCK_WAIT_S
    pause = _FIRST_PAUSE_S
    while True:
        try:
            raw.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise Unavailable(str(error)) from error
            time.sleep(pause)
            pause = min(pause * 1.5, _LONGEST_PAUSE_S)
        else:
            return


@contextmanager
def translating() -> Iterator[None]:
    """Raise our errors where ``sqlite3`` raises its own."""
    try:
        yield
    except _FAULTS as error:
        raise _translated(error) from error


def _translated(error: Exception) -> DatabaseError:
    if isinstance(error, OverflowError | UnicodeEncodeError):
        return Unrepresentable(str(error))
    if isinstance(error, sqlite3.IntegrityError) and "UNIQUE" in str(error):
        return Conflict(str(error))
    # The base class itself stands for a damaged file, and for one that is no database.
    if isinstance(error, sqlite3.OperationalError) or type(error) is sqlite3.DatabaseError:
        return Unavailable(str(error))
    if "closed database" in str(error):
        return Unavailable(str(error))
    return DatabaseError(str(error))
