"""The one row of the installation: process numbers, version of caches, and who keeps house."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Table, Text, bindparam, func, select, update

from doorward.db.statements import metadata, statement

__all__ = ["BUMP_CACHES", "NOTIFY_CACHES", "READ_CACHE_VERSION", "TAKE_NODE", "installation"]

installation = Table(
    "installation",
    metadata,
    Column("one", BigInteger, primary_key=True, autoincrement=False),
    Column("next_node", BigInteger, nullable=False),
    Column("cache_version", BigInteger, nullable=False),
    Column("keeper", BigInteger),
    Column("kept_until", BigInteger),
    sqlite_with_rowid=False,
)

TAKE_NODE = statement(
    update(installation)
    .where(installation.c.one == 1)
    .values(next_node=installation.c.next_node + 1)
    .returning(installation.c.next_node)
)
BUMP_CACHES = statement(
    update(installation)
    .where(installation.c.one == 1)
    .values(cache_version=installation.c.cache_version + 1)
)
READ_CACHE_VERSION = statement(select(installation.c.cache_version).where(installation.c.one == 1))
NOTIFY_CACHES = statement(
    select(func.pg_notify("doorward_caches", bindparam("process", type_=Text)))
)
