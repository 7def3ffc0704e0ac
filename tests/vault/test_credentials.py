"""Tenant credentials: pending for one, active for everybody, changed, rotated, deleted."""

from __future__ import annotations

from typing import Any

import pytest

from doorward.audit import SYSTEM
from doorward.crypto import Secret
from doorward.db import SECOND, Database, Sweeper
from doorward.vault import Reason, Status, UnknownConnection, jobs
from doorward.vault.credentials_model import (
    Affected,
    CredentialsChange,
    CredentialsState,
    Submitters,
)
from doorward.vault.credentials_refusals import (
    CredentialsEnded,
    CredentialsOvertaken,
    MayNotSubmit,
    NoSuchEnvironment,
    UnknownCredentials,
)
from tests.support.clock import ManualClock
from tests.vault.crm import (
    ADMIN,
    CALLBACK,
    OTHER_ADMIN,
    PERSON,
    REGIONS,
    Desk,
    crm,
    given,
    place,
)

pytestmark = pytest.mark.anyio
DAY = 86_400


@pytest.fixture
def desk(db: Database, clock: ManualClock) -> Desk:
    """The services under test."""
    return Desk.over(db, clock)


async def test_a_submission_is_pending_and_its_submitters_alone(desk: Desk) -> None:
    """Nobody else finds it, and nothing is active yet."""
    new = await desk.credentials.submit(place(), given(), ADMIN)
    assert new.state is CredentialsState.PENDING
    assert new.redirect_uri == CALLBACK
    assert await desk.credentials.find_pending(place(), ADMIN.account_id) == new
    assert await desk.credentials.find_pending(place(), OTHER_ADMIN.account_id) is None
    assert await desk.credentials.find_active(place()) is None
    with pytest.raises(CredentialsEnded):
        await desk.connect(new, PERSON)


async def test_the_submitters_first_success_makes_it_everybodys(desk: Desk) -> None:
    """The connection and the promotion are one unit; others connect by it from then on."""
    new = await desk.credentials.submit(place(), given(), ADMIN)
    kept = await desk.connect(new, ADMIN)
    active = await desk.credentials.find_active(place())
    assert active is not None
    assert active.credentials_id == new.credentials_id == kept.connection.credentials_id
    assert active.verified_at is not None
    assert active.expires_at is None
    others = await desk.connect(active, PERSON)
    assert others.connection.credentials_id == active.credentials_id


async def test_a_connection_that_cannot_be_kept_promotes_nothing(desk: Desk) -> None:
    """Neither half of the unit is kept without the other."""
    new = await desk.credentials.submit(place(), given(), ADMIN)
    with pytest.raises(UnknownConnection):
        await desk.connect(new, ADMIN, reconnect_of=4711)
    assert await desk.credentials.find_active(place()) is None
    assert await desk.credentials.find_pending(place(), ADMIN.account_id) == new


async def test_a_submission_waits_for_a_day(desk: Desk, clock: ManualClock) -> None:
    """After that its submitter cannot prove it any more, and the sweeper takes it."""
    new = await desk.credentials.submit(place(), given(), ADMIN)
    clock.advance(seconds=DAY - 1)
    assert await desk.credentials.find_pending(place(), ADMIN.account_id) == new
    clock.advance(seconds=1)
    assert await desk.credentials.find_pending(place(), ADMIN.account_id) is None
    with pytest.raises(CredentialsEnded):
        await desk.connect(new, ADMIN)
    clock.advance(seconds=1)
    assert await jobs.remove_expired(Sweeper(desk.db), clock()) == 1
    with pytest.raises(UnknownCredentials):
        await desk.credentials.get("river", new.credentials_id)


async def test_a_later_submission_takes_the_place_of_the_earlier_one(desk: Desk) -> None:
    """One waits for each submitter; what was typed before is gone with its secret."""
    first = await desk.credentials.submit(place(), given(1), ADMIN)
    second = await desk.credentials.submit(place(), given(2), ADMIN)
    assert await desk.credentials.find_pending(place(), ADMIN.account_id) == second
    with pytest.raises(UnknownCredentials):
        await desk.credentials.get("river", first.credentials_id)
    await desk.credentials.submit(place(), given(3), OTHER_ADMIN)
    assert await desk.credentials.find_pending(place(), ADMIN.account_id) == second
    assert await desk.credentials.withdraw(place(), ADMIN)
    assert not await desk.credentials.withdraw(place(), ADMIN)


