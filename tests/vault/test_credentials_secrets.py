"""The secrets of tenant credentials: rotated, kept where they belong, and never shown."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from doorward.audit import Audit
from doorward.connectors import BadVariable, Variable
from doorward.crypto import SealBroken, Secret
from doorward.db import Database
from doorward.vault import Status
from doorward.vault.credentials_model import (
    CredentialsChange,
)
from doorward.vault.credentials_refusals import (
    BadCredentials,
    SecretNeeded,
)
from tests.support.clock import ManualClock
from tests.vault.crm import (
    ADMIN,
    PERSON,
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


async def test_a_rotated_secret_stands_before_the_old_one_until_it_has_worked(
    desk: Desk,
) -> None:
    """Nobody connects again; the first success by the new secret drops the old one."""
    active = await desk.set_up()
    kept = await desk.connect(active, PERSON)
    rotated = await desk.credentials.rotate(place(), Secret("secret-2"), ADMIN)
    assert desk.credentials.open(rotated).secrets.newest_first == (
        Secret("secret-2"),
        Secret("secret-1"),
    )
    assert [each.has_worked for each in desk.credentials.hints(rotated)] == [False, True]
    await desk.in_use.worked("river", active.credentials_id, 1)
    still = await desk.credentials.get("river", active.credentials_id)
    assert len(desk.credentials.open(still).secrets.newest_first) == 2
    await desk.in_use.worked("river", active.credentials_id, 0)
    after = await desk.credentials.get("river", active.credentials_id)
    assert desk.credentials.open(after).secrets.newest_first == (Secret("secret-2"),)
    row = await desk.connections.get("river", kept.connection.connection_id)
    assert row.status is Status.ACTIVE


async def test_a_mistyped_rotation_never_pushes_out_the_secret_that_works(desk: Desk) -> None:
    """Rotating again replaces the one that never worked."""
    active = await desk.set_up()
    for wrong in ("typo-1", "typo-2", "right"):
        await desk.credentials.rotate(place(), Secret(wrong), ADMIN)
    after = await desk.credentials.get("river", active.credentials_id)
    assert desk.credentials.open(after).secrets.newest_first == (
        Secret("right"),
        Secret("secret-1"),
    )


async def test_a_secret_that_is_given_again_is_still_known_to_work(desk: Desk) -> None:
    """Rotating to the very secret that is in use forgets nothing of it."""
    version = await desk.set_up(place())
    (hint,) = desk.credentials.hints(version)
    assert hint.has_worked
    again = await desk.credentials.rotate(place(), Secret("secret-1"), ADMIN)
    assert [each.has_worked for each in desk.credentials.hints(again)] == [True]


async def test_a_kept_secret_never_goes_to_another_client_or_host(desk: Desk) -> None:
    """Whoever may edit cannot have it sent where they listen."""
    await desk.set_up()
    for change in (
        CredentialsChange(token_url="https://evil.example.net/token"),
        CredentialsChange(client_id="other"),
        CredentialsChange(values={"host": "evil.crm.example.com"}),
    ):
        with pytest.raises(SecretNeeded):
            await desk.credentials.change(place(), change, ADMIN)


SYSTEM_KEY = Variable(name="system_key", scope="app", secret=True)


async def test_secret_variables_stay_with_the_client_that_they_were_given_for(desk: Desk) -> None:
    """A label leaves them, a new value replaces one, and another client wants them again."""
    where = place(crm(option={"variables": (SYSTEM_KEY,)}))
    new = await desk.credentials.submit(where, given(values={"system_key": "k1"}), ADMIN)
    await desk.connect(new, ADMIN, where)
    await desk.credentials.change(where, CredentialsChange(label="Ours"), ADMIN)
    active = await desk.credentials.find_active(where)
    assert active is not None
    assert desk.credentials.open(active).secrets.variables == {"system_key": Secret("k1")}
    assert active.extra.values == {}
    other = CredentialsChange(values={"system_key": "k2"})
    assert (await desk.credentials.change(where, other, ADMIN)).ended == 0
    moved = CredentialsChange(client_id="other", client_secret=Secret("other"))
    with pytest.raises(BadVariable):
        await desk.credentials.change(where, moved, ADMIN)
    again = replace(moved, values={"system_key": "k3"})
    done = await desk.credentials.change(where, again, ADMIN)
    assert desk.credentials.open(done.credentials).secrets.variables == {"system_key": Secret("k3")}


async def test_another_client_starts_with_the_secret_that_came_with_it(desk: Desk) -> None:
    """The one before belongs to the other client."""
    await desk.set_up()
    change = CredentialsChange(client_id="other", client_secret=Secret("its own"))
    done = await desk.credentials.change(place(), change, ADMIN)
    assert desk.credentials.open(done.credentials).secrets.newest_first == (Secret("its own"),)
    assert done.credentials.verified_at is None


async def test_a_renewal_by_a_secret_that_is_gone_proves_none_of_those_that_are_there(
    desk: Desk,
) -> None:
    """Two stood there when it began, and one stands there now."""
    await desk.set_up()
    change = CredentialsChange(client_id="other", client_secret=Secret("its own"))
    number = (await desk.credentials.change(place(), change, ADMIN)).credentials.credentials_id
    await desk.in_use.worked("river", number, 1)
    after = await desk.credentials.get("river", number)
    assert after.verified_at is None
    await desk.in_use.worked("river", number, 0)
    after = await desk.credentials.get("river", number)
    assert after.verified_at is not None
    assert [each.has_worked for each in desk.credentials.hints(after)] == [True]


async def test_no_secret_is_in_the_record_or_in_a_row_in_the_open(desk: Desk) -> None:
    """Fingerprints tell two secrets apart, and nothing tells what they are."""
    await desk.set_up()
    await desk.credentials.rotate(place(), Secret("secret-2"), ADMIN)
    change = CredentialsChange(client_id="other", client_secret=Secret("secret-3"))
    done = await desk.credentials.change(place(), change, ADMIN)
    events = await Audit(db=desk.db).list("river", None, 100)
    shown = " ".join(f"{each.event.action} {each.event.detail}" for each in events)
    assert "secret-" not in shown
    for action in ("pending", "active", "rotated", "superseded"):
        assert f"tenant_credentials.{action}" in shown
    rotated = next(e for e in events if e.event.action == "tenant_credentials.rotated")
    assert rotated.event.detail["before"] != rotated.event.detail["secret"]
    assert "secret-3" not in repr(done)
    assert done.credentials.sealed is not None
    assert b"secret-3" not in done.credentials.sealed


async def test_a_sealed_secret_moved_to_another_version_does_not_open(desk: Desk) -> None:
    """The seal is bound to the organization and the number."""
    active = await desk.set_up()
    for moved in (
        replace(active, org_id="lake"),
        replace(active, credentials_id=active.credentials_id + 1),
    ):
        with pytest.raises(SealBroken):
            desk.credentials.open(moved)


async def test_a_client_without_secret_has_none_to_rotate(desk: Desk) -> None:
    """A public client proves itself by the redirect alone."""
    manifest = crm()
    option = manifest.auth_options[0]
    assert option.token is not None
    public = msgspec.structs.replace(
        option, token=msgspec.structs.replace(option.token, client_auth="none")
    )
    where = place(msgspec.structs.replace(manifest, auth_options=(public,)))
    new = await desk.credentials.submit(where, given(client_secret=None), ADMIN)
    await desk.connect(new, ADMIN, where)
    with pytest.raises(BadCredentials):
        await desk.credentials.rotate(where, Secret("x"), ADMIN)
