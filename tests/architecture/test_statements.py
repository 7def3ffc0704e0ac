"""Statements keep to one organization; all of them are read, and the rule can fail."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import (
    BigInteger,
    BindParameter,
    Column,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    bindparam,
    delete,
    exists,
    insert,
    select,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import insert as insert_on_postgres

from doorward.db import metadata
from tests.architecture.across import ACROSS, WITHOUT, crossing
from tests.architecture.kept_statements import SHAPES, every_statement, kept_by_name
from tests.architecture.statements import making
from tests.architecture.tenancy import ORG, faults_of
from tests.architecture.test_doors import plant
from tests.architecture.tree import ROOT


def expressions() -> Iterator[tuple[str, Any]]:
    """Every statement by name, once for each way in which engines write it."""
    for name, statement in every_statement().items():
        on_postgres = statement.expression("postgresql")
        yield name, on_postgres
        on_sqlite = statement.expression("sqlite")
        if on_sqlite is not on_postgres:
            yield name, on_sqlite


def test_every_statement_can_be_read() -> None:
    """Nothing makes a statement that the other tests do not see."""
    found = making(ROOT)
    assert found.faults == ()
    assert found.shapes == set(SHAPES)
    kept = "\n".join(["", *kept_by_name(), ""])
    assert [name for name in found.names if not re.search(rf"\n{name}[.\[\n]", kept)] == []
    assert len(every_statement()) > 600


def test_every_statement_keeps_to_one_organization() -> None:
    """It names the organization first, for every table; the exceptions are listed, and none more.

    An exception still never joins a row with another organization's.
    """
    faults, used = {}, set()
    for name, expression in expressions():
        pattern = crossing(name)
        found = faults_of(expression)
        if pattern is not None and found:
            used.add(pattern)
            found = faults_of(expression, across=True)
        if found:
            faults[name] = found
    assert faults == {}
    assert used == set(ACROSS)


def test_rows_are_locked_within_one_organization() -> None:
    """A sharding extension locks rows of one of its nodes only."""
    locking = {
        name
        for name, statement in every_statement().items()
        if crossing(name) is not None and "FOR UPDATE" in statement.for_postgres()[0]
    }
    assert locking == set()


KEYS = (PrimaryKeyConstraint, UniqueConstraint)


def unkeyed(table: Table) -> list[str]:
    """Why rows of ``table`` could not lie where their organization's do."""
    if ORG not in table.c:
        return [f"{table.name} has no {ORG}"]
    faults = [] if not table.c[ORG].nullable else [f"{table.name}: {ORG} may be empty"]
    unique = [each for each in table.constraints if isinstance(each, KEYS)]
    keys = [[column.name for column in key.columns] for key in unique]
    keys += [[column.name for column in index.columns] for index in table.indexes if index.unique]
    return faults + [f"{table.name}: {key} is unique anywhere" for key in keys if ORG not in key]


def test_every_key_holds_the_organization() -> None:
    """Every table but the installation's own has the column, in each of its keys.

    Two are looked up before the organization is known, by what must be unique in the installation.
    No table refers to another: what belongs together is deleted by whoever deletes.
    """
    every_statement()
    faults = {fault for table in metadata.sorted_tables for fault in unkeyed(table)}
    assert faults == {
        "api_sessions: ['digest'] is unique anywhere",
        "organization_hosts: ['host'] is unique anywhere",
        *(f"{name} has no {ORG}" for name in WITHOUT),
    }
    assert [table.name for table in metadata.sorted_tables if table.foreign_keys] == []


_schema = MetaData()
people = Table("people", _schema, Column("org_id", Text), Column("id", BigInteger))
notes = Table(
    "notes", _schema, Column("org_id", Text), Column("id", BigInteger), Column("of", BigInteger)
)
_p, _n = people.c, notes.c
_org: BindParameter[str] = bindparam("org_id")
_id: BindParameter[int] = bindparam("id")
_here = _p.org_id == _org
_theirs = _n.of == _p.id
_same = _n.org_id == _p.org_id
_some = select(_p.id).where(_here).limit(1)


@pytest.mark.parametrize(
    "expression",
    [
        select(_p.id).where(_here, _p.id == _id),
        select(_p.id).join_from(people, notes, _theirs & _same).where(_here),
        select(_p.id)
        .join_from(notes, people, _theirs & _same, isouter=True)
        .where(_n.org_id == _org),
        select(_p.id).where(_here, exists().where(_theirs, _same)),
        select(_p.id).where(_here, _p.id.in_(select(_n.of).where(_n.org_id == _org))),
        select(_some.subquery().c.id),
        select(union_all(_some, select(_n.of).where(_n.org_id == _org)).subquery().c.id),
        update(people).where(_here, _p.id.in_(select(_some.cte().c.id))).values(id=_id),
        delete(notes).where(_n.org_id == _org, _n.of.in_(_some)),
        insert(people),
        insert(people).values(org_id=_org, id=_id),
        insert(people).from_select(
            ["org_id", "id"], select(_n.org_id, _n.of).where(_n.org_id == _org)
        ),
        insert(people).from_select(["org_id", "id"], select(_org, _some.cte().c.id)),
        insert_on_postgres(people).on_conflict_do_update(
            index_elements=["org_id", "id"], set_={"id": _id}
        ),
    ],
)
def test_what_keeps_to_one_organization_is_let_through(expression: Any) -> None:
    """However it names it: for each table, by a join, in a subquery."""
    assert faults_of(expression) == []