async def test_everybody_else_keeps_the_active_version_while_another_is_tried(desk: Desk) -> None:
    """And when it is proved, connections of the other client have to be made again."""
    active = await desk.set_up()
    kept = await desk.connect(active, PERSON)
    new = await desk.credentials.submit(place(), given(2), OTHER_ADMIN)
    assert await desk.credentials.find_active(place()) == active
    assert (await desk.connect(active, PERSON)).is_reconnected
    await desk.connect(new, OTHER_ADMIN)
    row = await desk.connections.get("river", kept.connection.connection_id)
    assert (row.status, row.reason) == (Status.NEEDS_RECONNECT, Reason.CREDENTIALS_CHANGED)
    old = await desk.credentials.get("river", active.credentials_id)
    assert old.state is CredentialsState.SUPERSEDED


async def test_the_same_client_with_a_new_secret_takes_its_connections_over(desk: Desk) -> None:
    """A submission that is the same client ends nobody's session either."""
    active = await desk.set_up()
    kept = await desk.connect(active, PERSON)
    again = given(1, client_secret=Secret("another"))
    new = await desk.credentials.submit(place(), again, OTHER_ADMIN)
    await desk.connect(new, OTHER_ADMIN)
    row = await desk.connections.get("river", kept.connection.connection_id)
    assert row.status is Status.ACTIVE
    assert row.credentials_id == new.credentials_id


async def test_the_second_to_prove_is_overtaken_and_changes_nothing(desk: Desk) -> None:
    """Who submitted when nothing was active did not agree to end anybody's sessions."""
    mine = await desk.credentials.submit(place(), given(1), ADMIN)
    theirs = await desk.credentials.submit(place(), given(2), OTHER_ADMIN)
    await desk.connect(theirs, OTHER_ADMIN)
    with pytest.raises(CredentialsOvertaken):
        await desk.connect(mine, ADMIN)
    active = await desk.credentials.find_active(place())
    assert active is not None
    assert active.credentials_id == theirs.credentials_id
    assert await desk.credentials.find_pending(place(), ADMIN.account_id) is None
    assert len(await desk.connections.list("river")) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"client_id": "other", "client_secret": Secret("other")},
        {"redirect_uri": "https://river.example.org/connect/callback/crm"},
        {"token_url": "https://eu.crm.example.com/token", "client_secret": Secret("other")},
        {"authorization_url": "https://eu.crm.example.com/authorize"},
        {"values": {"host": "eu.crm.example.com"}, "client_secret": Secret("other")},
        {"scopes": ("read",)},
    ],
)
async def test_an_edit_ends_the_organizations_sessions_at_once(
    desk: Desk, change: dict[str, Any]
) -> None:
    """Exactly those of this connector in this organization, and they were counted beforehand."""
    active = await desk.set_up()
    mine = await desk.connect(active, PERSON)
    second = await desk.connect(active, PERSON, party="second")
    lake = place(org_id="lake")
    elsewhere = await desk.connect(await desk.set_up(lake), PERSON, lake)
    assert await desk.credentials.affected(place()) == Affected(people=2, connections=3)
    done = await desk.credentials.change(place(), CredentialsChange(**change), ADMIN)
    assert done.ended == 3
    assert done.credentials.credentials_id != active.credentials_id
    assert await desk.credentials.find_active(place()) == done.credentials
    for kept in (mine, second):
        row = await desk.connections.get("river", kept.connection.connection_id)
        assert (row.status, row.reason) == (Status.NEEDS_RECONNECT, Reason.CREDENTIALS_CHANGED)
    row = await desk.connections.get("lake", elsewhere.connection.connection_id)
    assert row.status is Status.ACTIVE
    assert await desk.credentials.affected(place()) == Affected(0, 0)


@pytest.mark.parametrize(
    "change", [{"label": "Ours"}, {"scopes": ("read", "write", "delete")}, {"scopes": None}]
)
async def test_more_scopes_or_another_label_end_nothing(desk: Desk, change: dict[str, Any]) -> None:
    """The version changes where it stands."""
    active = await desk.set_up()
    kept = await desk.connect(active, PERSON)
    done = await desk.credentials.change(place(), CredentialsChange(**change), ADMIN)
    assert done.ended == 0
    assert done.credentials.credentials_id == active.credentials_id
    row = await desk.connections.get("river", kept.connection.connection_id)
    assert row.status is Status.ACTIVE


