"""Expired rows leave in small batches, the oldest first: no lock is held for long."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from sqlalchemy import BigInteger, Column, ColumnElement, Table, bindparam, delete, select, true

from doorward.db.database import Database
from doorward.db.ids import oldest_id_at
from doorward.db.statements import Statement, statement

__all__ = ["expire_indexed_statement", "expire_statement", "sweep"]

_BATCH = 200


def expire_statement(table: Table) -> Statement:
    """Delete a batch of the oldest rows of ``table`` whose ``expires_at`` has passed.

    ``table`` is keyed by a time-ordered ``id`` and its rows live about equally long: the batch is
    a range at its front. It works across organizations on purpose, since the rows of all of them
    expire in one order.
    """
    return _batch(table, table.c.id < bindparam("before_id", type_=BigInteger), table.c.id)


def expire_indexed_statement(table: Table) -> Statement:
    """The same for rows that live long or unequally: it needs an index on ``expires_at``."""
    return _batch(table, true(), table.c.expires_at)


def _batch(table: Table, within: ColumnElement[bool], order: Column[int]) -> Statement:
    chosen = (
        select(table.c.id)
        .where(within, table.c.expires_at < bindparam("before", type_=BigInteger))
        .order_by(order)
        .limit(bindparam("batch", type_=BigInteger))
    )
    return statement(delete(table).where(table.c.id.in_(chosen)))


async def sweep(db: Database, statements: Iterable[Statement], *, before: int) -> int:
    """Delete everything that expired before ``before`` (microseconds); how many rows."""
    removed = 0
    for expire in statements:
        while True:
            gone = await db.run(expire, before_id=oldest_id_at(before), before=before, batch=_BATCH)
            removed += gone
            if gone < _BATCH:
                break
            await asyncio.sleep(0)
    return removed
