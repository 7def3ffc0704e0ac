"""What an import is: its state, its counts, its rows and those that were refused."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import msgspec

from doorward.audit import Actor, ActorKind
from doorward.db import SECOND, Row

__all__ = [
    "MAX_FILE_BYTES",
    "MAX_ROWS",
    "Chunk",
    "Column",
    "FileRow",
    "Import",
    "ImportState",
    "RefusedRow",
    "RowFault",
    "clip_file_name",
    "pack_rows",
    "render_refused_row",
]

MAX_ROWS = 100_000
"""Rows of one file."""

MAX_FILE_BYTES = 50 * 1024 * 1024
"""Bytes of one file."""

KEPT = 30 * 86_400 * SECOND
"""How long an import, its rows and its refusals are kept after their last change."""

_FILE_NAME = 120
_KEPT_CELL = 500


class ImportState(StrEnum):
    """Where an import stands. Only ``RECEIVING`` is never shown: its file is still being read."""

    RECEIVING = "receiving"
    WAITING = "waiting"
    RUNNING = "running"
    STOPPED = "stopped"
    DONE = "done"
    FAILED = "failed"


class RowFault(StrEnum):
    """Why one row did not become an account."""

    NO_LOGIN = "no_login"
    TOO_MANY_CELLS = "too_many_cells"
    BAD_USERNAME = "bad_username"
    BAD_EMAIL = "bad_email"
    BAD_NAME = "bad_name"
    BAD_LOCALE = "bad_locale"
    BAD_ACCOUNT_ID = "bad_account_id"
    BAD_TYPE = "bad_type"
    BAD_VALUE = "bad_value"
    USERNAME_TAKEN = "username_taken"
    EMAIL_TAKEN = "email_taken"
    ACCOUNT_ID_TAKEN = "account_id_taken"


class Column(msgspec.Struct, frozen=True, array_like=True):
    """A column of the file by its own ``header``, and the ``field`` that it fills, or None."""

    header: str
    field: str | None


class FileRow(msgspec.Struct, frozen=True, array_like=True):
    """A row as it waits: its line in the file and its cells."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows of an import, made into accounts in one unit of work."""

    number: int
    rows: tuple[FileRow, ...]

    @classmethod
    def from_row(cls, row: Row) -> Chunk:
        """Read ``number`` and ``rows``."""
        return cls(row[0], msgspec.json.decode(row[1], type=tuple[FileRow, ...]))


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that did not become an account: its text, and why."""

    refusal_id: int
    line: int
    fault: RowFault
    cells: tuple[str, ...]

    @classmethod
    def from_row(cls, row: Row) -> RefusedRow:
        """Read the columns ``store.REFUSAL_COLUMNS`` in their order."""
        cells = msgspec.json.decode(row[3], type=tuple[str, ...])
        return cls(row[0], row[1], RowFault(row[2]), cells)


@dataclass(frozen=True, slots=True)
class Import:
    """One file and what became of its rows. Times are microseconds."""

    org_id: str
    import_id: int
    actor_kind: ActorKind
    actor_id: str
    file_name: str
    columns: tuple[Column, ...]
    state: ImportState
    total: int
    done: int
    created: int
    refused: int
    created_at: int
    changed_at: int
    finished_at: int | None

    @property
    def is_under_way(self) -> bool:
        """Whether a worker has or will have it in hand."""
        return self.state in {ImportState.WAITING, ImportState.RUNNING}

    @property
    def ignored(self) -> tuple[str, ...]:
        """The headers of columns that fill nothing."""
        return tuple(each.header for each in self.columns if each.field is None and each.header)

    @property
    def headers(self) -> tuple[str, ...]:
        """The file's own header."""
        return tuple(each.header for each in self.columns)

    @property
    def actor(self) -> Actor:
        """Who began it, as the author of its accounts."""
        return Actor(kind=self.actor_kind, id=self.actor_id)

    @classmethod
    def from_row(cls, row: Row) -> Import:
        """Read the columns ``store.IMPORT_COLUMNS`` in their order."""
        return cls(
            org_id=row[0],
            import_id=row[1],
            actor_kind=row[2],
            actor_id=row[3],
            file_name=row[4],
            columns=msgspec.json.decode(row[5], type=tuple[Column, ...]),
            state=ImportState(row[6]),
            total=row[7],
            done=row[8],
            created=row[9],
            refused=row[10],
            created_at=row[11],
            changed_at=row[12],
            finished_at=row[13],
        )


def clip_file_name(name: str) -> str:
    """A file's name as it may be shown: its last part, printable, and not too long."""
    last = name.replace("\\", "/").rpartition("/")[2]
    shown = "".join(c if c.isprintable() else " " for c in last).strip()
    return shown[-_FILE_NAME:] or "file.csv"


def pack_rows(rows: list[FileRow]) -> str:
    """Rows as the text of one chunk."""
    return msgspec.json.encode(rows).decode()


def pack_cells(cells: tuple[str, ...]) -> str:
    """The cells of a refused row, each cut to what a person needs to find and mend it."""
    return msgspec.json.encode([cell[:_KEPT_CELL] for cell in cells]).decode()


def render_refused_row(row: RefusedRow, reason: str) -> list[str]:
    """Cells of a line for a spreadsheet: the line, the reason, and the row's own text.

    The apostrophe that stands in front of what a spreadsheet would take for a formula is taken
    off when the file is imported again.
    """
    return [str(row.line), reason, *row.cells]
