"""The table of what administrators set for clients of the platform, and its statements."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, PrimaryKeyConstraint, Table, Text, bindparam, select

from doorward.db import Reads, Transaction, metadata, statement, upsert

__all__ = ["app_connect_settings", "find_settings", "put_settings"]

app_connect_settings = Table(
    "app_connect_settings",
    metadata,
    Column("org_id", Text, nullable=False),
    Column("settings", Text, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("org_id"),
    sqlite_with_rowid=False,
)
"""One row for each organization that set anything."""

_c = app_connect_settings.c
_FIND = statement(select(_c.settings).where(_c.org_id == bindparam("org_id", type_=Text)))
_PUT = upsert(app_connect_settings, keys=("org_id",), change=("settings", "changed_at"))


async def find_settings(reads: Reads, org_id: str) -> str | None:
    """What the organization has set, as it was written."""
    row = await reads.one(_FIND, org_id=org_id)
    return None if row is None else str(row[0])


async def put_settings(tx: Transaction, org_id: str, settings: str, *, now: int) -> None:
    """Keep it in the place of what was there."""
    await tx.run(_PUT, org_id=org_id, settings=settings, changed_at=now)
