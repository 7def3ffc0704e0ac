"""What every engine counts alike."""

from __future__ import annotations

from typing import Final

from doorward.metrics import Family, Histogram, Kind

__all__ = ["BATCHES"]

BATCHES: Final = Histogram(
    Family(
        "doorward_db_batch_size",
        Kind.HISTOGRAM,
        "How many callers shared one commit (SQLite), or one way to the database (PostgreSQL).",
    ),
    (1, 2, 4, 8, 16, 32, 64, 128, 256),
)
