"""Storage: SQLite and PostgreSQL behind one small interface, units of work, migrations.

It owns engines, SQL dialects, row identifiers and caches; it knows no table of any room but the
installation's own. Every room's ``store.py`` calls it; ``app`` opens and closes it.
"""

from __future__ import annotations

from doorward.db.caches import Cache, Memory, touch_caches
from doorward.db.clock import SECOND, Clock, system_clock
from doorward.db.database import Database, Reads, Transaction
from doorward.db.distribution import Placement, placements
from doorward.db.errors import (
    Conflict,
    DatabaseError,
    Overloaded,
    Unavailable,
    Unrepresentable,
)
from doorward.db.expiry import Expiry, Sweeper, expires_by_id, expires_by_time
from doorward.db.figures import BATCHES
from doorward.db.ids import NODES, RowIds, find_row_id, moment_of, oldest_id_at
from doorward.db.keeping import Keeper
from doorward.db.opening import PostgresOptions, open_database
from doorward.db.pace import Pace, run_in_batches
from doorward.db.probe import find_revision, prove_writable, words_for
from doorward.db.revision import SchemaStatus, newest_revision
from doorward.db.revision import status as schema_status
from doorward.db.statements import Row, Statement, metadata, statement, upsert
from doorward.db.together import SIZES, Together, among, numbers, rows_together

__all__ = [
    "BATCHES",
    "NODES",
    "SECOND",
    "SIZES",
    "Cache",
    "Clock",
    "Conflict",
    "Database",
    "DatabaseError",
    "Expiry",
    "Keeper",
    "Memory",
    "Overloaded",
    "Pace",
    "Placement",
    "PostgresOptions",
    "Reads",
    "Row",
    "RowIds",
    "SchemaStatus",
    "Statement",
    "Sweeper",
    "Together",
    "Transaction",
    "Unavailable",
    "Unrepresentable",
    "among",
    "expires_by_id",
    "expires_by_time",
    "find_revision",
    "find_row_id",
    "metadata",
    "moment_of",
    "newest_revision",
    "numbers",
    "oldest_id_at",
    "open_database",
    "placements",
    "prove_writable",
    "rows_together",
    "run_in_batches",
    "schema_status",
    "statement",
    "system_clock",
    "touch_caches",
    "upsert",
    "words_for",
]
