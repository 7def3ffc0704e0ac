"""What the operations do to what they manage."""

from __future__ import annotations

import json
from base64 import b64encode, urlsafe_b64encode
from urllib.parse import quote

import pytest

from doorward.accounts import Account, AccountKind
from doorward.crypto import Secret
from doorward.orgs import OPERATORS
from doorward.protocol import AuthMethod, OAuthError, PresentedClient
from doorward.sessions import Visitor
from tests.console.api.staff import Client, Office
from tests.console.api.things import BODIES, filled, things_of
from tests.support.clock import ManualClock

pytestmark = pytest.mark.anyio


@pytest.fixture
async def chief(office: Office) -> Client:
    """A member of staff of ``river`` who may do everything."""
    return await office.client()


async def test_an_account_is_created_read_changed_disabled_and_let_in_again(
    office: Office, chief: Client
) -> None:
    """The whole life of an account, and the person signs in with the password that staff set."""
    made = await chief(
        "POST",
        "/accounts",
        json={"username": "dan", "email": "dan@example.org", "password": "first password"},
    )
    assert made.status_code == 201
    assert "password" not in made.text.replace("password_changed_at", "")
    path = f"/accounts/{made.json()['account_id']}"
    assert (await chief("GET", path)).json() == made.json()
    changed = await chief("PATCH", path, json={"name": "Dan", "email": None})
    assert (changed.json()["name"], changed.json()["email"]) == ("Dan", None)
    assert changed.json()["username"] == "dan"
    assert (await chief("PUT", f"{path}/password", json={"password": "x" * 7})).status_code == 422
    assert (await chief("PUT", f"{path}/password", json={"password": "second one"})).is_success
    accounts = office.services.accounts
    signed_in = ("river", AccountKind.CONSTITUENT, "dan", Secret("second one"))
    assert isinstance(await accounts.verify_password(*signed_in), Account)
    assert (await chief("POST", f"{path}/disable")).json()["status"] == "disabled"
    assert not isinstance(await accounts.verify_password(*signed_in), Account)
    assert (await chief("POST", f"{path}/enable")).json()["status"] == "active"


async def test_a_company_and_its_details_are_kept_and_shown(chief: Client) -> None:
    """Replaced as a whole; addresses have numbers, as text, and keep them."""
    body = {"username": "works", "name": "River Works", "user_type": "company"}
    made = (await chief("POST", "/accounts", json=body)).json()
    assert made["user_type"] == "company"
    assert made["created_by"].startswith("account ")
    path = f"/accounts/{made['account_id']}/details"
    blank = await chief("GET", path)
    assert blank.status_code == 200
    assert (blank.json()["prefix"], blank.json()["addresses"]) == (None, [])
    said = {
        "prefix": "Dr.",
        "dob": {"day": 29, "month": 2, "year": 2000},
        "addresses": [{"city": "Riverbend", "state_province": {"code": "TX"}}],
        "primary_contact_account_id": made["account_id"],
        "consent": {"email": "GIVEN"},
        "start_date": "2020-01-31",
    }
    kept = (await chief("PUT", path, json=said)).json()
    assert kept["addresses"][0]["address_id"].isdecimal()
    assert kept["addresses"][0]["is_primary_address"]
    assert {name: kept[name] for name in ("prefix", "dob", "start_date")} == {
        name: said[name] for name in ("prefix", "dob", "start_date")
    }
    assert (await chief("GET", path)).json() == kept
    again = (await chief("PUT", path, json=kept | {"prefix": None})).json()
    assert again == kept | {"prefix": None}
    for wrong, field in (
        ({"dob": {"day": 30, "month": 2, "year": 2000}}, "dob"),
        ({"addresses": [{"address_id": "99"}]}, "addresses.0.address_id"),
        ({"addresses": [{"city": "a\u0000b"}]}, "addresses.0.city"),
        ({"primary_contact_account_id": "999999"}, "primary_contact_account_id"),
    ):
        refused = await chief("PUT", path, json=wrong)
        assert refused.status_code == 422
        assert [each["field"] for each in refused.json()["fields"]] == [field]
    assert (await chief("GET", path)).json() == again


async def test_a_list_of_accounts_is_filtered_by_status_and_type(chief: Client) -> None:
    """Alone, together, and beside a prefix."""
    for name, kind in (("zoe", "individual"), ("zed", "company"), ("zoo", "company")):
        body = {"username": name, "name": name, "user_type": kind}
        made = (await chief("POST", "/accounts", json=body)).json()
        if name == "zoo":
            await chief("POST", f"/accounts/{made['account_id']}/disable")

    async def found(**query: str) -> list[str]:
        answer = await chief("GET", "/accounts", params=query)
        return [each["username"] for each in answer.json()["items"]]

    assert await found(status="disabled") == ["zoo"]
    assert await found(user_type="company") == ["zed", "zoo"]
    assert await found(user_type="company", status="active") == ["zed"]
    assert await found(prefix="zo", user_type="individual") == ["zoe"]
    assert (await chief("GET", "/accounts", params={"status": "gone"})).status_code == 422


