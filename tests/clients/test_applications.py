"""The room of applications: registration, review, secrets and client authentication."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from doorward.audit import SYSTEM, Audit
from doorward.clients import (
    MAX_LIVE_SECRETS,
    TRANSITIONS,
    Application,
    ApplicationChange,
    Applications,
    ApplicationStatus,
    BadApplication,
    BadClientId,
    BadTransition,
    ClientIdTaken,
    LastSecret,
    NewApplication,
    NoSecrets,
    TooManySecrets,
    UnknownApplication,
    UnknownSecret,
)
from doorward.crypto import Secret
from doorward.db import SECOND, Database
from doorward.protocol import AuthMethod, ErrorCode, OAuthError, PresentedClient
from tests.support.clock import ManualClock
from tests.support.factories import make_application
from tests.support.randomness import SeededRandom

pytestmark = pytest.mark.anyio

BASIC, POST, NONE = AuthMethod.BASIC, AuthMethod.POST, AuthMethod.NONE
SITE = NewApplication(
    org_id="river",
    name="Tally",
    redirect_uris=["https://tally.example/cb", "https://tally.example/cb"],
    post_logout_redirect_uris=["https://tally.example/"],
    scopes=["openid", "email", "openid"],
    status=ApplicationStatus.APPROVED,
    homepage_url="https://tally.example",
    contact_email="dev@tally.example",
)
SPA = replace(SITE, kind="spa", auth_method=NONE)
SERVICE = replace(SITE, kind="service", redirect_uris=(), post_logout_redirect_uris=())


@pytest.fixture
def applications(db: Database, clock: ManualClock, random: SeededRandom) -> Applications:
    return Applications(db=db, clock=clock, random=random)


async def refusal(
    applications: Applications,
    client_id: str,
    secret: str | None,
    method: AuthMethod = BASIC,
    org_id: str = "river",
) -> OAuthError:
    with pytest.raises(OAuthError) as refused:
        await applications.authenticate(org_id, PresentedClient(client_id, secret, method))
    return refused.value


async def confidential(applications: Applications, **changes: Any) -> tuple[Application, str]:
    application, secret = await applications.create(replace(SITE, **changes), SYSTEM)
    assert secret is not None
    return application, secret.reveal()


async def test_an_application_comes_back_as_it_was_registered(
    applications: Applications, clock: ManualClock
) -> None:
    """With an id of its own, each URI and scope once, and the grants of its kind."""
    made, secret = await applications.create(SITE, SYSTEM)
    assert made.client_id.startswith("app_")
    assert len(made.client_id) == 36
    assert await applications.get("river", made.client_id) == made
    assert made.redirect_uris == ("https://tally.example/cb",)
    assert made.scopes == ("openid", "email")
    assert made.grant_types == {"authorization_code", "refresh_token"}
    assert secret is not None
    (stored,) = made.secrets
    assert secret.reveal().startswith("dw_cs_")
    assert secret.reveal().endswith(stored.last4)
    assert secret.reveal() not in repr(made)
    assert made.created_at == clock.now


async def test_a_public_application_gets_no_secret(applications: Applications) -> None:
    """There is nothing that it could keep."""
    made, secret = await applications.create(SPA, SYSTEM)
    assert secret is None
    assert (made.is_public, made.secrets) == (True, ())
    with pytest.raises(NoSecrets):
        await applications.add_secret("river", made.client_id, SYSTEM)


async def test_a_service_uses_client_credentials(applications: Applications) -> None:
    """Nobody signs in to it."""
    made, _ = await applications.create(SERVICE, SYSTEM)
    assert made.grant_types == {"client_credentials"}


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
async def test_only_a_live_application_is_a_client(
    applications: Applications, db: Database, status: ApplicationStatus
) -> None:
    """From the moment that its status says no, a right secret is worth nothing."""
    made, secret = await confidential(applications)
    await applications.authenticate("river", PresentedClient(made.client_id, secret, BASIC))
    for step in path_to(status):
        await applications.set_status("river", made.client_id, step, SYSTEM)
    presented = PresentedClient(made.client_id, secret, BASIC)
    if status is ApplicationStatus.CHANGE_PENDING:
        assert (await applications.authenticate("river", presented)).application.is_live
        return
    await refusal(applications, made.client_id, secret)


def path_to(status: ApplicationStatus) -> list[ApplicationStatus]:
    """The shortest way from approved to ``status``."""
    paths = {ApplicationStatus.APPROVED: list[ApplicationStatus]()}
    queue = [ApplicationStatus.APPROVED]
    for at in queue:
        for after in TRANSITIONS[at]:
            if after not in paths:
                paths[after] = [*paths[at], after]
                queue.append(after)
    return paths[status]


async def test_a_status_moves_only_along_the_table(applications: Applications) -> None:
    """What the table does not list is refused, and nothing changes."""
    made, _ = await applications.create(replace(SITE, status=ApplicationStatus.DRAFT), SYSTEM)
    for status in set(ApplicationStatus) - TRANSITIONS[ApplicationStatus.DRAFT]:
        with pytest.raises(BadTransition):
            await applications.set_status("river", made.client_id, status, SYSTEM)
    assert (await applications.get("river", made.client_id)).status is ApplicationStatus.DRAFT
    with pytest.raises(BadApplication):
        await applications.create(replace(SITE, status=ApplicationStatus.SUSPENDED), SYSTEM)


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


async def test_a_change_shows_at_once_and_keeps_the_rest(applications: Applications) -> None:
    """An application that becomes public loses its secrets."""
    made, secret = await confidential(applications)
    change = ApplicationChange(redirect_uris=["https://new.example/cb"], scopes=["openid"])
    after = await applications.update("river", made.client_id, change, SYSTEM)
    assert await applications.get("river", made.client_id) == after
    assert after.redirect_uris == ("https://new.example/cb",)
    assert (after.name, after.secrets, after.scopes) == (made.name, made.secrets, ("openid",))
    public = await applications.update(
        "river", made.client_id, ApplicationChange(auth_method=NONE), SYSTEM
    )
    assert public.secrets == ()
    assert await applications.get("river", made.client_id) == public
    await refusal(applications, made.client_id, secret)
    with pytest.raises(UnknownApplication):
        await applications.update("lake", made.client_id, change, SYSTEM)


async def test_a_deleted_application_is_gone_with_its_secrets(applications: Applications) -> None:
    """Registering the same id again does not bring them back."""
    made, secret = await confidential(applications, client_id="tally-import")
    await applications.delete("river", made.client_id, SYSTEM)
    await refusal(applications, made.client_id, secret)
    with pytest.raises(UnknownApplication):
        await applications.delete("river", made.client_id, SYSTEM)
    again, _ = await confidential(applications, client_id="tally-import")
    assert len(again.secrets) == 1
    await refusal(applications, made.client_id, secret)


@pytest.mark.parametrize(
    "client_id", ["42", "0", "1001", "ab", "a b", "a/b", "a\x00b", "é-lan", "x" * 129, ""]
)
async def test_a_client_id_that_looks_like_an_account_or_is_odd_is_refused(
    applications: Applications, client_id: str
) -> None:
    """A client cannot pass for a person by its id (RFC 9700 4.15)."""
    with pytest.raises(BadClientId):
        await applications.create(replace(SITE, client_id=client_id), SYSTEM)
    assert await applications.find("river", client_id) is None


async def test_a_client_id_belongs_to_one_application_of_an_organization(
    applications: Applications,
) -> None:
    """Fifty imports at once leave one; another organization may have the same id."""
    wanted = replace(SITE, client_id="tally-import")
    answers = await asyncio.gather(
        *(applications.create(wanted, SYSTEM) for _ in range(50)), return_exceptions=True
    )
    assert sum(isinstance(a, ClientIdTaken) for a in answers) == 49
    await applications.create(replace(wanted, org_id="lake"), SYSTEM)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": "<b>\n"}, "name"),
        ({"name": "Tally\u202e"}, "name"),
        ({"name": ""}, "name"),
        ({"publisher": "a\x07"}, "publisher"),
        ({"description": "\u2066"}, "description"),
        ({"homepage_url": "javascript:alert(1)"}, "homepage_url"),
        ({"privacy_url": "JaVaScRiPt:alert(1)"}, "privacy_url"),
        ({"terms_url": "data:text/html,x"}, "terms_url"),
        ({"terms_url": "ftp://a.example"}, "terms_url"),
        ({"contact_email": "nobody"}, "contact_email"),
        ({"contact_email": "a@b\r\nBcc: x@y"}, "contact_email"),
        ({"kind": "device"}, "kind"),
        ({"account_kind": "robot"}, "account_kind"),
        ({"id_token_alg": "none"}, "id_token_alg"),
        ({"id_token_alg": "HS256"}, "id_token_alg"),
        ({"kind": "spa"}, "auth_method"),
        ({"kind": "native"}, "auth_method"),
        ({"kind": "service", "redirect_uris": (), "auth_method": NONE}, "auth_method"),
        ({"kind": "service"}, "redirect_uris"),
        ({"grant_types": ()}, "grant_types"),
        ({"grant_types": ("password",)}, "grant_types"),
        ({"grant_types": ("implicit", "authorization_code")}, "grant_types"),
        ({"auth_method": NONE, "grant_types": ("client_credentials",)}, "grant_types"),
        ({"redirect_uris": ()}, "redirect_uris"),
        ({"redirect_uris": ("https://a.example/#f",)}, "redirect_uris"),
        ({"redirect_uris": ("https://u@a.example/",)}, "redirect_uris"),
        ({"redirect_uris": ("https://a.example/../x",)}, "redirect_uris"),
        ({"redirect_uris": ("http://a.example/cb",)}, "redirect_uris"),
        ({"redirect_uris": ("http://localhost.evil.example/",)}, "redirect_uris"),
        ({"redirect_uris": ("javascript:alert(1)",)}, "redirect_uris"),
        ({"redirect_uris": ("com.example.app:/cb",)}, "redirect_uris"),
        ({"redirect_uris": ("https://*.example/cb\\",)}, "redirect_uris"),
        ({"post_logout_redirect_uris": ("data:x",)}, "post_logout_redirect_uris"),
        ({"scopes": ("two words",)}, "scopes"),
        ({"scopes": ("",)}, "scopes"),
    ],
)
async def test_a_registration_that_could_harm_is_refused_by_field(
    applications: Applications, wrong: dict[str, Any], field: str
) -> None:
    """At registration and at a change alike; the refusal says which field it is about."""
    with pytest.raises(BadApplication) as refused:
        await applications.create(replace(SITE, **wrong), SYSTEM)
    assert refused.value.field == field
    fixed = {"kind", "account_kind", "status"}
    if not fixed & set(wrong):
        made, _ = await applications.create(SITE, SYSTEM)
        with pytest.raises(BadApplication):
            await applications.update("river", made.client_id, ApplicationChange(**wrong), SYSTEM)


@pytest.mark.parametrize(
    ("kind", "uri"),
    [
        ("web", "http://127.0.0.1:8765/callback"),
        ("web", "http://localhost:3000/api/oauth/callback"),
        ("web", "http://river.localhost/cb"),
        ("native", "http://127.0.0.1/callback"),
        ("native", "http://[::1]/callback"),
        ("native", "com.example.app:/callback"),
    ],
)
async def test_addresses_of_one_s_own_machine_may_be_registered(
    applications: Applications, kind: str, uri: str
) -> None:
    """By http while developing, by loopback or an own scheme for native programs (RFC 8252 7)."""
    method = NONE if kind == "native" else BASIC
    wanted = replace(SITE, kind=kind, auth_method=method, redirect_uris=[uri])  # type: ignore[arg-type]
    made, _ = await applications.create(wanted, SYSTEM)
    assert made.redirect_uris == (uri,)


async def test_applications_are_listed_in_pages_by_client_id(applications: Applications) -> None:
    """An organization sees its own only."""
    for client_id in ("ccc", "aaa", "bbb"):
        await applications.create(replace(SITE, client_id=client_id), SYSTEM)
    await applications.create(replace(SITE, client_id="abb", org_id="lake"), SYSTEM)
    page = await applications.list("river", None, 2)
    rest = await applications.list("river", page[-1].client_id, 2)
    assert [a.client_id for a in page + rest] == ["aaa", "bbb", "ccc"]
    assert await applications.list("river", "\x00", 2) == []


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


async def test_every_change_is_recorded_without_a_secret(
    applications: Applications, db: Database
) -> None:
    """The record tells the story of an application and gives nothing away."""
    made, secret = await confidential(applications)
    stored, added = await applications.add_secret("river", made.client_id, SYSTEM)
    await applications.revoke_secret("river", made.client_id, stored.secret_id, SYSTEM)
    await applications.update("river", made.client_id, ApplicationChange(name="T"), SYSTEM)
    suspended = ApplicationStatus.SUSPENDED
    await applications.set_status("river", made.client_id, suspended, SYSTEM, reason="complaint")
    await applications.delete("river", made.client_id, SYSTEM)
    events = await Audit(db=db).list("river", None, 10)
    assert [e.event.action for e in reversed(events)] == [
        "application.created",
        "secret.created",
        "secret.revoked",
        "application.updated",
        "application.status_changed",
        "application.deleted",
    ]
    assert events[1].event.detail == {"reason": "complaint", "was": "approved", "is": "suspended"}
    assert secret not in str(events)
    assert added.reveal() not in str(events)


async def test_the_factory_makes_an_application_that_can_be_used(
    applications: Applications, db: Database
) -> None:
    """What other rooms' tests build on."""
    made, secret = await make_application(db)
    assert isinstance(secret, Secret)
    assert made.is_live
