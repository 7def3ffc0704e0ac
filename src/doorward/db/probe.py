"""Whether a database takes what is written, and whose tables it has."""

from __future__ import annotations

import os
from typing import Final

from sqlalchemy import BigInteger, Column, MetaData, Table, Text, bindparam, delete, insert, select

from doorward.db.database import Database, Transaction
from doorward.db.errors import DatabaseError
from doorward.db.installation import installation
from doorward.db.statements import statement

__all__ = ["find_revision", "prove_writable", "words_for"]

_READ_REVISION: Final = statement(
    select(Table("alembic_version", MetaData(), Column("version_num", Text)).c.version_num)
)
_TRY: Final = statement(
    insert(installation).values(
        {name: bindparam(name) for name in ("one", "next_node", "cache_version")}
    )
)
_TAKE_BACK: Final = statement(
    delete(installation).where(installation.c.one == bindparam("place", type_=BigInteger))
)

_WORDS: Final = (
    ("readonly", "can only be read"),
    ("read-only", "can only be read"),
    ("full", "has no room left"),
    ("no space left", "has no room left"),
    ("locked", "is held by another program"),
)
"""What engines say, and what may be told to whoever asks."""


async def prove_writable(db: Database) -> None:
    """Commit something that leaves no trace. Raises ``DatabaseError``."""
    place = -os.getpid()

    async def work(tx: Transaction) -> None:
        await tx.run(_TAKE_BACK, place=place)
        await tx.run(_TRY, one=place, next_node=0, cache_version=0)
        await tx.run(_TAKE_BACK, place=place)

    await db.unit(work)


async def find_revision(db: Database) -> str | None:
    """The revision of the tables. Raises ``DatabaseError``."""
    row = await db.one(_READ_REVISION)
    return None if row is None else str(row[0])


def words_for(error: DatabaseError) -> str:
    """What ``error`` says about the database, without a name, an address or a value."""
    text = str(error).lower()
    return next((words for part, words in _WORDS if part in text), "does not answer")
