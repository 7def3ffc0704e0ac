"""Scratch tables, and the statements that the conformance tests run on them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)

from doorward.db import Database, statement, upsert
from doorward.db.installation import installation
from doorward.db.migrate import _connected

__all__ = [
    "ADD",
    "CHANGE_NOTE",
    "CLAIM",
    "CLEAR_NOTE",
    "COUNT",
    "FIND",
    "FIND_BY_NAME",
    "IDS",
    "INCREMENT",
    "PUT",
    "PUT_IF_ABSENT",
    "READ_INCREMENT",
    "REMOVE",
    "add",
    "count",
    "prepare",
    "scratch",
]

ORG = "riverbend"
tables = MetaData()
scratch = Table(
    "scratch",
    tables,
    Column("org_id", Text, primary_key=True),
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("note", Text),
    Column("body", LargeBinary),
    Column("claimed_by", BigInteger),
    Column("counter", BigInteger, nullable=False),
    UniqueConstraint("org_id", "name"),
    sqlite_with_rowid=False,
)

ADD = statement(insert(scratch))
PUT = upsert(scratch, keys=("org_id", "id"), change=("name", "note", "counter"))
PUT_IF_ABSENT = statement(
    insert(scratch).from_select(
        ["org_id", "id", "name", "counter"],
        select(
            bindparam("org_id", type_=Text),
            bindparam("id", type_=BigInteger),
            bindparam("name", type_=Text),
            bindparam("counter", type_=BigInteger),
        ).where(~select(scratch.c.id).where(scratch.c.name == bindparam("name")).exists()),
    )
)
_here = (scratch.c.org_id == bindparam("org_id")) & (scratch.c.id == bindparam("id"))
FIND = statement(select(scratch).where(_here))
FIND_BY_NAME = statement(
    select(scratch.c.id).where(
        scratch.c.org_id == bindparam("org_id"), scratch.c.name == bindparam("name")
    )
)
IDS = statement(
    select(scratch.c.id).where(scratch.c.org_id == bindparam("org_id")).order_by(scratch.c.id)
)
COUNT = statement(
    select(func.count()).select_from(scratch).where(scratch.c.org_id == bindparam("org_id"))
)
CLAIM = statement(
    update(scratch)
    .where(_here, scratch.c.claimed_by.is_(None))
    .values(claimed_by=bindparam("winner"))
    .returning(scratch.c.claimed_by)
)
CHANGE_NOTE = statement(update(scratch).where(_here).values(note=bindparam("new_note")))
CLEAR_NOTE = statement(update(scratch).where(_here).values(note=None))
INCREMENT = statement(update(scratch).where(_here).values(counter=scratch.c.counter + 1))
READ_INCREMENT = statement(
    update(scratch).where(_here).values(counter=scratch.c.counter + 1).returning(scratch.c.counter)
)
REMOVE = statement(delete(scratch).where(_here))


def row(id: int, **changes: Any) -> dict[str, Any]:
    """The parameters of ``ADD``."""
    plain: dict[str, Any] = {
        "org_id": ORG,
        "id": id,
        "name": f"row {id}",
        "note": None,
        "body": None,
        "claimed_by": None,
        "counter": 0,
    }
    return plain | changes


async def add(db: Database, id: int, **changes: Any) -> int:
    """Add one row; answers its identifier."""
    await db.run(ADD, **row(id, **changes))
    return id


async def count(db: Database) -> int:
    """How many rows are committed."""
    found = await db.one(COUNT, org_id=ORG)
    assert found is not None
    return int(found[0])


def prepare(url: str) -> None:
    """Create the scratch tables, and the installation's row where no migration did."""

    def build(connection: Connection) -> None:
        tables.create_all(connection)
        installation.create(connection, checkfirst=True)
        if connection.execute(select(func.count()).select_from(installation)).scalar() == 0:
            connection.execute(insert(installation).values(one=1, next_node=0, cache_version=0))
        connection.commit()

    _connected(url, build)
