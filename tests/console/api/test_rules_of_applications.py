"""The API on who may register applications, on scopes in use, and on changes that are sent back."""

from __future__ import annotations

import pytest

from doorward.audit import SYSTEM
from doorward.clients import ApplicationChange, Author
from tests.console.api.staff import Client, Office
from tests.console.api.things import BODIES

pytestmark = pytest.mark.anyio

LIVE = {**BODIES["create_application"], "status": "approved"}


@pytest.fixture
async def chief(office: Office) -> Client:
    """Somebody with every permission."""
    return await office.client()


async def test_the_rules_for_new_applications_are_read_and_changed(
    office: Office, chief: Client
) -> None:
    """Field by field, on the record; who may not write the organization changes nothing."""
    told = {"mode": "by_request", "message_en": "Write to us.", "message_ja": "ご連絡ください。"}
    answer = await chief("PATCH", "/organization", json={"registration": told})
    assert answer.status_code == 200
    answer = await chief("PATCH", "/organization", json={"registration": {"message_en": None}})
    rules = (await chief("GET", "/organization")).json()["registration"]
    assert (rules["mode"], rules["message_en"]) == ("by_request", None)
    assert rules["message_ja"] == "ご連絡ください。"
    newest = (await office.services.audit.list("river", None, 10))[0].event
    assert newest.action == "organization.updated"
    reader = await office.client(("organizations.read",))
    answer = await reader("PATCH", "/organization", json={"registration": {"mode": "open"}})
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_missing")


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"mode": "open", "who": []}, "who"),
        ({"message_en": "a\u202eb"}, "message_en"),
        ({"message_ja": " "}, "message_ja"),
    ],
)
async def test_rules_that_cannot_hold_are_refused_by_field(
    chief: Client, wanted: dict[str, object], field: str
) -> None:
    """And nothing is changed."""
    before = (await chief("GET", "/organization")).json()
    answer = await chief("PATCH", "/organization", json={"registration": wanted})
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_registration")
    assert answer.json()["fields"][0]["field"] == field
    assert (await chief("GET", "/organization")).json() == before


async def test_a_scope_in_use_is_not_deleted(chief: Client) -> None:
    """The refusal says how many use it."""
    await chief("POST", "/scopes", json={**BODIES["create_scope"], "name": "gifts"})
    made = await chief("POST", "/applications", json={**LIVE, "scopes": ["gifts"]})
    answer = await chief("DELETE", "/scopes/gifts")
    assert (answer.status_code, answer.json()["code"]) == (409, "scope_in_use")
    assert "One application uses this scope" in answer.text
    await chief("PATCH", f"/applications/{made.json()['client_id']}", json={"scopes": []})
    assert (await chief("DELETE", "/scopes/gifts")).status_code == 204


async def test_a_change_is_sent_back_and_answered(office: Office, chief: Client) -> None:
    """What is live stays in force, and the queue is empty meanwhile."""
    owner = office.people["river"]
    body = {**LIVE, "owner_account_id": owner.subject}
    client_id = (await chief("POST", "/applications", json=body)).json()["client_id"]
    by = Author(SYSTEM, owner.account_id, "constituent")
    await office.services.applications.update(
        "river", client_id, ApplicationChange(name="Another"), by
    )
    path = f"/applications/{client_id}"
    answer = await chief("POST", f"{path}/request-changes", json={"message": "Why?"})
    assert answer.json()["status"] == "change_returned"
    review = (await chief("GET", f"{path}/review")).json()
    assert review["change_pending"] is True
    assert review["application"]["name"] == "New"
    waiting = (await chief("GET", "/review-queue")).json()["items"]
    assert client_id not in [each["client_id"] for each in waiting]


async def test_staff_give_an_application_a_quota(office: Office, chief: Client) -> None:
    """Also somebody's, without a review; it is on the record, and read in the document."""
    owner = office.people["river"]
    made = await chief("POST", "/applications", json={**LIVE, "owner_account_id": owner.subject})
    assert made.json()["quota_a_minute"] is None
    path = f"/applications/{made.json()['client_id']}"
    writer = await office.client(("applications.read", "applications.write"))
    answer = await writer("PATCH", path, json={"quota_a_minute": 600})
    assert (answer.status_code, answer.json()["quota_a_minute"]) == (200, 600)
    assert (await writer("GET", path)).json()["quota_a_minute"] == 600
    newest = (await office.services.audit.list("river", None, 1))[0].event
    assert newest.action == "application.updated"
    assert "600" in str(newest.detail)
    for wrong in (0, -1, 1_000_001, 10**30, "600", 1.5, True, [600]):
        answer = await writer("PATCH", path, json={"quota_a_minute": wrong})
        assert answer.status_code == 422, wrong
        assert "quota_a_minute" in answer.text
    reader = await office.client(("applications.read",))
    answer = await reader("PATCH", path, json={"quota_a_minute": None})
    assert answer.status_code == 403
    answer = await writer("PATCH", path, json={"quota_a_minute": None})
    assert answer.json()["quota_a_minute"] is None
