"""Permission matrix and isolation of tenants, generated from the table of operations."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from doorward.accounts import AccountKind
from doorward.console.api.route import Operation
from doorward.orgs import OPERATORS
from tests.console.api.staff import EVERY, Client, Office
from tests.console.api.things import BODIES, arrange, body_of, filled, things_of
from tests.support.attacks import attack
from tests.support.factories import make_account

pytestmark = pytest.mark.anyio


async def ask(client: Client, operation: Operation, things: Mapping[str, str]) -> int:
    """The status of one call of ``operation``."""
    body = body_of(operation, things)
    options = {} if body is None else {"json": body}
    answer = await client(operation.method, filled(operation, things), **options)
    assert answer.status_code < 500, answer.text
    return answer.status_code


@attack("GHSA-xr8f-h2gw-9xh6", "CVE-2026-4629")
async def test_each_operation_needs_exactly_its_permission(office: Office) -> None:
    """V-MT: without it 403 whatever else one holds; with it alone, not 403."""
    await office.services.keys.ensure(OPERATORS)
    for operation in office.operations:
        permission = str(operation.permission)
        holder = await office.staff({permission}, org_id=OPERATORS)
        things = await arrange(office, OPERATORS, operation, holder)
        lacking = await office.client(EVERY - {permission}, org_id=OPERATORS)
        assert await ask(lacking, operation, things) == 403, operation
        holding = office.holding(await office.key_of(holder), org_id=OPERATORS)
        assert await ask(holding, operation, things) == operation.status, operation


async def test_no_operation_answers_strangers_or_constituents(office: Office) -> None:
    """401 without a credential, 403 with one that is not of staff."""
    stranger = office.holding(None)
    constituent = office.holding(await office.token(office.people["river"]))
    things = await things_of(office, "river")
    for operation in office.operations:
        assert await ask(stranger, operation, things) == 401, operation
        assert await ask(constituent, operation, things) == 403, operation


@attack("CVE-2026-94215")
async def test_things_of_another_organization_do_not_exist(office: Office) -> None:
    """V-MT: an id of ``lake`` under the address of ``river`` is 404, and nothing happens to it.

    Each operation is tried with every foreign id in turn, among ids of ``river`` otherwise.
    """
    ours = await office.client()
    mine, theirs = await things_of(office, "river"), await things_of(office, "lake")
    tried = 0
    before = await office.services.audit.list("lake", None, 500)
    for operation in office.operations:
        names = [name for name in theirs if f"{{{name}" in operation.path]
        for name in names:
            assert await ask(ours, operation, mine | {name: theirs[name]}) == 404, (operation, name)
            tried += 1
    assert tried >= 25
    assert await office.services.audit.list("lake", None, 500) == before


async def test_numbers_of_accounts_are_the_organizations_own(office: Office) -> None:
    """V-MT: the same account id names different people under different addresses."""
    use = office.services
    for org_id in ("river", "lake"):
        await make_account(use.db, f"{org_id}-person", org_id=org_id)
    found = await (await office.client())("GET", "/accounts", params={"prefix": "lake-person"})
    assert found.json()["items"] == []


async def test_only_operators_see_other_organizations(office: Office) -> None:
    """The same permission opens one's own organization, and nothing else."""
    ours = await office.client()
    assert (await ours("GET", "/organizations")).status_code == 404
    assert (await ours("GET", "/organizations/lake")).status_code == 404
    assert (await ours("PATCH", "/organizations/river", json={"name": "X"})).status_code == 404
    operator = await office.client(org_id=OPERATORS)
    listed = await operator("GET", "/organizations")
    assert {"river", "lake"} <= {each["org_id"] for each in listed.json()["items"]}


async def test_an_organizations_staff_do_not_choose_its_hosts(office: Office) -> None:
    """A host is the operators' to give: otherwise anybody could take another's."""
    ours = await office.client()
    answer = await ours("PATCH", "/organization", json={"hosts": ["lake.example"]})
    assert answer.status_code == 422
    operator = await office.client(org_id=OPERATORS)
    answer = await operator("PATCH", "/organizations/river", json={"hosts": ["id.river.example"]})
    assert answer.json()["hosts"] == ["id.river.example"]


