"""The second migration on a database in which people are already kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Connection, text

from doorward.accounts import Accounts, PageWanted
from doorward.accounts.model import AccountKind
from doorward.db import open_database
from doorward.db.migrate import _connected, alembic_config, status, upgrade
from tests.support.databases import PostgresServer
from tests.support.factories import make_accounts

PERSON = AccountKind.CONSTITUENT
_INSERT = text(
    "INSERT INTO accounts (org_id, account_id, kind, username, email_verified, given_name,"
    " family_name, status, permissions, created_at, updated_at, username_key)"
    " VALUES (:org, :id, 'constituent', :name, 0, :given, :family, 'active', '[]', 1, 1, :name)"
)


@pytest.fixture
def first_url(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of the first version with 2500 people in one organization and one in another."""
    server: PostgresServer | None = None
    name = ""
    if engine == "sqlite":
        url = f"sqlite:///{tmp_path / 'doorward.sqlite'}"
    else:
        server = request.getfixturevalue("postgres_server")
        assert server is not None
        name = f"first_{next(server.numbers)}"
        server.server.psql(f"CREATE DATABASE {name} TEMPLATE template0;")
        url = server.url(name)
    upgrade(url, "0001")
    people = [
        {"org": "river", "id": n, "name": f"u{n}", "given": "Ａnna" if n % 2 else None}
        for n in range(1, 2501)
    ]
    people.append({"org": "lake", "id": 1 << 52, "name": "bo", "given": "Bo"})

    def fill(connection: Connection) -> None:
        connection.execute(_INSERT, [each | {"family": "STRAẞE"} for each in people])
        connection.commit()

    _connected(url, fill)
    yield url
    if server is not None:
        server.drop_database(name)


async def counts(url: str) -> tuple[int, int, int, int, int]:
    db = await open_database(url)
    try:
        accounts: Accounts = make_accounts(db)
        anna = PageWanted(given_name="anna", family_name="strasse", page=1, page_size=200)
        last = PageWanted(page=12, page_size=200)
        found = await accounts.page("river", PERSON, last)
        return (
            await accounts.count("river", PERSON),
            await accounts.count("lake", PERSON),
            (await accounts.page("river", PERSON, anna)).total,
            found.accounts[0].account_id,
            len(found.accounts),
        )
    finally:
        await db.close()


@pytest.mark.anyio
async def test_people_from_before_are_counted_and_found(first_url: str) -> None:
    """Their names got keys, and every block its count; going back leaves them as they were."""
    upgrade(first_url)
    assert await counts(first_url) == (2500, 1, 1250, 2401, 100)


def test_the_migration_can_be_undone_and_done_again(first_url: str) -> None:
    """Nobody is lost on the way."""
    upgrade(first_url)

    def back(connection: Connection) -> int:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.downgrade(config, "0001")
        connection.commit()
        return int(connection.execute(text("SELECT count(*) FROM accounts")).scalar_one())

    assert _connected(first_url, back) == 2501
    assert status(first_url).current == "0001"
    upgrade(first_url)
    assert status(first_url).up_to_date
