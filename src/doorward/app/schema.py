"""The tables of a database: whether they are this version's, and making them so.

The migrations' library takes longer to load than everything else at the start, so that it is loaded
when somebody asks, and never by a server that runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module

__all__ = ["Schema", "schema_status", "upgrade_schema"]

_MIGRATIONS = "doorward.db.migrate"


@dataclass(frozen=True, slots=True)
class Schema:
    """The revision that a database has, and the one that this version wants."""

    current: str | None
    wanted: str | None

    @property
    def up_to_date(self) -> bool:
        """Whether nothing is left to do."""
        return self.current == self.wanted


def schema_status(url: str) -> Schema:
    """Compare the database at ``url`` with this version. Raises ``doorward.db.Unavailable``."""
    found = import_module(_MIGRATIONS).status(url)
    return Schema(current=found.current, wanted=found.wanted)


def upgrade_schema(url: str) -> None:
    """Migrate the database at ``url``; creates a missing SQLite file.

    Processes that start together wait for the first one. Raises ``doorward.db.Unavailable``.
    """
    import_module(_MIGRATIONS).upgrade(url)
