"""The migration of API access: who held keys goes on to, and the way back loses none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Connection, text

from doorward.db.migrate import _connected, alembic_config, upgrade
from tests.support.databases import PostgresServer

_KEY = text(
    "INSERT INTO api_keys (org_id, key_id, account_id, label, last4, created_at, revoked_at,"
    " digest) VALUES (:org, :key, :account, 'x', 'abcd', :at, :revoked, :digest)"
)
KEYS = (
    ("river", 1, 7, 100, None),
    ("river", 2, 7, 90, None),
    ("river", 3, 8, 100, 200),
    ("lake", 4, 8, 110, None),
)


@pytest.fixture
def second_url(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of the second version with four keys."""
    if engine == "sqlite":
        url = f"sqlite:///{tmp_path / 'doorward.sqlite'}"
        upgrade(url, "0002")
        yield url
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    name = f"second_{next(server.numbers)}"
    server.server.psql(f"CREATE DATABASE {name} TEMPLATE template0;")
    upgrade(server.url(name), "0002")
    yield server.url(name)
    server.drop_database(name)


def rows(url: str, query: str) -> list[tuple[object, ...]]:
    def read(connection: Connection) -> list[tuple[object, ...]]:
        return [tuple(row) for row in connection.execute(text(query))]

    return _connected(url, read)


def test_who_holds_a_key_has_access_since_the_first_one(second_url: str) -> None:
    """Whose keys are all revoked has none; a downgrade leaves the keys as they were."""

    def fill(connection: Connection) -> None:
        for org, key, account, at, revoked in KEYS:
            values = {"org": org, "key": key, "account": account, "at": at, "revoked": revoked}
            connection.execute(_KEY, {**values, "digest": b"digest"})
        connection.commit()

    _connected(second_url, fill)
    before = rows(second_url, "SELECT * FROM api_keys ORDER BY key_id")
    upgrade(second_url, "0003")
    access = "SELECT org_id, account_id, switched_on_at FROM api_access ORDER BY org_id"
    assert rows(second_url, access) == [("lake", 8, 110), ("river", 7, 90)]
    added = "SELECT networks, replaced_by, last_used_from FROM api_keys"
    assert rows(second_url, added) == [(None, None, None)] * len(KEYS)

    def undo(connection: Connection) -> None:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.downgrade(config, "0002")
        connection.commit()

    _connected(second_url, undo)
    assert rows(second_url, "SELECT * FROM api_keys ORDER BY key_id") == before
