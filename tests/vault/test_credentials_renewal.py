"""Tenant credentials while tokens are renewed: the organization's own are used here too."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from doorward.audit import SYSTEM
from doorward.connectors import Connector
from doorward.crypto import Secret
from doorward.db import Database
from doorward.vault import (
    Blocked,
    Connected,
    CredentialsChange,
    NeedsReconnect,
    Outside,
    Reason,
    Status,
    Tuning,
    Vault,
    VaultRefusal,
    build_vault,
)
from tests.support.clock import ManualClock
from tests.support.factories import sealing_ring
from tests.support.randomness import SeededRandom
from tests.support.upstream import SECRET, Fault, UpstreamServer, running_upstream
from tests.vault.crm import ADMIN
from tests.vault.road import Browser, Road, build_road

pytestmark = pytest.mark.anyio
EDIT = CredentialsChange(client_id="other", client_secret=Secret("other"))


@pytest.fixture(scope="module")
def platform() -> Iterator[UpstreamServer]:
    """A real platform on loopback."""
    with running_upstream() as server:
        yield server


@pytest.fixture
async def road(db: Database, clock: ManualClock, platform: UpstreamServer) -> AsyncIterator[Road]:
    """The whole road over a fresh database."""
    platform.configure()
    platform.clock.now = clock.now
    platform.platform.clock = clock
    async with build_road(db, clock, platform) as built:
        yield built


@pytest.fixture
async def vault(road: Road, tmp_path: Path) -> AsyncIterator[Vault]:
    """Renewals by the plans under test."""
    built = build_vault(
        db=road.db,
        ring=sealing_ring(),
        random=SeededRandom(3),
        outside=Outside(road.access.upstream, road.plans, watch=road.desk.in_use),
        tuning=Tuning(spill_folder=tmp_path / "spills"),
    )
    yield built
    await built.refresher.close()


async def connected(road: Road) -> tuple[Connector, int]:
    """A connection by the organization's own client, whose token has ended."""
    connector = await road.register()
    await road.set_up(connector)
    outcome = await road.connect(connector, Browser())
    assert isinstance(outcome, Connected)
    road.clock.advance(seconds=3600)
    return connector, outcome.kept.connection.connection_id


async def test_a_renewal_uses_the_version_that_the_connection_was_made_with(
    road: Road, vault: Vault
) -> None:
    """Also while somebody has submitted another client."""
    _, number = await connected(road)
    held = await vault.refresher.get_token("river", number)
    assert held.connection.token_version == 2
    assert road.server.platform.refusals == []


async def test_a_renewal_proves_a_rotated_secret(road: Road, vault: Vault) -> None:
    """It is tried first; a mistyped one is passed over, and the one that works stays."""
    connector, number = await connected(road)
    place = road.place(connector)
    await road.desk.credentials.rotate(place, Secret("mistyped"), ADMIN)
    await vault.refresher.get_token("river", number)
    active = await road.desk.credentials.find_active(place)
    assert active is not None
    assert road.desk.credentials.open(active).secrets.newest_first == (
        Secret("mistyped"),
        Secret(SECRET),
    )
    road.server.platform.secrets.add("fresh")
    await road.desk.credentials.rotate(place, Secret("fresh"), ADMIN)
    road.clock.advance(seconds=3600)
    await vault.refresher.get_token("river", number)
    active = await road.desk.credentials.find_active(place)
    assert active is not None
    assert road.desk.credentials.open(active).secrets.newest_first == (Secret("fresh"),)
    row = await vault.connections.get("river", number)
    assert row.status is Status.ACTIVE


async def test_what_a_wrong_secret_blocked_goes_on_once_it_is_rotated(
    road: Road, vault: Vault
) -> None:
    """Nobody connects again: the grants are good, only the client was refused."""
    connector, number = await connected(road)
    road.server.platform.secrets.clear()
    with pytest.raises(Blocked):
        await vault.refresher.get_token("river", number)
    road.server.platform.secrets.add("mended")
    await road.desk.credentials.rotate(road.place(connector), Secret("mended"), ADMIN)
    held = await vault.refresher.get_token("river", number)
    assert held.connection.status is Status.ACTIVE


async def test_an_edit_during_a_renewal_ends_the_connection_for_good(
    road: Road, vault: Vault
) -> None:
    """The answer that arrives after the edit brings nothing back to life."""
    connector, number = await connected(road)
    road.server.platform.faults.append(Fault(kind="delay", delay_s=0.4, after_work=True))
    before = len(road.server.platform.token_requests)
    renewal = asyncio.create_task(vault.refresher.get_token("river", number))
    while len(road.server.platform.token_requests) == before:
        await asyncio.sleep(0.01)
    done = await road.desk.credentials.change(road.place(connector), EDIT, ADMIN)
    assert done.ended == 2
    answer = (await asyncio.gather(renewal, return_exceptions=True))[0]
    assert not isinstance(answer, BaseException) or isinstance(answer, VaultRefusal)
    row = await vault.connections.get("river", number)
    assert (row.status, row.reason) == (Status.NEEDS_RECONNECT, Reason.CREDENTIALS_CHANGED)
    with pytest.raises(NeedsReconnect):
        await vault.refresher.get_token("river", number)


async def test_after_an_edit_nothing_is_sent_for_the_old_connections(
    road: Road, vault: Vault
) -> None:
    """In any process: the row says so, and every process reads it."""
    connector, number = await connected(road)
    await road.desk.credentials.change(road.place(connector), EDIT, ADMIN)
    before = len(road.server.platform.token_requests)
    with pytest.raises(NeedsReconnect):
        await vault.refresher.get_token("river", number)
    assert len(road.server.platform.token_requests) == before


async def test_disconnecting_takes_tokens_back_with_the_client_they_were_given_to(
    road: Road, vault: Vault
) -> None:
    """Although another version is active by then."""
    connector, number = await connected(road)
    await road.desk.credentials.change(road.place(connector), EDIT, ADMIN)
    report = await vault.deauthorizer.disconnect("river", number, SYSTEM)
    assert "revoked" in {each.result for each in report.outcomes}
    assert len(road.server.platform.revoked) == 1
