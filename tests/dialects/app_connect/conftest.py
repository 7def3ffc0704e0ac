"""App Connect's contract before a real platform, on each engine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from doorward.app import build_app
from doorward.db import open_database
from tests.dialects.app_connect.client import Client, make_client
from tests.support.clock import ManualClock
from tests.support.databases import PostgresServer, SqliteTemplate
from tests.support.house import House
from tests.support.upstream import UpstreamServer, running_upstream
from tests.support.world import make_services

__all__ = ["client", "house", "platform"]


@pytest.fixture(scope="module")
def platform() -> Iterator[UpstreamServer]:
    """A real platform on loopback."""
    with running_upstream() as server:
        yield server


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
async def house(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    platform: UpstreamServer,
) -> AsyncIterator[House]:
    """A running Doorward that may call the platform, over each engine in turn."""
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
    services = make_services(db, clock, allowed=(platform.authority,))
    yield House(services, build_app(services), url, clock)
    await services.vault.refresher.close()
    await services.outbound.close()
    await asyncio.wait_for(db.close(), 10)
    if server is not None:
        server.drop_database(name)


@pytest.fixture
async def client(house: House, platform: UpstreamServer) -> Client:
    """An organization that speaks App Connect, with its own names in the shared database."""
    platform.configure()
    platform.clock.now = house.clock.now
    platform.platform.clock = house.clock
    return await make_client(await house.new_world(), platform)
