"""Credentials are tried before they are kept, and edits weighed before they are made."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from doorward.connectors import ClientProbe
from doorward.crypto import Secret
from doorward.db import Database
from doorward.vault import (
    Affected,
    BadCredentials,
    CredentialsChange,
    CredentialTrials,
    MayNotSubmit,
    SecretNeeded,
    Submission,
    UnknownCredentials,
)
from tests.support.clock import ManualClock
from tests.support.upstream import UpstreamServer, running_upstream
from tests.support.upstream.platform import CLIENT_ID, SECRET
from tests.vault.crm import ADMIN, PERSON
from tests.vault.road import Road, build_road

pytestmark = pytest.mark.anyio

RIGHT = Submission(client_id=CLIENT_ID, client_secret=Secret(SECRET))
WRONG = Submission(client_id=CLIENT_ID, client_secret=Secret("another"))


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


def trials_of(road: Road) -> CredentialTrials:
    """The service under test."""
    return CredentialTrials(
        credentials=road.desk.credentials, upstream=road.access.upstream, clock=road.clock
    )


async def test_the_platform_tells_whether_it_knows_the_client(road: Road) -> None:
    """And nothing of it is kept, whatever it says."""
    place, trials = road.place(await road.register(admin_managed=True)), trials_of(road)
    assert await trials.probe(place, RIGHT, ADMIN) is ClientProbe.ACCEPTED
    assert await trials.probe(place, WRONG, ADMIN) is ClientProbe.REFUSED
    assert await road.desk.credentials.find_pending(place, ADMIN.account_id) is None


async def test_only_administrators_try(road: Road) -> None:
    """Who chooses an address and sees what it answers looks around."""
    place, trials = road.place(await road.register(admin_managed=True)), trials_of(road)
    for attempt in (
        trials.probe(place, RIGHT, PERSON),
        trials.weigh(place, CredentialsChange(label="x"), PERSON),
        trials.probe_change(place, CredentialsChange(label="x"), PERSON),
    ):
        with pytest.raises(MayNotSubmit):
            await attempt


async def test_what_could_not_be_submitted_is_not_tried(road: Road) -> None:
    """The same rules, and the same words."""
    place, trials = road.place(await road.register(admin_managed=True)), trials_of(road)
    with pytest.raises(BadCredentials):
        await trials.probe(place, Submission(client_id=CLIENT_ID), ADMIN)
    with pytest.raises(UnknownCredentials):
        await trials.weigh(place, CredentialsChange(label="x"), ADMIN)


async def test_a_change_is_tried_with_the_secret_that_is_kept(road: Road) -> None:
    """Only where it goes already: another client needs its own secret."""
    connector = await road.register(admin_managed=True)
    await road.set_up(connector)
    place, trials = road.place(connector), trials_of(road)
    same = CredentialsChange(label="Ours")
    assert await trials.probe_change(place, same, ADMIN) is ClientProbe.ACCEPTED
    wrong = CredentialsChange(client_secret=Secret("another"))
    assert await trials.probe_change(place, wrong, ADMIN) is ClientProbe.REFUSED
    with pytest.raises(SecretNeeded):
        await trials.probe_change(place, CredentialsChange(client_id="x"), ADMIN)


async def test_an_edit_is_weighed_before_it_is_made(road: Road) -> None:
    """A label concerns nobody; another client, whoever is connected."""
    connector = await road.register(admin_managed=True)
    await road.set_up(connector)
    place, trials = road.place(connector), trials_of(road)
    assert await trials.weigh(place, CredentialsChange(label="x"), ADMIN) == Affected(0, 0)
    other = CredentialsChange(client_id="other", client_secret=Secret("x"))
    assert await trials.weigh(place, other, ADMIN) == Affected(1, 1)
