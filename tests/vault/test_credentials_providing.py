"""Credentials that whoever runs the installation puts in place."""

from __future__ import annotations

import pytest

from doorward.audit import SYSTEM, Actor, Audit
from doorward.crypto import Secret
from doorward.db import Database
from doorward.vault import BadCredentials, CredentialsState, MayNotSubmit, Providing
from tests.support.clock import ManualClock
from tests.support.factories import sealing_ring
from tests.vault.crm import ADMIN, CALLBACK, PERSON, Desk, given, place

pytestmark = pytest.mark.anyio


@pytest.fixture
def desk(db: Database, clock: ManualClock) -> Desk:
    """The other services over the same credentials."""
    return Desk.over(db, clock)


@pytest.fixture
def providing(db: Database, clock: ManualClock) -> Providing:
    """The service under test."""
    return Providing(db=db, clock=clock, ring=sealing_ring())


async def test_what_the_installation_provides_is_everybodys_at_once(
    desk: Desk, providing: Providing
) -> None:
    """Nobody has to connect first; it is recorded, and its secret is sealed."""
    made = await providing.provide(place(), given(), SYSTEM)
    assert (made.state, made.redirect_uri) == (CredentialsState.ACTIVE, CALLBACK)
    assert await desk.credentials.find_active(place()) == made
    assert desk.credentials.open(made).secrets.newest_first == (given().client_secret,)
    kept = await desk.connect(made, PERSON)
    assert kept.connection.credentials_id == made.credentials_id
    events = [each.event.action for each in await Audit(db=desk.db).list("river", None, 10)]
    assert "tenant_credentials.active" in events


async def test_what_is_active_already_stays(desk: Desk, providing: Providing) -> None:
    """A seed that runs again undoes nothing."""
    active = await desk.set_up()
    again = await providing.provide(place(), given(2), SYSTEM)
    assert again == active
    assert await desk.credentials.find_active(place()) == active


@pytest.mark.parametrize("by", [ADMIN, PERSON, Actor(kind="account", id="1")])
async def test_no_account_may_skip_the_proof(desk: Desk, providing: Providing, by: Actor) -> None:
    """Not even an administrator: theirs is proved by their first connection."""
    with pytest.raises(MayNotSubmit):
        await providing.provide(place(), given(), by)
    assert await desk.credentials.find_active(place()) is None


async def test_the_rules_of_submissions_hold(desk: Desk, providing: Providing) -> None:
    """A secret that is missing is named, and nothing is kept."""
    with pytest.raises(BadCredentials) as refused:
        await providing.provide(place(), given(client_secret=Secret("")), SYSTEM)
    assert refused.value.field == "client_secret"
    assert await desk.credentials.find_active(place()) is None
