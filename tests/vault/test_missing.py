"""People may give less than they are asked for, and are told what is missing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from doorward.db import Database
from doorward.vault import Connected, Connection, MissingScopes
from tests.support.clock import ManualClock
from tests.support.upstream import UpstreamServer, running_upstream
from tests.vault.road import Browser, Road, build_road

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def platform() -> Iterator[UpstreamServer]:
    """A real platform on loopback."""
    with running_upstream() as server:
        yield server


async def _connected(road: Road) -> Connection:
    connector = await road.register()
    await road.set_up(connector)
    outcome = await road.connect(connector, Browser())
    assert isinstance(outcome, Connected)
    return outcome.kept.connection


async def test_what_was_not_given_is_found(
    db: Database, clock: ManualClock, platform: UpstreamServer
) -> None:
    """Of each connection; nothing where all was given, or the platform does not tell."""
    platform.configure(scopes=("read", "write"), granted=("read",))
    platform.platform.clock = clock
    async with build_road(db, clock, platform) as road:
        less = await _connected(road)
        use = MissingScopes(connectors=road.connectors, credentials=road.desk.credentials)
        assert await use.find(less) == ("write",)
        whole = replace(less, connection_id=2, scopes=("read", "write"))
        silent = replace(less, connection_id=3, scopes=None)
        gone = replace(less, connection_id=4, sealed=None)
        other = replace(less, connection_id=5, connector_id=less.connector_id + 1)
        before = db.statements_run
        assert await use.find_each([less, whole, silent, gone, other]) == {
            less.connection_id: ("write",),
            2: (),
            3: (),
            4: (),
            5: (),
        }
        # The credentials that they share, and the connector, are read once.
        assert db.statements_run - before <= 3