@attack("CVE-2026-4629")
async def test_nobody_gives_permissions_that_they_lack(office: Office) -> None:
    """V-MT: who may change accounts does not become everything by it."""
    limited = await office.client({"accounts.read", "accounts.write"})
    wanted = {"username": "friend", "kind": "system", "permissions": ["keys.write"]}
    answer = await limited("POST", "/accounts", json=wanted)
    assert (answer.status_code, answer.json()["code"]) == (403, "more_powerful")
    friend = await office.staff(("accounts.read",))
    path = f"/accounts/{friend.account_id}"
    answer = await limited("PATCH", path, json={"permissions": ["accounts.read", "keys.write"]})
    assert answer.status_code == 403
    answer = await limited("PATCH", path, json={"permissions": ["accounts.write"]})
    assert answer.json()["permissions"] == ["accounts.write"]


@attack("CVE-2026-4629")
async def test_nobody_takes_over_staff_who_may_do_more(office: Office) -> None:
    """V-MT: no password, key, address or status of an account that holds more."""
    limited = await office.client({"accounts.read", "accounts.write"})
    chief = await office.staff()
    path = f"/accounts/{chief.account_id}"
    for method, where, body in (
        ("PUT", f"{path}/password", {"password": "taken over"}),
        ("PATCH", path, {"email": "mine@example.org"}),
        ("POST", f"{path}/disable", None),
        ("POST", "/api-keys", {"label": "mine", "account_id": chief.subject}),
    ):
        answer = await limited(method, where, json=body)
        assert (answer.status_code, answer.json()["code"]) == (403, "more_powerful"), where


async def test_an_application_that_acts_for_staff_unasked_needs_every_permission(
    office: Office,
) -> None:
    """V-MT: with it, one click of a chief would be everything the chief may do."""
    limited = await office.client({"applications.read", "applications.write"})
    wanted = {
        "name": "Trap",
        "redirect_uris": ["https://trap.example/callback"],
        "scopes": ["management"],
        "account_kind": "system",
        "trusted": True,
        "status": "approved",
    }
    assert (await limited("POST", "/applications", json=wanted)).status_code == 403
    made = await (await office.client())("POST", "/applications", json=wanted)
    assert made.status_code == 201
    path = f"/applications/{made.json()['client_id']}"
    for method, where, body in (
        ("PATCH", path, {"redirect_uris": ["https://mine.example/callback"]}),
        ("PATCH", path, {"trusted": False}),
        ("POST", f"{path}/secrets", None),
        ("POST", f"{path}/suspend", {"message": "A complaint."}),
        ("POST", f"{path}/withdraw", {}),
        ("PUT", f"{path}/testers", {"account_ids": []}),
        ("PUT", f"{path}/offer", {"account_id": "1"}),
    ):
        assert (await limited(method, where, json=body)).status_code == 403


async def test_an_application_that_staff_have_allowed_needs_every_permission(
    office: Office,
) -> None:
    """V-MT: consent is remembered, so a new callback would get the tokens of whoever gave it."""
    limited = await office.client({"applications.read", "applications.write"})
    allowed = f"/applications/{office.applications['river'].client_id}"
    for method, where, body in (
        ("PATCH", allowed, {"redirect_uris": ["https://mine.example/callback"]}),
        ("PATCH", allowed, {"scopes": []}),
        ("POST", f"{allowed}/secrets", None),
    ):
        answer = await limited(method, where, json=body)
        assert (answer.status_code, answer.json()["code"]) == (403, "more_powerful"), where
    plain = f"/applications/{(await things_of(office, 'river'))['client_id']}"
    assert (await limited("PATCH", plain, json={"trusted": True})).status_code == 200
    answer = await limited("PATCH", plain, json={"scopes": ["management"]})
    assert answer.status_code == 403
    assert (await limited("PATCH", plain, json={"trusted": False})).status_code == 200
    answer = await limited("PATCH", plain, json={"scopes": ["management"]})
    assert answer.status_code == 200