async def test_deleting_ends_the_sessions_and_erases_the_secrets(desk: Desk) -> None:
    """Nobody connects by them afterwards, whoever still holds their number."""
    active = await desk.set_up()
    await desk.connect(active, PERSON)
    assert await desk.credentials.revoke(place(), ADMIN) == 2
    gone = await desk.credentials.get("river", active.credentials_id)
    assert (gone.state, gone.sealed) == (CredentialsState.REVOKED, None)
    assert await desk.credentials.find_active(place()) is None
    with pytest.raises(CredentialsEnded):
        await desk.connect(active, PERSON)
    with pytest.raises(UnknownCredentials):
        await desk.credentials.revoke(place(), ADMIN)


async def test_a_connection_under_way_during_an_edit_is_refused(desk: Desk) -> None:
    """What was begun with the old client must not be kept after the edit ended its sessions."""
    active = await desk.set_up()
    change = CredentialsChange(client_id="other", client_secret=Secret("other"))
    await desk.credentials.change(place(), change, ADMIN)
    with pytest.raises(CredentialsEnded):
        await desk.connect(active, PERSON)


async def test_only_administrators_supply_credentials_by_default(desk: Desk) -> None:
    """Nor may anybody else change, rotate or delete them."""
    assert not await desk.credentials.may_submit(place(), PERSON)
    with pytest.raises(MayNotSubmit):
        await desk.credentials.submit(place(), given(), PERSON)
    await desk.set_up()
    for attempt in (
        lambda: desk.credentials.change(place(), CredentialsChange(label="x"), PERSON),
        lambda: desk.credentials.rotate(place(), Secret("x"), PERSON),
        lambda: desk.credentials.revoke(place(), PERSON),
        lambda: desk.credentials.set_submitters("river", Submitters.FIRST_USER, PERSON),
    ):
        with pytest.raises(MayNotSubmit):
            await attempt()


async def test_an_organization_may_let_the_first_person_supply_them(desk: Desk) -> None:
    """But never where the secret goes, and not once there are credentials."""
    await desk.credentials.set_submitters("river", Submitters.FIRST_USER, SYSTEM)
    assert await desk.credentials.may_submit(place(), PERSON)
    assert not await desk.credentials.may_submit(place(org_id="lake"), PERSON)
    evil = given(token_url="https://evil.example.net/token")
    with pytest.raises(MayNotSubmit):
        await desk.credentials.submit(place(), evil, PERSON)
    new = await desk.credentials.submit(place(), given(), PERSON)
    await desk.connect(new, PERSON)
    assert not await desk.credentials.may_submit(place(), PERSON)
    with pytest.raises(MayNotSubmit):
        await desk.credentials.submit(place(), given(2), PERSON)


async def test_each_environment_has_credentials_of_its_own(desk: Desk) -> None:
    """An edit in one ends nothing in the other."""
    manifest = crm(environments=REGIONS)
    eu, us = (place(manifest, environment=name) for name in ("eu", "us"))
    there = await desk.connect(await desk.set_up(eu), PERSON, eu)
    await desk.connect(await desk.set_up(us, 2), PERSON, us)
    change = CredentialsChange(client_id="other", client_secret=Secret("other"))
    await desk.credentials.change(us, change, ADMIN)
    row = await desk.connections.get("river", there.connection.connection_id)
    assert row.status is Status.ACTIVE
    for wrong in ("", "mars"):
        with pytest.raises(NoSuchEnvironment):
            await desk.credentials.submit(place(manifest, environment=wrong), given(), ADMIN)


async def test_a_connector_of_the_same_name_has_none_of_the_credentials(desk: Desk) -> None:
    """A name can be taken again by somebody else, with other addresses."""
    active = await desk.set_up()
    taken = place(connector_id=12)
    assert await desk.credentials.find_active(taken) is None
    assert await desk.credentials.list(taken.connector) == []
    with pytest.raises(UnknownCredentials):
        await desk.credentials.rotate(taken, Secret("x"), ADMIN)
    with pytest.raises(CredentialsEnded):
        await desk.connect(active, PERSON, taken)
    await desk.set_up(taken, 2)
    assert await desk.credentials.find_active(place()) == active


async def test_times_are_those_of_the_steps(desk: Desk, clock: ManualClock) -> None:
    """Submitted, proved and ended are three moments."""
    submitted = await desk.credentials.submit(place(), given(), ADMIN)
    clock.advance(seconds=60)
    await desk.connect(submitted, ADMIN)
    clock.advance(seconds=60)
    await desk.credentials.revoke(place(), ADMIN)
    row = (await desk.credentials.list(place().connector))[0]
    assert row.activated_at == row.created_at + 60 * SECOND == row.verified_at
    assert row.ended_at == row.created_at + 120 * SECOND
