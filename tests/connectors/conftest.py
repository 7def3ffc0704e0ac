"""A platform to connect to, and the client that connects."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from doorward.connectors import Upstream
from doorward.http import Outbound
from tests.support.clock import ManualClock
from tests.support.randomness import SeededRandom
from tests.support.upstream import UpstreamServer, running_upstream


@pytest.fixture(scope="module")
def one_server() -> Iterator[UpstreamServer]:
    """One process for a file's tests."""
    with running_upstream() as server:
        yield server


@pytest.fixture
def server(one_server: UpstreamServer) -> UpstreamServer:
    """A platform by the RFCs, with nothing remembered."""
    one_server.configure()
    return one_server


@pytest.fixture
async def outbound(server: UpstreamServer) -> AsyncIterator[Outbound]:
    """The guarded client, which may reach the platform."""
    client = Outbound(allowed=[server.authority])
    yield client
    await client.close()


@pytest.fixture
def upstream(outbound: Outbound, server: UpstreamServer) -> Upstream:
    """The engine, by the platform's clock."""
    return Upstream(outbound, server.clock, SeededRandom(11))


@pytest.fixture
def clock(server: UpstreamServer) -> ManualClock:
    """The clock of both."""
    return server.clock