async def test_a_name_that_is_taken_is_a_conflict(chief: Client) -> None:
    """The room's refusal comes as a problem with a stable code and the field."""
    body = {"username": "dan"}
    assert (await chief("POST", "/accounts", json=body)).status_code == 201
    answer = await chief("POST", "/accounts", json=body)
    assert answer.status_code == 409
    assert answer.json() == {
        "type": "urn:doorward:problem:username_taken",
        "title": "This user name is already in use.",
        "status": 409,
        "code": "username_taken",
        "fields": [{"field": "username", "detail": "This user name is already in use."}],
        "request_id": answer.headers["x-request-id"],
    }


async def test_an_import_names_the_number_of_an_account(chief: Client) -> None:
    """And the next one comes after it."""
    made = await chief("POST", "/accounts", json={"username": "old", "account_id": "777"})
    assert made.json()["account_id"] == "777"
    after = await chief("POST", "/accounts", json={"username": "new"})
    assert int(after.json()["account_id"]) == 778


async def test_setting_a_password_ends_the_sessions(office: Office, chief: Client) -> None:
    """Whoever came in with the old one is out."""
    org, person = office.organizations["river"], office.people["river"]
    sessions = office.services.sessions
    browser, _ = await sessions.open_browser(org)
    await sessions.sign_in(org, browser, person, Visitor("192.0.2.1", "Firefox"))
    path = f"/accounts/{person.subject}"
    listed = (await chief("GET", f"{path}/sessions")).json()["items"]
    assert [each["address"] for each in listed] == ["192.0.2.1"]
    assert (await chief("PUT", f"{path}/password", json={"password": "another"})).status_code == 422
    await chief("PUT", f"{path}/password", json={"password": "quite another"})
    assert (await chief("GET", f"{path}/sessions")).json()["items"] == []


async def test_a_session_is_ended_once(office: Office, chief: Client) -> None:
    """And only under the account that it belongs to."""
    things = await things_of(office, "river")
    path = f"/accounts/{things['account_id']}/sessions/{things['session_id']}"
    other = f"/accounts/{office.people['river'].subject}/sessions/{things['session_id']}"
    assert (await chief("DELETE", other)).status_code == 404
    assert (await chief("DELETE", path)).status_code == 204
    assert (await chief("DELETE", path)).status_code == 404


async def test_an_application_is_registered_reviewed_and_deleted(
    office: Office, chief: Client
) -> None:
    """The secret that is shown once proves the client, until the application is suspended."""
    made = await chief("POST", "/applications", json=BODIES["create_application"])
    assert made.status_code == 201
    client_id, secret = made.json()["client_id"], made.json()["client_secret"]
    path = f"/applications/{client_id}"
    presented = PresentedClient(client_id, secret, AuthMethod.BASIC)
    authenticate = office.services.applications.authenticate
    assert not (await authenticate("river", presented)).application.is_live
    assert (await chief("POST", f"{path}/submit", json={})).json()["status"] == "submitted"
    second = await office.client()
    answer = await second("POST", f"{path}/approve", json={"revision": 1})
    assert answer.json()["status"] == "approved"
    assert (await authenticate("river", presented)).application.is_live
    answer = await second("POST", f"{path}/decline", json={"message": "No."})
    assert (answer.status_code, answer.json()["code"]) == (409, "bad_transition")
    assert (await second("POST", f"{path}/suspend", json={"message": ""})).status_code == 422
    assert (await second("POST", f"{path}/suspend", json={"message": "Why?"})).is_success
    with pytest.raises(OAuthError):
        await authenticate("river", presented)
    assert (await second("POST", f"{path}/reinstate", json={})).json()["status"] == "approved"
    events = (await chief("GET", f"{path}/review/events")).json()["items"]
    assert [each["action"] for each in events] == [
        "reinstate",
        "suspend",
        "approve",
        "submit",
        "register",
    ]
    changed = await chief("PATCH", path, json={"scopes": ["openid"], "description": "For donors"})
    assert changed.json()["scopes"] == ["openid"]
    assert changed.json()["redirect_uris"] == ["https://new.example/callback"]
    assert (await chief("DELETE", path)).status_code == 204
    assert (await chief("GET", path)).status_code == 404


