"""Fixtures of one database per file and engine, in which every test has an organization of its own.

A folder's conftest.py imports them; creating a PostgreSQL database for every test would take
longer than most of the tests.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count

import pytest

from doorward.app import Services, build_app
from doorward.db import open_database
from doorward.http import ASGIApp
from doorward.mail import Inbox
from doorward.orgs import Policy
from tests.support.clock import ManualClock
from tests.support.databases import PostgresServer, SqliteTemplate
from tests.support.world import World, make_services, make_world

__all__ = ["House", "house", "mail_house", "world"]


@dataclass(frozen=True)
class House:
    """A running Doorward over one database, shared by the tests of a file."""

    services: Services
    app: ASGIApp
    url: str
    clock: ManualClock
    numbers: count[int] = field(default_factory=lambda: count(1))

    async def new_world(self, policy: Policy | None = None) -> World:
        """Another organization in the same database, with the same names in it."""
        return await make_world(
            self.services.db,
            self.clock,
            org_id=f"river-{next(self.numbers)}",
            policy=policy,
            running=(self.services, self.app),
        )


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
async def house(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[House]:
    """A migrated database on each engine in turn."""
    async with _open_house(request, tmp_path_factory, with_mail=False) as opened:
        yield opened


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
async def mail_house(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[House]:
    """The same, where letters are kept in memory."""
    async with _open_house(request, tmp_path_factory, with_mail=True) as opened:
        yield opened


@asynccontextmanager
async def _open_house(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, *, with_mail: bool
) -> AsyncIterator[House]:
    server: PostgresServer | None = None
    if request.param == "sqlite":
        template: SqliteTemplate = request.getfixturevalue("sqlite_template")
        name = ""
        url = template.copy_to(tmp_path_factory.mktemp("house") / "doorward.sqlite")
    else:
        server = request.getfixturevalue("postgres_server")
        assert server is not None
        name, url = server.create_database()
    clock = ManualClock()
    db = await open_database(url, clock=clock, pool_size=8)
    services = make_services(db, clock, carrier=Inbox(clock=clock) if with_mail else None)
    yield House(services, build_app(services), url, clock)
    await asyncio.wait_for(db.close(), 10)
    if server is not None:
        server.drop_database(name)


@pytest.fixture
async def world(house: House) -> World:
    """An organization with Anna and the Donor Portal."""
    return await house.new_world()
