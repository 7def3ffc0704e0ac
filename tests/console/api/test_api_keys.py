"""API keys and API access in the management API."""

from __future__ import annotations

import pytest

from doorward.audit import SYSTEM
from tests.console.api.staff import Client, Office
from tests.support.clock import ManualClock

pytestmark = pytest.mark.anyio


@pytest.fixture
async def chief(office: Office) -> Client:
    """Staff who may do everything."""
    return await office.client()


async def made(office: Office, chief: Client, **limits: object) -> tuple[str, str]:
    """The id and the value of a key of a new member of staff."""
    anna = await office.staff({"consents.read"})
    await office.services.api_keys.switch_access_on("river", anna.account_id, SYSTEM)
    body = {"label": "Import", "account_id": anna.subject, **limits}
    answer = await chief("POST", "/api-keys", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["key_id"], answer.json()["key"]


async def test_a_key_is_regenerated_at_once(office: Office, chief: Client) -> None:
    """The old value opens nothing, the new one everything; the record names both."""
    key_id, key = await made(office, chief)
    answer = await chief("POST", f"/api-keys/{key_id}/regenerate")
    assert answer.status_code == 201
    assert (await office.holding(key)("GET", "/consents")).status_code == 401
    assert (await office.holding(answer.json()["key"])("GET", "/consents")).status_code == 200
    listed = (await chief("GET", "/api-keys", params={"limit": 200})).json()["items"]
    old = next(each for each in listed if each["key_id"] == key_id)
    assert old["replaced_by"] == answer.json()["key_id"]
    assert (await chief("POST", f"/api-keys/{key_id}/regenerate")).status_code == 404


async def test_a_key_is_rotated_with_a_grace(
    office: Office, chief: Client, clock: ManualClock
) -> None:
    """Both open for as long; a lost answer is asked for again by its idempotency key."""
    key_id, key = await made(office, chief)
    path, body = f"/api-keys/{key_id}/rotate", {"grace_s": 60}
    headers = {"Idempotency-Key": "rotate-once"}
    answer = await chief("POST", path, json=body, headers=headers)
    assert (await chief("POST", path, json=body, headers=headers)).json() == answer.json()
    assert (await chief("POST", path, json=body)).json()["code"] == "already_replaced"
    for value in (key, answer.json()["key"]):
        assert (await office.holding(value)("GET", "/consents")).status_code == 200
    clock.advance(seconds=60)
    assert (await office.holding(key)("GET", "/consents")).status_code == 401
    for grace in (-1, 604_801):
        refused = await chief("POST", path, json={"grace_s": grace})
        assert refused.status_code == 422


async def test_a_key_is_limited_to_networks(office: Office, chief: Client) -> None:
    """When it is made and afterwards; what is no network is named."""
    key_id, key = await made(office, chief, networks=["192.0.2.7/24"])
    program = office.holding(key)
    assert (await program("GET", "/consents")).status_code == 401
    answer = await chief("PATCH", f"/api-keys/{key_id}", json={"networks": ["127.0.0.1"]})
    assert answer.json()["networks"] == ["127.0.0.1/32"]
    assert (await program("GET", "/consents")).status_code == 200
    for wrong in (["home"], ["1.2.3.4"] * 33, "127.0.0.1"):
        refused = await chief("PATCH", f"/api-keys/{key_id}", json={"networks": wrong})
        assert refused.status_code == 422, wrong
    opened = await chief("PATCH", f"/api-keys/{key_id}", json={"networks": []})
    assert opened.json()["networks"] == []
    listed = (await chief("GET", "/api-keys", params={"limit": 200})).json()["items"]
    used = next(each for each in listed if each["key_id"] == key_id)
    assert used["last_used_from"] == "127.0.0.1"


async def test_switching_access_off_ends_the_keys(office: Office, chief: Client) -> None:
    """A constituent has no access to switch on."""
    key_id, key = await made(office, chief)
    keys = (await chief("GET", "/api-keys", params={"limit": 200})).json()["items"]
    holder = next(each["account_id"] for each in keys if each["key_id"] == key_id)
    switch = f"/accounts/{holder}/api-access"
    assert (await chief("GET", switch)).json() == {"account_id": holder, "on": True}
    assert (await chief("PUT", switch, json={"on": False})).json()["on"] is False
    assert (await office.holding(key)("GET", "/consents")).status_code == 401
    bea = office.people["river"].subject
    refused = await chief("PUT", f"/accounts/{bea}/api-access", json={"on": True})
    assert (refused.status_code, refused.json()["code"]) == (409, "not_staff")
    assert (await chief("GET", "/accounts/999999/api-access")).status_code == 404


async def test_nobody_takes_a_key_of_staff_who_may_do_more(office: Office, chief: Client) -> None:
    """A new value of it would act for them."""
    key_id, _ = await made(office, chief)
    small = await office.client({"accounts.read", "accounts.write"})
    for method, path, body in (
        ("POST", f"/api-keys/{key_id}/regenerate", None),
        ("POST", f"/api-keys/{key_id}/rotate", {"grace_s": 60}),
        ("PATCH", f"/api-keys/{key_id}", {"networks": []}),
    ):
        answer = await small(method, path, json=body)
        assert (answer.status_code, answer.json()["code"]) == (403, "more_powerful"), path
