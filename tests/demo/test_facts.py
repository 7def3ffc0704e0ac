"""What the demo tells scripts is complete, and true."""

from __future__ import annotations

import json
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx2
import jsonschema_rs
import pytest

from doorward.orgs import Permission
from tests.demo.conftest import Demo
from tests.support.browser_forms import PlainBrowser, authorize

SCHEMA = json.loads(Path(__file__).with_name("facts.schema.json").read_text())
SCRIPTS = ["http://127.0.0.1:8765/callback"]
PEOPLE = {"openid", "profile", "email", "offline_access"}
PROJECTS = {f"urn:neoncloud:projects:{verb}" for verb in ("create", "read", "update", "delete")}
EXTRA = {"riverbend": set(), "neos": {"patreon"}, "neon": {"offline", *PROJECTS}}
DIALECTS = {"riverbend": ["neon_crm"], "neos": ["neos"], "neon": ["neon"], "operators": []}


def organization(demo: Demo, org_id: str) -> Mapping[str, Any]:
    """The facts on one organization."""
    found: Mapping[str, Any] = demo.server.facts["organizations"][org_id]
    return found


def test_the_facts_have_their_shape(demo: Demo) -> None:
    """Every field of the outside contract, and no other."""
    jsonschema_rs.validator_for(SCHEMA).validate(demo.server.facts)


def test_the_schema_can_refuse(demo: Demo) -> None:
    """A public application with a secret is not let through."""
    text = json.dumps(demo.server.facts).replace('"none"', '"client_secret_basic"')
    assert not jsonschema_rs.validator_for(SCHEMA).is_valid(json.loads(text))


@pytest.mark.parametrize("org_id", ["riverbend", "neos", "neon"])
def test_each_organization_has_its_people_and_applications(demo: Demo, org_id: str) -> None:
    """Two constituents, and one application of each kind with the scopes that scripts ask for."""
    facts = organization(demo, org_id)
    assert facts["dialects"] == DIALECTS[org_id]
    assert len(facts["constituents"]) == 2
    wanted = {
        "client_secret_basic": SCRIPTS,
        "client_secret_post": SCRIPTS,
        "none": ["http://127.0.0.1/callback"],
    }
    for method, uris in wanted.items():
        found = next(
            a for a in facts["applications"] if a["auth_method"] == method and a["redirect_uris"]
        )
        assert found["redirect_uris"] == uris
        assert set(found["scopes"]) >= PEOPLE | EXTRA[org_id]
    service = next(a for a in facts["applications"] if not a["redirect_uris"])
    assert service["auth_method"] == "client_secret_basic"


def test_the_first_of_riverbends_staff_holds_a_key_with_every_permission(demo: Demo) -> None:
    """Only that one: the others sign in."""
    first, *others = organization(demo, "riverbend")["staff"]
    assert set(first["permissions"]) == {str(permission) for permission in Permission}
    assert first["api_key"] is not None
    assert [each["api_key"] for each in others] == [None] * len(others)
    headers = {"Authorization": f"Bearer {first['api_key']}"}
    issuer = organization(demo, "riverbend")["issuer"]
    answer = httpx2.get(f"{issuer}/api/applications", headers=headers, trust_env=False)
    assert answer.status_code == 200
    names = {each["client_id"] for each in answer.json()["items"]}
    known = {each["client_id"] for each in organization(demo, "riverbend")["applications"]}
    assert names == known


@pytest.mark.parametrize("org_id", ["riverbend", "neos", "neon"])
def test_the_service_gets_a_token_and_learns_about_it(demo: Demo, org_id: str) -> None:
    """With the secret of the facts, and an opaque token."""
    facts = organization(demo, org_id)
    service = next(a for a in facts["applications"] if not a["redirect_uris"])
    auth = (service["client_id"], service["client_secret"])
    form = {"grant_type": "client_credentials"}
    issuer = facts["issuer"]
    answer = httpx2.post(f"{issuer}/oauth2/token", data=form, auth=auth, trust_env=False)
    token = answer.json()["access_token"]
    assert token.startswith("dw_at_")
    asked = httpx2.post(
        f"{issuer}/oauth2/introspect", data={"token": token}, auth=auth, trust_env=False
    )
    assert asked.json()["active"] is True


def test_one_service_gets_tokens_that_are_jwts(demo: Demo) -> None:
    """Because the API of its scope asks for them (RFC 9068), signed with ES256."""
    facts = organization(demo, "riverbend")
    service = next(a for a in facts["applications"] if a["scopes"] == ["donations.read"])
    answer = httpx2.post(
        f"{facts['issuer']}/oauth2/token",
        data={"grant_type": "client_credentials"},
        auth=(service["client_id"], service["client_secret"]),
        trust_env=False,
    )
    token = answer.json()["access_token"]
    assert len(token.split(".")) == 3


@pytest.mark.parametrize("org_id", ["riverbend", "neos", "neon"])
def test_everybody_can_sign_in_and_sees_what_an_application_wants(demo: Demo, org_id: str) -> None:
    """With the printed password, for every scope that the application may ask for."""
    facts = organization(demo, org_id)
    application = next(a for a in facts["applications"] if a["auth_method"] == "none")
    people = demo.server.organization(org_id).constituents
    query = {
        "response_type": "code",
        "client_id": application["client_id"],
        "redirect_uri": "http://127.0.0.1:5000/callback",
        "scope": " ".join(application["scopes"]),
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        "code_challenge_method": "S256",
        "state": "s",
    }
    address = str(httpx2.URL(f"{facts['issuer']}/oauth2/auth", params=query))
    for person in people:
        with PlainBrowser(stop_at=query["redirect_uri"]) as browser:
            journey = authorize(browser, address, person)
        assert "code" in journey.arrival.parameters


def test_nobody_else_may_read_what_the_demo_keeps(demo: Demo) -> None:
    """Keys, credentials, facts and the database are the owner's alone."""
    assert stat.S_IMODE(demo.data.stat().st_mode) == 0o700
    for file in demo.data.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) & 0o077 == 0, file.name


def test_the_bare_address_leads_to_the_sample_application(demo: Demo) -> None:
    """Whoever opens the server's address is shown where to begin."""
    answer = httpx2.get(demo.server.base_url, trust_env=False)
    assert answer.status_code in {302, 303, 307}
    assert answer.headers["location"].rstrip("/") == demo.server.sample_url
