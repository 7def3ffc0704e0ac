"""Client authentication, and secrets that are replaced without a pause."""

from __future__ import annotations

import asyncio
from base64 import b64encode

import pytest

from doorward.audit import SYSTEM
from doorward.clients import (
    MAX_LIVE_SECRETS,
    WITH_CHANGE,
    Applications,
    ApplicationStatus,
    LastSecret,
    TooManySecrets,
    UnknownApplication,
    UnknownSecret,
)
from doorward.db import SECOND, Database
from doorward.protocol import AuthMethod, ErrorCode, OAuthError, Parameters, PresentedClient
from tests.support.clock import ManualClock
from tests.support.registrations import BASIC, NONE, POST, SITE, SPA, confidential, path_to, refusal

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("method", [BASIC, POST])
async def test_the_right_secret_by_the_registered_method_proves_a_client(
    applications: Applications, method: AuthMethod
) -> None:
    """And the answer holds the application."""
    made, secret = await confidential(applications, auth_method=method)
    proved = await applications.authenticate(
        "river", PresentedClient(made.client_id, secret, method)
    )
    assert (proved.application, proved.method) == (made, method)


async def test_a_public_client_is_known_by_its_id_alone(applications: Applications) -> None:
    """With any secret, even an empty one, it is refused."""
    made, _ = await applications.create(SPA, SYSTEM)
    proved = await applications.authenticate("river", PresentedClient(made.client_id, None, NONE))
    assert proved.application == made
    await refusal(applications, made.client_id, "x", NONE)
    await refusal(applications, made.client_id, "", NONE)
    await refusal(applications, made.client_id, "", BASIC)
    await refusal(applications, made.client_id, "x", POST)


async def test_every_failed_proof_gets_the_same_answer(applications: Applications) -> None:
    """Unknown, wrong, empty, absent, cut, extended, other method, other organization."""
    made, secret = await confidential(applications)
    other, other_secret = await confidential(applications, name="Other")
    assert other.client_id != made.client_id
    errors = [
        await refusal(applications, "app_nobody", secret),
        await refusal(applications, "nobody\x00", secret),
        await refusal(applications, "\ud800" * 5, "\ud800"),
        await refusal(applications, "", ""),
        await refusal(applications, made.client_id, "wrong"),
        await refusal(applications, made.client_id, ""),
        await refusal(applications, made.client_id, None),
        await refusal(applications, made.client_id, "null"),
        await refusal(applications, made.client_id, "nobody's secret"),
        await refusal(applications, "app_nobody", "nobody's secret"),
        await refusal(applications, made.client_id, secret[:-1]),
        await refusal(applications, made.client_id, secret + "A"),
        await refusal(applications, made.client_id, other_secret),
        await refusal(applications, made.client_id, secret, POST),
        await refusal(applications, made.client_id, None, NONE),
        await refusal(applications, made.client_id, secret, NONE),
        await refusal(applications, made.client_id, secret, org_id="lake"),
    ]
    assert {(e.code, e.description) for e in errors} == {
        (ErrorCode.INVALID_CLIENT, "Client authentication failed.")
    }
    assert not any(secret in str(e) + str(e.detail) for e in errors)


@pytest.mark.parametrize("status", [s for s in ApplicationStatus if s is not SITE.status])
async def test_only_an_application_that_may_be_used_is_a_client(
    applications: Applications, db: Database, status: ApplicationStatus
) -> None:
    """From the moment that its status says no, a right secret is worth nothing."""
    made, secret = await confidential(applications)
    await applications.authenticate("river", PresentedClient(made.client_id, secret, BASIC))
    for step in path_to(status):
        await applications.set_status("river", made.client_id, step, SYSTEM)
    presented = PresentedClient(made.client_id, secret, BASIC)
    if status not in {
        ApplicationStatus.SUSPENDED,
        ApplicationStatus.DECLINED,
        ApplicationStatus.WITHDRAWN,
    }:
        client = await applications.authenticate("river", presented)
        live = status in WITH_CHANGE
        assert (client.application.is_live, client.application.may_be_used_by(7)) == (live, live)
        return
    await refusal(applications, made.client_id, secret)


async def test_secrets_are_replaced_without_a_pause(
    applications: Applications, clock: ManualClock
) -> None:
    """Add a second, switch, revoke the first; the last one stays."""
    made, first = await confidential(applications)
    stored, added = await applications.add_secret("river", made.client_id, SYSTEM)
    second = added.reveal()
    for secret in (first, second):
        await applications.authenticate("river", PresentedClient(made.client_id, secret, BASIC))
    (old,) = made.secrets
    await applications.revoke_secret("river", made.client_id, old.secret_id, SYSTEM)
    await refusal(applications, made.client_id, first)
    await applications.authenticate("river", PresentedClient(made.client_id, second, BASIC))
    with pytest.raises(LastSecret):
        await applications.revoke_secret("river", made.client_id, stored.secret_id, SYSTEM)
    with pytest.raises(UnknownSecret):
        await applications.revoke_secret("river", made.client_id, old.secret_id, SYSTEM)