_ANYWHERE = "of any organization"


@pytest.mark.parametrize(
    ("expression", "fault"),
    [
        (select(_p.id), _ANYWHERE),
        (select(_p.id).where(_p.id == _id), _ANYWHERE),
        (select(_p.id).where(_here | (_p.id == _id)), _ANYWHERE),
        (select(_p.id).where(_p.org_id != _org), _ANYWHERE),
        (
            select(_p.id).join_from(people, notes, _theirs).where(_here),
            f"notes is read {_ANYWHERE}",
        ),
        (
            select(_p.id).join_from(people, notes, _theirs & _same & _here, isouter=True),
            f"people is read {_ANYWHERE}",
        ),
        (select(_p.id).where(_here, exists().where(_theirs)), f"notes is read {_ANYWHERE}"),
        (select(_p.id).where(_here, _p.id.in_(select(_n.of))), f"notes is read {_ANYWHERE}"),
        (select(select(_p.id).subquery().c.id), _ANYWHERE),
        (select(union_all(_some, select(_n.of)).subquery().c.id), _ANYWHERE),
        (select(_p.id).where(_here).order_by(select(_n.id).scalar_subquery()), _ANYWHERE),
        (update(people).where(_p.id == _id).values(id=_id), _ANYWHERE),
        (update(people).where(_p.id.in_(select(_some.cte().c.id))).values(id=_id), _ANYWHERE),
        (update(people).where(_here, _theirs).values(id=_n.of), f"notes is read {_ANYWHERE}"),
        (update(people).where(_here).values(id=select(_n.of).scalar_subquery()), _ANYWHERE),
        (update(people).where(_here).values(org_id="b"), "handed to another"),
        (delete(people).where(_p.id.in_(_some)), _ANYWHERE),
        (insert(people).values(id=_id), "written without org_id"),
        (insert(people).from_select(["org_id"], select(_n.org_id)), "written without org_id"),
        (
            insert(people).from_select(["org_id"], select(bindparam("other"))),
            "written without org_id",
        ),
        (
            insert_on_postgres(people).on_conflict_do_update(
                index_elements=["id"], set_={"id": _id}
            ),
            _ANYWHERE,
        ),
        (
            insert_on_postgres(people).on_conflict_do_update(
                index_elements=["org_id", "id"], set_={"org_id": _org}
            ),
            "handed to another",
        ),
        (select(_p.id).where(_p.id == _id, _here), "not what it asks for first"),
        (
            select(_p.id).where(_here, exists().where(_n.org_id == bindparam("other"))),
            "several organizations",
        ),
    ],
)
def test_what_does_not_is_found(expression: Any, fault: str) -> None:
    """Each way of reaching another organization's rows is told."""
    assert any(fault in found for found in faults_of(expression)), faults_of(expression)


def test_what_goes_across_still_meets_no_other_organization() -> None:
    """A statement for all organizations joins rows of the same one."""
    together = select(_p.org_id).join_from(people, notes, _theirs & _same)
    assert faults_of(together, across=True) == []
    apart = select(_p.org_id).join_from(people, notes, _theirs)
    assert faults_of(apart, across=True) == ["notes is read of any organization"]


MAKING = "from doorward.db import statement\n"


@pytest.mark.parametrize(
    ("file", "line", "fault"),
    [
        ("orgs/service.py", "FIND = statement(x)", "is called outside of a store"),
        ("orgs/store.py", "async def find():\n    statement(x)", "is called while"),
        ("orgs/store.py", "FIND = list(map(statement, [x]))", "is handed on"),
        ("orgs/store.py", "print(statement(x))", "makes what no name keeps"),
        (
            "orgs/store.py",
            "def _make():\n    return statement(x)\nasync def find():\n    _make()",
            "is called while",
        ),
    ],
)
def test_a_statement_that_nobody_reads_is_found(
    tmp_path: Path, file: str, line: str, fault: str
) -> None:
    """A statement is kept by a name or by its shape, or the tests say where it is made."""
    found = making(plant(tmp_path, {**DOOR_OF_DB, file: MAKING + line}))
    assert len(found.faults) == 1
    assert found.faults[0].startswith(f"src/doorward/{file}:")
    assert fault in found.faults[0]


def test_what_is_made_by_shape_is_known_by_its_function(tmp_path: Path) -> None:
    """A function with a cache is one whose shapes the tests must draw."""
    text = f"from functools import cache\n{MAKING}@cache\ndef find(n):\n    return statement(n)\n"
    found = making(plant(tmp_path, {**DOOR_OF_DB, "orgs/store.py": text}))
    assert found.shapes == {"orgs.store.find"}
    assert found.faults == ()


DOOR_OF_DB = {
    "db/__init__.py": "from doorward.db.statements import statement\n",
    "db/statements.py": (
        "class Statement:\n    pass\n\ndef statement(x):\n    return Statement(x)\n"
    ),
}
