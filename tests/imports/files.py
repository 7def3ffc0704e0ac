"""CSV files for tests, and what became of them."""

from __future__ import annotations

from io import BytesIO

from sqlalchemy import func, select

from doorward.db import Database, metadata, statement

__all__ = ["count_rows", "csv_file", "people"]


async def count_rows(db: Database, table: str) -> int:
    """How many rows ``table`` has, of whatever organization."""
    row = await db.one(statement(select(func.count()).select_from(metadata.tables[table])))
    assert row is not None
    return int(row[0])


def csv_file(text: str, encoding: str = "utf-8") -> BytesIO:
    """``text`` as it would be uploaded."""
    return BytesIO(text.encode(encoding))


def people(count: int, *, first: int = 1) -> BytesIO:
    """A file of ``count`` people who all can be imported."""
    rows = (f"person{n}@example.org,Person,Number {n}" for n in range(first, first + count))
    return csv_file("Email,First Name,Last Name\n" + "\n".join(rows) + "\n")
