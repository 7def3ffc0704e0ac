"""What the tests of applications and of client libraries stand on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from doorward import orgs
from doorward.audit import SYSTEM
from doorward.clients import Applications, Ownership, Reviews
from doorward.db import Database
from doorward.orgs import NewOrganization, Organizations, Registration
from tests.support.clock import ManualClock
from tests.support.databases import PostgresServer
from tests.support.randomness import SeededRandom
from tests.support.server import DemoServer, Organization, running_demo


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DemoServer]:
    """A demo that answers over HTTP."""
    directory = tmp_path_factory.mktemp("demo")
    if request.param == "sqlite":
        with running_demo(directory) as running:
            yield running
        return
    postgres: PostgresServer = request.getfixturevalue("postgres_server")
    name, url = postgres.create_database()
    with running_demo(directory, database_url=url) as running:
        yield running
    postgres.drop_database(name)


@pytest.fixture(scope="session")
def riverbend(server: DemoServer) -> Organization:
    """The charity of the demo."""
    return server.organization("riverbend")


@pytest.fixture
def applications(db: Database, clock: ManualClock, random: SeededRandom) -> Applications:
    """The room's service."""
    return Applications(db=db, clock=clock, random=random)


@pytest.fixture
def reviews(db: Database, clock: ManualClock) -> Reviews:
    """The workflow."""
    return Reviews(db=db, clock=clock)


@pytest.fixture
def ownership(db: Database, clock: ManualClock) -> Ownership:
    """What owners do."""
    return Ownership(db=db, clock=clock)


@pytest.fixture
async def org(db: Database) -> orgs.Organization:
    """River Trust, which takes applications from everybody."""
    new = NewOrganization(
        org_id="river", name="River Trust", registration=Registration(mode="open")
    )
    return await Organizations(db=db, clock=db.clock).create(new, SYSTEM)
