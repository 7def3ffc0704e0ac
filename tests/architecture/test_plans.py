"""How SQLite would go about each statement: nothing that a request needs reads a whole table."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
import sqlalchemy as sa

from doorward.db import metadata
from tests.architecture.kept_statements import every_statement

WHOLE = {
    "audit.store.links._WAITING": "the sealing worker asks which organizations have events",
    "brakes.store.OVERFLOW_AT": "housekeeping finds the place of the millionth counter",
    "db.probe._READ_REVISION": "one row",
    "vault.store.outbox._SPILLS": "a start looks for what was left behind",
    "vault.store.sealed._FIND_KEYS": "a row for each master key",
}
"""Statements that read a whole table, and why they may."""
SEALED = "vault.store.sealed.PLACES"
"""What is sealed under a master key that leaves is looked for in every table."""
FAR = ("tokens.store.at_once", "consents.store.USE_FOR_CODE")
"""Written for PostgreSQL alone, which plans them in tests/db/test_distribution.py."""


@pytest.fixture(scope="module")
def empty() -> Iterator[sqlite3.Connection]:
    """Every table, without a row."""
    every_statement()  # which brings every table into the metadata
    with closing(sqlite3.connect(":memory:")) as connection:
        engine = sa.create_engine("sqlite://", creator=lambda: connection, poolclass=sa.StaticPool)
        metadata.create_all(engine)
        connection.execute("CREATE TABLE alembic_version (version_num TEXT)")
        yield connection


def plan_of(connection: sqlite3.Connection, text: str) -> list[str]:
    values = dict.fromkeys(re.findall(r"(?<!:):(\w+)", text), 1)
    return [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {text}", values)]


def reads_too_much(connection: sqlite3.Connection, text: str) -> list[str]:
    """The steps that read a table through, or a join before it is known which rows are wanted."""
    tables = "|".join(metadata.tables)
    whole = re.compile(rf"SCAN ({tables}|alembic_version)\b|MATERIALIZE \(join")
    return [step for step in plan_of(connection, text) if whole.match(step)]


def test_no_statement_reads_a_whole_table_but_those_that_may(empty: sqlite3.Connection) -> None:
    """With ten million tokens and a million sessions, one that does is felt by everybody."""
    found = {}
    for name, statement in every_statement().items():
        text, _ = statement.for_sqlite()
        if not (name.startswith(FAR) or "pg_notify" in text) and (
            steps := reads_too_much(empty, text)
        ):
            found[name] = steps
    unexpected = {name: steps for name, steps in found.items() if not name.startswith(SEALED)}
    assert {name: unexpected[name] for name in unexpected.keys() - WHOLE.keys()} == {}
    assert unexpected.keys() >= WHOLE.keys(), "a reason for a statement that needs none"


def test_a_join_inside_an_outer_join_is_found(empty: sqlite3.Connection) -> None:
    """SQLite reads it as a whole, for every row that is wanted beside it."""
    text = (
        "SELECT 1 FROM browsers LEFT JOIN (sessions JOIN accounts"
        " ON accounts.org_id = sessions.org_id AND accounts.account_id = sessions.account_id)"
        " ON sessions.org_id = browsers.org_id AND sessions.browser_id = browsers.id"
        " WHERE browsers.org_id = :org_id AND browsers.id = :id"
    )
    assert reads_too_much(empty, text)