async def test_a_secret_of_another_application_cannot_be_revoked_through_this_one(
    applications: Applications,
) -> None:
    """A secret is named together with its application and its organization."""
    mine, _ = await confidential(applications)
    theirs, secret = await confidential(applications, name="Theirs")
    await applications.add_secret("river", theirs.client_id, SYSTEM)
    secret_id = theirs.secrets[0].secret_id
    with pytest.raises(UnknownSecret):
        await applications.revoke_secret("river", mine.client_id, secret_id, SYSTEM)
    with pytest.raises(UnknownApplication):
        await applications.revoke_secret("lake", theirs.client_id, secret_id, SYSTEM)
    await applications.authenticate("river", PresentedClient(theirs.client_id, secret, BASIC))


async def test_a_secret_is_worth_nothing_from_its_expiry_on(
    applications: Applications, clock: ManualClock
) -> None:
    """At that microsecond, without anybody doing anything."""
    made, _ = await confidential(applications)
    end = clock.now + 60 * SECOND
    _, added = await applications.add_secret("river", made.client_id, SYSTEM, expires_at=end)
    presented = PresentedClient(made.client_id, added.reveal(), BASIC)
    clock.now = end - 1
    await applications.authenticate("river", presented)
    clock.now = end
    await refusal(applications, made.client_id, added.reveal())


async def test_fifty_secrets_asked_for_at_once_are_five_at_most(
    applications: Applications,
) -> None:
    """The limit holds under a race."""
    made, _ = await confidential(applications)
    answers = await asyncio.gather(
        *(applications.add_secret("river", made.client_id, SYSTEM) for _ in range(50)),
        return_exceptions=True,
    )
    assert sum(isinstance(a, TooManySecrets) for a in answers) == 50 - MAX_LIVE_SECRETS + 1
    assert len((await applications.get("river", made.client_id)).secrets) == MAX_LIVE_SECRETS


async def test_two_who_revoke_different_secrets_at_once_leave_one(
    applications: Applications,
) -> None:
    """The application can still authenticate."""
    made, _ = await confidential(applications)
    stored, _ = await applications.add_secret("river", made.client_id, SYSTEM)
    ids = (made.secrets[0].secret_id, stored.secret_id)
    answers = await asyncio.gather(
        *(applications.revoke_secret("river", made.client_id, each, SYSTEM) for each in ids),
        return_exceptions=True,
    )
    assert sum(isinstance(a, LastSecret) for a in answers) == 1
    assert len((await applications.get("river", made.client_id)).secrets) == 1


async def test_authentication_reads_nothing_but_memory(
    applications: Applications, db: Database
) -> None:
    """After the first time a client costs no query for its rows."""
    made, secret = await confidential(applications)
    presented = PresentedClient(made.client_id, secret, BASIC)
    await applications.authenticate("river", presented)
    before = db.statements_run
    for _ in range(10):
        await applications.authenticate("river", presented)
    assert db.statements_run == before


def _header(client_id: str, secret: str) -> str:
    return "Basic " + b64encode(f"{client_id}:{secret}".encode()).decode()


async def test_a_header_that_is_known_again_proves_no_more_than_at_first(
    applications: Applications,
) -> None:
    """Another organization, another client in the form, a second secret beside it: refused."""
    made, secret = await confidential(applications)
    header = _header(made.client_id, secret)
    for _ in range(2):
        proved = await applications.prove("river", header, Parameters({}))
        assert proved.application == made
    same = Parameters({"client_id": made.client_id})
    assert (await applications.prove("river", header, same)).application == made
    for org_id, form in (
        ("lake", {}),
        ("river", {"client_id": "another"}),
        ("river", {"client_secret": secret}),
    ):
        with pytest.raises(OAuthError):
            await applications.prove(org_id, header, Parameters(form))


async def test_a_known_header_ends_with_its_secret_and_with_its_application(
    applications: Applications, clock: ManualClock
) -> None:
    """By expiry, by revocation, by the application's end: from the next request on."""
    made, first = await confidential(applications)
    end = clock.now + 60 * SECOND
    stored, added = await applications.add_secret("river", made.client_id, SYSTEM, expires_at=end)
    second, none = _header(made.client_id, added.reveal()), Parameters({})
    await applications.prove("river", second, none)
    clock.now = end
    with pytest.raises(OAuthError):
        await applications.prove("river", second, none)
    clock.now = end - 1
    await applications.prove("river", second, none)
    await applications.revoke_secret("river", made.client_id, stored.secret_id, SYSTEM)
    with pytest.raises(OAuthError):
        await applications.prove("river", second, none)
    await applications.prove("river", _header(made.client_id, first), none)
    await applications.set_status("river", made.client_id, ApplicationStatus.SUSPENDED, SYSTEM)
    with pytest.raises(OAuthError):
        await applications.prove("river", _header(made.client_id, first), none)


async def test_a_known_header_reads_nothing(applications: Applications, db: Database) -> None:
    """After the first time it costs no query."""
    made, secret = await confidential(applications)
    header = _header(made.client_id, secret)
    await applications.prove("river", header, Parameters({}))
    before = db.statements_run
    for _ in range(10):
        await applications.prove("river", header, Parameters({}))
    assert db.statements_run == before
