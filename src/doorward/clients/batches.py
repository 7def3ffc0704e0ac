"""Many small rows, written a batch at a time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from doorward.db import Database, Transaction

__all__ = ["keep_in_batches"]

T = TypeVar("T")
_BATCH = 100


async def keep_in_batches(
    db: Database, rows: list[T], keep: Callable[[Transaction, list[T]], Awaitable[None]]
) -> None:
    """Let ``keep`` write ``rows``, a batch in a unit. What is kept leaves the list.

    Raises ``DatabaseError``; the list holds what is still to be kept.
    """
    while rows:
        batch = rows[:_BATCH]

        async def work(tx: Transaction, batch: list[T] = batch) -> None:
            await keep(tx, batch)

        await db.unit(work)
        del rows[: len(batch)]
