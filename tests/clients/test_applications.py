"""The room of applications: registration, review, change and removal."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from doorward.audit import SYSTEM, Audit
from doorward.clients import (
    TRANSITIONS,
    ApplicationChange,
    Applications,
    ApplicationStatus,
    BadApplication,
    BadClientId,
    BadTransition,
    ClientIdTaken,
    NoSecrets,
    Ownership,
    UnknownApplication,
)
from doorward.crypto import Secret
from doorward.db import Database
from tests.support.clock import ManualClock
from tests.support.factories import make_application
from tests.support.registrations import BASIC, NONE, SERVICE, SITE, SPA, confidential, refusal

pytestmark = pytest.mark.anyio


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


async def test_an_application_that_is_not_in_memory_is_one_statement_away(
    applications: Applications, db: Database
) -> None:
    """With every secret of it, or none."""
    made, _ = await applications.create(SITE, SYSTEM)
    second, _ = await applications.add_secret("river", made.client_id, SYSTEM)
    alone, _ = await applications.create(SPA, SYSTEM)
    await db.cache_version()
    before = db.statements_run
    found = await applications.get("river", made.client_id)
    assert found == replace(made, secrets=(*made.secrets, second))
    assert (await applications.get("river", alone.client_id)).secrets == ()
    # Beside them, the version of caches may have to be read again.
    assert db.statements_run - before <= 4


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


async def test_a_status_moves_only_along_the_table(applications: Applications) -> None:
    """What the table does not list is refused, and nothing changes."""
    made, _ = await applications.create(replace(SITE, status=ApplicationStatus.DRAFT), SYSTEM)
    for status in set(ApplicationStatus) - TRANSITIONS[ApplicationStatus.DRAFT]:
        with pytest.raises(BadTransition):
            await applications.set_status("river", made.client_id, status, SYSTEM)
    assert (await applications.get("river", made.client_id)).status is ApplicationStatus.DRAFT
    with pytest.raises(BadApplication):
        await applications.create(replace(SITE, status=ApplicationStatus.SUSPENDED), SYSTEM)


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


async def test_a_deleted_application_is_gone_with_its_secrets(
    applications: Applications, ownership: Ownership
) -> None:
    """Registering the same id again does not bring them back."""
    made, secret = await confidential(applications, client_id="tally-import")
    await ownership.delete("river", made.client_id, SYSTEM)
    await refusal(applications, made.client_id, secret)
    with pytest.raises(UnknownApplication):
        await ownership.delete("river", made.client_id, SYSTEM)
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
        ({"redirect_uris": ("https://a.example/cb?code=1",)}, "redirect_uris"),
        ({"redirect_uris": ("https://a.example/cb%5c..%5cx",)}, "redirect_uris"),
        ({"redirect_uris": ("https://a.example/cb%0d%0ax",)}, "redirect_uris"),
        ({"redirect_uris": ("https://a.example/cb/..;/x",)}, "redirect_uris"),
        ({"redirect_uris": ("https://good@evil@a.example/cb",)}, "redirect_uris"),
        ({"post_logout_redirect_uris": ("https://a.example/%00",)}, "post_logout_redirect_uris"),
        ({"name": "Tal\u200bly"}, "name"),
        ({"name": "\u3164"}, "name"),
        ({"publisher": "T\u00ad"}, "publisher"),
        ({"company": "a\u0301\u0301\u0301\u0301"}, "company"),
        ({"company": "\u202eevil"}, "company"),
        ({"reason": "a\x00"}, "reason"),
        ({"reason": "a" * 2001}, "reason"),
        ({"logo": "../../etc/passwd"}, "logo"),
        ({"logo": "javascript:x"}, "logo"),
        ({"purposes": {"profile": "To greet you."}}, "purposes"),
        ({"purposes": {"email": "a" * 201}}, "purposes"),
        ({"purposes": {"email": "two\nlines"}}, "purposes"),
        ({"purposes": {"email": ""}}, "purposes"),
        ({"optional_scopes": ("profile",)}, "optional_scopes"),
        ({"optional_scopes": ("openid",)}, "optional_scopes"),
        ({"redirect_uris": ("https://a.example/cb?a=1&st%61te=",)}, "redirect_uris"),
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


async def test_every_change_is_recorded_without_a_secret(
    applications: Applications, ownership: Ownership, db: Database
) -> None:
    """The record tells the story of an application and gives nothing away."""
    made, secret = await confidential(applications)
    stored, added = await applications.add_secret("river", made.client_id, SYSTEM)
    await applications.revoke_secret("river", made.client_id, stored.secret_id, SYSTEM)
    await applications.update("river", made.client_id, ApplicationChange(name="T"), SYSTEM)
    suspended = ApplicationStatus.SUSPENDED
    await applications.set_status("river", made.client_id, suspended, SYSTEM, reason="complaint")
    await ownership.delete("river", made.client_id, SYSTEM)
    events = await Audit(db=db).list("river", None, 10)
    assert [e.event.action for e in reversed(events)] == [
        "application.created",
        "secret.created",
        "secret.revoked",
        "application.updated",
        "application.status_changed",
        "application.deleted",
    ]
    assert events[1].event.detail == {
        "step": "set_status",
        "reason": "complaint",
        "was": "approved",
        "is": "suspended",
        "revision": 2,
    }
    assert secret not in str(events)
    assert added.reveal() not in str(events)


async def test_the_factory_makes_an_application_that_can_be_used(
    applications: Applications, db: Database
) -> None:
    """What other rooms' tests build on."""
    made, secret = await make_application(db)
    assert isinstance(secret, Secret)
    assert made.is_live
