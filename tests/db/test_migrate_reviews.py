"""The migration of reviews on a database in which applications are already used."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Connection, text

from doorward.audit import SYSTEM
from doorward.clients import ApplicationChange, Applications, Author, Reviews
from doorward.db import open_database, system_clock
from doorward.db.migrate import _connected, alembic_config, upgrade
from tests.support.databases import PostgresServer
from tests.support.randomness import SeededRandom

_APPLICATION = text(
    "INSERT INTO applications (org_id, client_id, name, kind, auth_method, grant_types,"
    " redirect_uris, post_logout_redirect_uris, scopes, account_kind, status, trusted,"
    " id_token_alg, owner_account_id, created_at, updated_at)"
    " VALUES ('river', :id, :id, 'web', 'client_secret_basic', :grants, :uris, '[]', :scopes,"
    " 'constituent', :status, 0, 'RS256', 7, :at, :at)"
)
_STAFF = text(
    "INSERT INTO accounts (org_id, account_id, kind, username, email_verified, status,"
    " permissions, created_at, updated_at, username_key)"
    " VALUES ('river', :id, 'system', :name, 0, 'active', :permissions, 1, 1, :name)"
)
_EVERY = (
    '["accounts.read","accounts.write","applications.read","applications.write","audit.read",'
    '"consents.read","consents.write","keys.read","keys.write","organizations.read",'
    '"organizations.write","scopes.read","scopes.write","sessions.read","sessions.write",'
    '"tokens.read","tokens.write"]'
)


@pytest.fixture
def used_url(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of the fourth version with a live application, a draft and two of the staff."""
    server: PostgresServer | None = None
    name = ""
    if engine == "sqlite":
        url = f"sqlite:///{tmp_path / 'doorward.sqlite'}"
    else:
        server = request.getfixturevalue("postgres_server")
        assert server is not None
        name = f"used_{next(server.numbers)}"
        server.server.psql(f"CREATE DATABASE {name} TEMPLATE template0;")
        url = server.url(name)
    upgrade(url, "0004")

    def fill(connection: Connection) -> None:
        for place, (client_id, status) in enumerate((("live", "approved"), ("new", "draft"))):
            row = {
                "id": client_id,
                "status": status,
                "at": 10 - place,
                "grants": '["authorization_code","refresh_token"]',
                "uris": '["https://live.example/cb"]',
                "scopes": '["openid"]',
            }
            connection.execute(_APPLICATION, row)
        connection.execute(_STAFF, {"id": 1, "name": "chief", "permissions": _EVERY})
        connection.execute(_STAFF, {"id": 2, "name": "clerk", "permissions": '["audit.read"]'})
        connection.commit()

    _connected(url, fill)
    yield url
    if server is not None:
        server.drop_database(name)


def permissions(url: str) -> dict[int, bool]:
    """Who may review."""

    def read(connection: Connection) -> list[tuple[int, str]]:
        found = connection.execute(text("SELECT account_id, permissions FROM accounts"))
        return [(row[0], row[1]) for row in found]

    return {number: "applications.review" in held for number, held in _connected(url, read)}


@pytest.mark.anyio
async def test_what_was_in_use_counts_as_approved(used_url: str) -> None:
    """A change of its owner waits, differs from what was there, and is dropped without a trace."""
    upgrade(used_url)
    db = await open_database(used_url)
    try:
        owner = Author(SYSTEM, 7, "constituent")
        applications = Applications(db=db, clock=system_clock, random=SeededRandom(7))
        reviews = Reviews(db=db, clock=system_clock)
        assert await reviews.difference("river", "live") == ()
        change = ApplicationChange(scopes=("openid", "email"))
        assert (await applications.update("river", "live", change, owner)).scopes == ("openid",)
        (found,) = await reviews.difference("river", "live")
        assert (found.approved, found.wanted) == (["openid"], ["openid", "email"])
        drafts = await reviews.queue("river", {(await applications.get("river", "new")).status})
        assert [each.client_id for each in drafts] == ["new"]
    finally:
        await db.close()


def test_who_held_every_permission_may_review(used_url: str) -> None:
    """And nobody else; the migration can be undone and done again."""
    upgrade(used_url)
    assert permissions(used_url) == {1: True, 2: False}

    def back(connection: Connection) -> None:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.downgrade(config, "0004")
        connection.commit()

    _connected(used_url, back)
    upgrade(used_url)
    assert permissions(used_url) == {1: True, 2: False}
