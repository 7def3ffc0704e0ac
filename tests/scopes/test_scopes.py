"""Scopes and APIs."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from doorward.audit import SYSTEM, Audit
from doorward.db import Database, Transaction
from doorward.scopes import (
    Api,
    ApiChange,
    ApiInUse,
    ApiTaken,
    BadApi,
    BadScope,
    Scope,
    ScopeChange,
    Scopes,
    ScopeTaken,
    StandardScope,
    UnknownApi,
    UnknownScope,
    seed_standard,
)
from tests.support.clock import ManualClock

pytestmark = pytest.mark.anyio

PROJECTS = Api(
    org_id="river",
    identifier="https://projects.example",
    name="Projects",
    token_format="jwt",
    access_token_s=600,
    resource_client_ids=("app_projects", "app_projects"),
)
CREATE = Scope(
    org_id="river",
    name="urn:projects:create",
    api="https://projects.example",
    title_en="Create projects",
    title_ja="プロジェクトの作成",
    sentence_en="Create projects in {org}",
    sentence_ja="{org} にプロジェクトを作成する",
    sensitivity="sensitive",
)


@pytest.fixture
def scopes(db: Database, clock: ManualClock) -> Scopes:
    return Scopes(db=db, clock=clock)


async def seeded(db: Database, org_id: str = "river") -> None:
    async def work(tx: Transaction) -> None:
        await seed_standard(tx, org_id)

    await db.unit(work)


async def test_an_organization_starts_with_the_scopes_of_openid_connect(
    db: Database, scopes: Scopes
) -> None:
    """Those of OpenID Connect, without address and phone, and the one of the management API."""
    await seeded(db)
    catalogue = await scopes.catalogue("river")
    assert set(catalogue.scopes) == {
        "openid",
        "profile",
        "email",
        "offline_access",
        "management",
    }
    offline = catalogue.scopes["offline_access"]
    said = offline.sentence("en", app="Tally", org="River")
    assert said == "Keep this access when you're not using Tally, until you remove it"
    assert offline.sentence("ja", app="Tally", org="川").startswith("Tally を使っていないとき")
    assert catalogue.scopes["email"].claims == ("email", "email_verified")
    assert catalogue.audience_of(catalogue.scopes) == ()


async def test_a_name_that_holds_a_placeholder_is_not_expanded(
    scopes: Scopes,
) -> None:
    """An application called {org} cannot pass for the organization."""
    said = replace(CREATE, sentence_en="{app} in {org}").sentence("en", app="{org}", org="River")
    assert said == "{org} in River"


async def test_scopes_lead_to_the_apis_they_open(scopes: Scopes) -> None:
    """Each API once, in the order in which the scopes name them; unknown names lead nowhere."""
    await scopes.create_api(PROJECTS, SYSTEM)
    mail = await scopes.create_api(Api(org_id="river", identifier="urn:mail", name="Mail"), SYSTEM)
    await scopes.create_scope(CREATE, SYSTEM)
    await scopes.create_scope(replace(CREATE, name="urn:projects:read"), SYSTEM)
    await scopes.create_scope(replace(CREATE, name="mail", api="urn:mail"), SYSTEM)
    catalogue = await scopes.catalogue("river")
    audience = catalogue.audience_of(["mail", "urn:projects:read", "urn:projects:create", "x"])
    assert audience == (mail, replace(PROJECTS, resource_client_ids=("app_projects",)))


async def test_a_catalogue_is_built_once_and_again_after_a_change(
    db: Database, scopes: Scopes
) -> None:
    """The same value is answered until something changes, then a new one at once."""
    await seeded(db)
    first = await scopes.catalogue("river")
    assert await scopes.catalogue("river") is first
    await scopes.update_scope("river", "email", ScopeChange(title_en="Your e-mail"), SYSTEM)
    second = await scopes.catalogue("river")
    assert second.scopes["email"].title("en") == "Your e-mail"
    assert second.scopes["email"].title("ja") == "メールアドレス"


async def test_organizations_share_no_scope(db: Database, scopes: Scopes) -> None:
    """A scope is known to its own organization only, and changed by it only."""
    await seeded(db, "lake")
    await scopes.create_api(PROJECTS, SYSTEM)
    await scopes.create_scope(CREATE, SYSTEM)
    assert CREATE.name not in (await scopes.catalogue("lake")).scopes
    assert (await scopes.catalogue("nobody")).scopes == {}
    with pytest.raises(UnknownScope):
        await scopes.update_scope("lake", CREATE.name, ScopeChange(title_en="x"), SYSTEM)
    for name in (CREATE.name, "", "no\x00ne", "\ud800"):
        with pytest.raises(UnknownScope):
            await scopes.delete_scope("lake", name, SYSTEM)
        with pytest.raises(UnknownApi):
            await scopes.delete_api("lake", name, SYSTEM)
    with pytest.raises(UnknownApi):
        await scopes.delete_api("lake", PROJECTS.identifier, SYSTEM)
    with pytest.raises(UnknownApi):
        await scopes.create_scope(replace(CREATE, org_id="lake"), SYSTEM)


async def test_a_name_and_an_identifier_are_taken_once(scopes: Scopes) -> None:
    """The second is refused by name, also when fifty ask at once."""
    answers = await asyncio.gather(
        *(scopes.create_api(PROJECTS, SYSTEM) for _ in range(50)), return_exceptions=True
    )
    assert sum(isinstance(a, Api) for a in answers) == 1
    assert sum(isinstance(a, ApiTaken) for a in answers) == 49
    await scopes.create_scope(CREATE, SYSTEM)
    with pytest.raises(ScopeTaken):
        await scopes.create_scope(CREATE, SYSTEM)


async def test_the_meaning_of_a_standard_scope_cannot_be_changed_or_removed(
    db: Database, scopes: Scopes
) -> None:
    """OpenID Connect says what profile means; the organization words it."""
    await seeded(db)
    with pytest.raises(StandardScope):
        await scopes.update_scope("river", "profile", ScopeChange(claims=("salary",)), SYSTEM)
    with pytest.raises(StandardScope):
        await scopes.delete_scope("river", "openid", SYSTEM)


async def test_an_api_with_scopes_is_not_removed(scopes: Scopes) -> None:
    """A scope never points at an API that is gone."""
    await scopes.create_api(PROJECTS, SYSTEM)
    await scopes.create_scope(CREATE, SYSTEM)
    with pytest.raises(ApiInUse):
        await scopes.delete_api("river", PROJECTS.identifier, SYSTEM)
    await scopes.delete_scope("river", CREATE.name, SYSTEM)
    await scopes.delete_api("river", PROJECTS.identifier, SYSTEM)
    assert await scopes.list_apis("river") == []
    assert await scopes.list_scopes("river") == []


async def test_an_api_changes_its_format_and_its_clients(scopes: Scopes) -> None:
    """What is given changes, what is not stays."""
    await scopes.create_api(PROJECTS, SYSTEM)
    change = ApiChange(token_format="opaque", access_token_s=None)
    after = await scopes.update_api("river", PROJECTS.identifier, change, SYSTEM)
    assert (await scopes.list_apis("river")) == [after]
    assert (after.token_format, after.access_token_s) == ("opaque", None)
    assert after.resource_client_ids == ("app_projects",)
    with pytest.raises(UnknownApi):
        await scopes.update_api("river", "urn:none", change, SYSTEM)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": "two words"}, "name"),
        ({"name": ""}, "name"),
        ({"name": 'quo"te'}, "name"),
        ({"name": "x" * 129}, "name"),
        ({"title_en": "a\nb"}, "title_en"),
        ({"sentence_ja": "\u202e逆"}, "sentence_ja"),
        ({"sensitivity": "secret"}, "sensitivity"),
        ({"claims": ("a b",)}, "claims"),
    ],
)
async def test_a_scope_that_cannot_be_sent_or_shown_is_refused(
    scopes: Scopes, wrong: dict[str, str], field: str
) -> None:
    """The refusal says which field it is about."""
    with pytest.raises(BadScope) as refused:
        await scopes.create_scope(replace(CREATE, **wrong), SYSTEM)  # type: ignore[arg-type]
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"identifier": "projects"}, "identifier"),
        ({"identifier": "https://a.example/#part"}, "identifier"),
        ({"identifier": "https://a b"}, "identifier"),
        ({"identifier": ""}, "identifier"),
        ({"name": ""}, "name"),
        ({"token_format": "paseto"}, "token_format"),
        ({"signing_alg": "none"}, "signing_alg"),
        ({"access_token_s": 5}, "access_token_s"),
        ({"resource_client_ids": ("a\x00",)}, "resource_client_ids"),
    ],
)
async def test_an_api_that_cannot_be_an_audience_is_refused(
    scopes: Scopes, wrong: dict[str, str], field: str
) -> None:
    """An identifier is an absolute URI without a fragment (RFC 8707 2)."""
    with pytest.raises(BadApi) as refused:
        await scopes.create_api(replace(PROJECTS, **wrong), SYSTEM)  # type: ignore[arg-type]
    assert refused.value.field == field


async def test_every_change_is_recorded(db: Database, scopes: Scopes) -> None:
    """The record names what was changed."""
    await scopes.create_api(PROJECTS, SYSTEM)
    await scopes.create_scope(CREATE, SYSTEM)
    await scopes.update_scope("river", CREATE.name, ScopeChange(title_en="x"), SYSTEM)
    await scopes.update_api("river", PROJECTS.identifier, ApiChange(name="P"), SYSTEM)
    await scopes.delete_scope("river", CREATE.name, SYSTEM)
    await scopes.delete_api("river", PROJECTS.identifier, SYSTEM)
    events = await Audit(db=db).list("river", None, 10)
    assert [e.event.action for e in reversed(events)] == [
        "api.created",
        "scope.created",
        "scope.updated",
        "api.updated",
        "scope.deleted",
        "api.deleted",
    ]
