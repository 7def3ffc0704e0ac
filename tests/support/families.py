"""Families as they stand in the database, without the flow that leads there."""

from __future__ import annotations

from doorward.db import Database
from doorward.tokens import Family, MintedAccess, MintedRefresh, store
from doorward.tokens.winning import access_row, family_row, refresh_row

__all__ = ["keep_family"]


async def keep_family(
    db: Database, family: Family, access: MintedAccess, refresh: MintedRefresh | None = None
) -> None:
    """Store ``family`` with its tokens."""
    await db.run(store.INSERT_FAMILY, **family_row(family))
    await db.run(store.INSERT_ACCESS, **access_row(family.org_id, access))
    if refresh is not None:
        await db.run(store.INSERT_REFRESH, **refresh_row(family.org_id, refresh))