async def test_a_public_application_has_no_secret(chief: Client) -> None:
    """Neither shown nor to be added."""
    body = {
        "name": "App",
        "kind": "native",
        "auth_method": "none",
        "redirect_uris": ["http://127.0.0.1/callback"],
    }
    made = await chief("POST", "/applications", json=body)
    assert made.json()["client_secret"] is None
    answer = await chief("POST", f"/applications/{made.json()['client_id']}/secrets")
    assert (answer.status_code, answer.json()["code"]) == (409, "no_secrets")


async def test_secrets_are_switched_without_a_gap(chief: Client) -> None:
    """Add one, use it, revoke the other; the last one stays."""
    made = await chief("POST", "/applications", json=BODIES["create_application"])
    path = f"/applications/{made.json()['client_id']}/secrets"
    second = await chief("POST", path)
    assert second.status_code == 201
    assert second.json()["secret"].endswith(second.json()["last4"])
    listed = (await chief("GET", path)).json()["items"]
    assert len(listed) == 2
    assert [each["last_used_at"] for each in listed] == [None, None]
    first_id = next(e["secret_id"] for e in listed if e["secret_id"] != second.json()["secret_id"])
    assert (await chief("DELETE", f"{path}/{first_id}")).status_code == 204
    answer = await chief("DELETE", f"{path}/{second.json()['secret_id']}")
    assert (answer.status_code, answer.json()["code"]) == (409, "last_secret")


async def test_an_owner_is_an_account_of_the_organization(office: Office, chief: Client) -> None:
    """V-MT: not one of another's."""
    body = dict(BODIES["create_application"]) | {"owner_account_id": "5000"}
    assert (await chief("POST", "/applications", json=body)).status_code == 404
    body["owner_account_id"] = office.people["river"].subject
    made = await chief("POST", "/applications", json=body)
    assert made.json()["owner_account_id"] == office.people["river"].subject


async def test_scopes_and_apis_are_offered_changed_and_removed(chief: Client) -> None:
    """Names with colons and slashes work in paths; a standard scope stays."""
    identifier = "https://api.river.example/v1"
    api = await chief("POST", "/apis", json={"identifier": identifier, "name": "Donations"})
    assert api.status_code == 201
    name = "https://api.river.example/scopes/donations?x=1#y%20"
    scope = dict(BODIES["create_scope"]) | {"name": name, "api": identifier}
    assert (await chief("POST", "/scopes", json=scope)).status_code == 201
    scope_path, api_path = f"/scopes/{quote(name, safe='')}", f"/apis/{quote(identifier, safe='')}"
    assert (await chief("GET", scope_path)).json()["api"] == identifier
    changed = await chief("PATCH", scope_path, json={"claims": ["email"], "title_ja": "寄付"})
    assert (changed.json()["claims"], changed.json()["title_ja"]) == (["email"], "寄付")
    answer = await chief("DELETE", api_path)
    assert (answer.status_code, answer.json()["code"]) == (409, "api_in_use")
    assert (await chief("DELETE", scope_path)).status_code == 204
    assert (await chief("PATCH", api_path, json={"token_format": "jwt"})).is_success
    assert (await chief("DELETE", api_path)).status_code == 204
    assert (await chief("GET", api_path)).status_code == 404


async def test_withdrawing_a_consent_ends_it(office: Office, chief: Client) -> None:
    """Once."""
    things = await things_of(office, "river")
    path = f"/consents/{things['consent_id']}"
    assert (await chief("GET", path)).json()["scopes"] == ["openid"]
    assert (await chief("DELETE", path)).status_code == 204
    assert (await chief("DELETE", path)).status_code == 404


async def test_a_token_is_read_and_revoked(office: Office, chief: Client) -> None:
    """What it opens while it is good; nothing about one that is not."""
    person = office.people["river"]
    token = await office.token(person, scopes=("openid", "email"))
    told = (await chief("POST", "/tokens/introspect", json={"token": token})).json()
    assert told["active"] is True
    assert (told["account_id"], told["scopes"]) == (person.subject, ["openid", "email"])
    assert (await chief("POST", "/tokens/revoke", json={"token": token})).json() == {
        "revoked": True
    }
    told = (await chief("POST", "/tokens/introspect", json={"token": token})).json()
    assert told["active"] is False
    assert told["account_id"] is None
    assert (await chief("POST", "/tokens/revoke", json={"token": token})).json() == {
        "revoked": False
    }
    theirs = await office.token(office.people["lake"], org_id="lake")
    for path, key in (("introspect", "active"), ("revoke", "revoked")):
        answer = await chief("POST", f"/tokens/{path}", json={"token": theirs})
        assert answer.json()[key] is False
    lake = await office.client(org_id="lake")
    answer = await lake("POST", "/tokens/introspect", json={"token": theirs})
    assert answer.json()["active"] is True


