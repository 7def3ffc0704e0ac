"""A creation that is sent again is not done again."""

from __future__ import annotations

import asyncio
from hashlib import sha256

import msgspec
import pytest

from doorward.console import remove_expired
from doorward.console.api.store import begin_request, find_request
from doorward.crypto import digest
from doorward.db import SECOND, Sweeper
from tests.console.api.staff import Office
from tests.support.clock import ManualClock

pytestmark = pytest.mark.anyio

APPLICATION = {"name": "Portal", "redirect_uris": ["https://portal.example/callback"]}
KEY = {"Idempotency-Key": "7c1e-my-key"}


async def test_the_same_creation_is_done_once_and_answered_twice(office: Office) -> None:
    """The secret that is shown once comes back to who asks again with the same key."""
    client = await office.client()
    first = await client("POST", "/applications", json=APPLICATION, headers=KEY)
    again = await client("POST", "/applications", json=APPLICATION, headers=KEY)
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert first.json()["client_secret"].startswith("dw_cs_")
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["content-type"] == "application/json"
    listed = await client("GET", "/applications")
    assert [each["name"] for each in listed.json()["items"]].count("Portal") == 1


async def test_the_secret_is_kept_sealed(office: Office) -> None:
    """The database alone does not give it away."""
    anna = await office.staff()
    client = office.holding(await office.key_of(anna))
    made = await client("POST", "/applications", json=APPLICATION, headers=KEY)
    stored = await find_request(
        office.services.db, ("river", anna.account_id, digest(KEY["Idempotency-Key"]))
    )
    assert stored is not None
    assert stored.status == 201
    assert stored.sealed is not None
    assert made.json()["client_secret"].encode() not in stored.sealed
    assert made.json()["client_id"].encode() not in stored.sealed


async def test_another_request_under_the_same_key_is_refused(office: Office) -> None:
    """Another body, or another path, is another request."""
    client = await office.client()
    assert (await client("POST", "/applications", json=APPLICATION, headers=KEY)).is_success
    for path, body in (
        ("/applications", APPLICATION | {"name": "Other"}),
        ("/accounts", {"username": "anna2"}),
    ):
        answer = await client("POST", path, json=body, headers=KEY)
        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_mismatch")


async def test_keys_belong_to_their_caller(office: Office) -> None:
    """Two people may choose the same text."""
    for client in (await office.client(), await office.client()):
        made = await client("POST", "/applications", json=APPLICATION, headers=KEY)
        assert made.status_code == 201
        assert "idempotency-replayed" not in made.headers


async def test_a_refused_creation_frees_its_key(office: Office) -> None:
    """Nothing was created, so the corrected request may use the key."""
    client = await office.client()
    bad = APPLICATION | {"redirect_uris": ["http://portal.example/callback"]}
    for body in (bad, {"name": 1}, {}):
        answer = await client("POST", "/applications", json=body, headers=KEY)
        assert answer.status_code == 422, answer.text
    answer = await client("POST", "/applications", json=APPLICATION, headers=KEY)
    assert answer.status_code == 201


async def test_a_request_under_way_is_not_done_a_second_time(
    office: Office, clock: ManualClock
) -> None:
    """409 while the first has no answer, also if it will never have one."""
    anna = await office.staff()
    client = office.holding(await office.key_of(anna))
    db = office.services.db
    key = ("river", anna.account_id, digest(KEY["Idempotency-Key"]))
    body = b'{"username":"once"}'
    asked = sha256(msgspec.msgpack.encode(("POST", "/accounts", b"", body))).digest()
    ends = clock.now + 60 * SECOND
    await begin_request(db, db.next_id(), key, asked, now=clock.now, expires_at=ends)
    headers = {**KEY, "Content-Type": "application/json"}
    answer = await client("POST", "/accounts", content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_in_flight")
    clock.advance(seconds=61)
    answer = await client("POST", "/accounts", content=body, headers=headers)
    assert answer.status_code == 201


async def test_twenty_at_once_create_one(office: Office) -> None:
    """Whoever loses the race is told to wait, or gets the winner's answer."""
    client = await office.client()
    body = {"username": "raced"}
    answers = await asyncio.gather(
        *(client("POST", "/accounts", json=body, headers=KEY) for _ in range(20))
    )
    statuses = {answer.status_code for answer in answers}
    assert statuses <= {201, 409}
    numbers = {each.json()["account_id"] for each in answers if each.status_code == 201}
    assert len(numbers) == 1
    again = await client("POST", "/accounts", json=body, headers=KEY)
    assert again.status_code == 201
    assert {again.json()["account_id"]} == numbers


async def test_keys_are_forgotten_after_a_day(office: Office, clock: ManualClock) -> None:
    """The key is free again, and the sweep removes what is left."""
    client = await office.client()
    first = await client("POST", "/api-keys", json={"label": "one"}, headers=KEY)
    clock.advance(seconds=86_401)
    again = await client("POST", "/api-keys", json={"label": "one"}, headers=KEY)
    assert first.json()["key_id"] != again.json()["key_id"]
    assert await remove_expired(Sweeper(office.services.db), clock.now) == 0
    clock.advance(seconds=86_401)
    assert await remove_expired(Sweeper(office.services.db), clock.now) == 1


async def test_a_key_that_is_no_key_is_refused(office: Office) -> None:
    """1 to 255 visible ASCII characters."""
    client = await office.client()
    for key in ("", " ", "a b", "x" * 256, "\x00", "ключ"):
        headers = {"Idempotency-Key": key.encode()}
        answer = await client("POST", "/accounts", json={"username": "x"}, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_idempotency_key")


async def test_reading_takes_no_key(office: Office) -> None:
    """The header means nothing where nothing is created."""
    client = await office.client()
    for _ in range(2):
        answer = await client("GET", "/accounts", headers=KEY)
        assert answer.status_code == 200
        assert "idempotency-replayed" not in answer.headers