async def test_nobody_makes_themselves_a_reviewer(office: Office) -> None:
    """V-MT: neither directly, nor by an account of their own making, nor by an application."""
    anna = await office.staff(EVERY - {"applications.review"})
    client = office.holding(await office.key_of(anna))
    wanted = sorted(EVERY)
    path = f"/accounts/{anna.account_id}"
    answer = await client("PATCH", path, json={"permissions": wanted})
    assert (answer.status_code, answer.json()["code"]) == (403, "more_powerful")
    friend = {"username": "friend", "kind": "system", "permissions": ["applications.review"]}
    assert (await client("POST", "/accounts", json=friend)).status_code == 403
    made = await client("POST", "/applications", json=BODIES["create_application"])
    one = f"/applications/{made.json()['client_id']}"
    approved = BODIES["create_application"] | {"status": "approved"}
    answer = await client("POST", "/applications", json=approved)
    assert (answer.status_code, answer.json()["code"]) == (403, "may_not_review")
    assert (await client("POST", f"{one}/submit", json={})).status_code == 200
    assert (await client("POST", f"{one}/approve", json={"revision": 1})).status_code == 403
    assert (await client("PUT", f"{one}/status", json={"status": "approved"})).status_code == 404
    answer = await client("PATCH", one, json={"status": "approved"})
    assert answer.status_code == 422
    assert (await client("GET", one)).json()["status"] == "submitted"


async def test_nobody_reviews_what_is_their_own(office: Office) -> None:
    """Who owns it or submitted it does not approve it, whatever they hold."""
    anna, chief = await office.staff(), await office.client()
    client = office.holding(await office.key_of(anna))
    body = BODIES["create_application"] | {"owner_account_id": anna.subject, "name": "Hers"}
    answer = await client("POST", "/applications", json=body | {"status": "approved"})
    assert (answer.status_code, answer.json()["code"]) == (403, "own_application")
    made = await client("POST", "/applications", json=body)
    one = f"/applications/{made.json()['client_id']}"
    assert (await client("POST", f"{one}/submit", json={})).status_code == 200
    for step, said in (("approve", {"revision": 1}), ("take", None)):
        answer = await client("POST", f"{one}/{step}", json=said)
        assert (answer.status_code, answer.json()["code"]) == (403, "own_application")
    nobody = await client("PATCH", one, json={"owner_account_id": None})
    assert (nobody.status_code, nobody.json()["code"]) == (403, "staff_decide")
    assert (await chief("POST", f"{one}/approve", json={"revision": 1})).status_code == 200
    changed = await client("PATCH", one, json={"scopes": ["openid"]})
    assert (changed.json()["status"], changed.json()["scopes"]) == ("change_pending", [])
    assert (await client("POST", f"{one}/approve", json={"revision": 2})).status_code == 403
    seen = (await chief("GET", f"{one}/review")).json()
    assert seen["difference"] == [{"field": "scopes", "approved": [], "wanted": ["openid"]}]
    stale = await chief("POST", f"{one}/approve", json={"revision": 1})
    assert (stale.status_code, stale.json()["code"]) == (409, "stale_review")
    approved = await chief("POST", f"{one}/approve", json={"revision": 2})
    assert approved.json()["scopes"] == ["openid"]


async def test_nobody_locks_themselves_out(office: Office) -> None:
    """One's own account stays, and so does the operators' organization."""
    anna = await office.staff(org_id=OPERATORS)
    client = office.holding(await office.key_of(anna), org_id=OPERATORS)
    answer = await client("POST", f"/accounts/{anna.account_id}/disable")
    assert (answer.status_code, answer.json()["code"]) == (409, "own_account")
    answer = await client("POST", f"/organizations/{OPERATORS}/suspend")
    assert (answer.status_code, answer.json()["code"]) == (409, "own_organization")


async def test_constituents_hold_no_permissions(office: Office) -> None:
    """Only staff do; the room says so, and the API passes it on."""
    client = await office.client()
    answer = await client(
        "POST", "/accounts", json={"username": "c", "permissions": ["accounts.read"]}
    )
    assert answer.status_code == 422
    assert answer.json()["fields"][0]["field"] == "permissions"
    person = await office.services.accounts.find_by_login("river", AccountKind.CONSTITUENT, "c")
    assert person is None