async def test_keys_are_rotated_when_verifiers_know_the_next(
    chief: Client, clock: ManualClock
) -> None:
    """The next one signs; the one before is retired; no private part is told."""
    before = (await chief("GET", "/signing-keys")).json()["items"]
    rotated = await chief("POST", "/signing-keys/rotate", json={"alg": "ES256"})
    assert rotated.json()["status"] == "current"
    again = await chief("POST", "/signing-keys/rotate", json={"alg": "ES256"})
    assert (again.status_code, again.json()["code"]) == (409, "key_is_new")
    clock.advance(seconds=301)
    assert (await chief("POST", "/signing-keys/rotate", json={"alg": "ES256"})).is_success
    listed = (await chief("GET", "/signing-keys")).json()["items"]
    assert len(listed) == len(before) + 2
    for key in listed:
        assert not {"d", "p", "q", "dp", "dq", "qi"} & set(key["public_jwk"])


async def test_an_api_key_is_created_used_and_revoked(office: Office, chief: Client) -> None:
    """Shown once; it can do what its account can; then nothing."""
    anna = await office.staff({"consents.read"})
    switch = f"/accounts/{anna.subject}/api-access"
    assert (await chief("GET", switch)).json() == {"account_id": anna.subject, "on": False}
    body = {"label": "Import", "account_id": anna.subject}
    off = await chief("POST", "/api-keys", json=body)
    assert (off.status_code, off.json()["code"]) == (409, "api_access_off")
    assert (await chief("PUT", switch, json={"on": True})).json()["on"] is True
    made = await chief("POST", "/api-keys", json=body)
    assert made.status_code == 201
    program = office.holding(made.json()["key"])
    assert (await program("GET", "/consents")).status_code == 200
    assert (await program("GET", "/accounts")).status_code == 403
    path = f"/api-keys/{made.json()['key_id']}"
    assert (await chief("DELETE", path)).status_code == 204
    assert (await program("GET", "/consents")).status_code == 401
    assert (await chief("DELETE", path)).status_code == 404


async def test_operators_create_suspend_and_resume_organizations(office: Office) -> None:
    """A new organization has its standard scopes and keys, and can be stopped."""
    operator = await office.client(org_id=OPERATORS)
    body = {"org_id": "meadow", "name": "Meadow", "policy": {"access_token_s": 600}}
    made = await operator("POST", "/organizations", json=body)
    assert made.status_code == 201
    assert made.json()["policy"]["access_token_s"] == 600
    assert made.json()["policy"]["code_s"] == 60
    assert (await office.services.keys.signer("meadow", "RS256")).alg == "RS256"
    path = "/organizations/meadow"
    assert (await operator("POST", f"{path}/suspend")).json()["status"] == "suspended"
    assert (await operator("GET", path)).json()["status"] == "suspended"
    assert (await operator("POST", f"{path}/resume")).json()["status"] == "active"
    changed = await operator("PATCH", path, json={"policy": {"code_s": 30}, "accent": "#ABCDEF"})
    assert changed.json()["policy"]["access_token_s"] == 600
    assert changed.json()["policy"]["code_s"] == 30
    assert changed.json()["accent"] == "#abcdef"


async def test_changes_are_recorded_under_who_made_them(office: Office) -> None:
    """The account that the credential belongs to, not the credential."""
    anna = await office.staff()
    client = office.holding(await office.key_of(anna))
    await client("POST", "/accounts", json={"username": "dan"})
    event = (await client("GET", "/audit-events", params={"limit": 1})).json()["items"][0]
    assert (event["action"], event["actor_kind"], event["actor_id"]) == (
        "account.created",
        "account",
        anna.subject,
    )


async def test_no_answer_holds_a_secret_or_its_digest(office: Office, chief: Client) -> None:
    """V-CL: after a secret was shown, no list and no reading shows it, its digest or a hash."""
    made = await chief("POST", "/applications", json=BODIES["create_application"])
    key = await chief("POST", "/api-keys", json={"label": "x"})
    secrets = [made.json()["client_secret"], key.json()["key"]]
    application = await office.services.applications.get("river", made.json()["client_id"])
    digests = [each.digest for each in application.secrets]
    forbidden = [*secrets, "$argon2", '"digest"', '"sealed"', '"d"']
    for each in digests:
        forbidden += [each.hex(), b64encode(each).decode(), urlsafe_b64encode(each).decode()]
    things = await things_of(office, "river") | {"client_id": made.json()["client_id"]}
    offer = f"/applications/{things['client_id']}/offer"
    assert (await chief("PUT", offer, json={"account_id": things["account_id"]})).is_success
    for operation in office.operations:
        if operation.method != "GET" or operation.path.startswith("/organizations"):
            continue
        answer = await chief("GET", filled(operation, things))
        assert answer.is_success, operation
        text = json.dumps(answer.json(), ensure_ascii=False)
        assert not [each for each in forbidden if each in text], operation
