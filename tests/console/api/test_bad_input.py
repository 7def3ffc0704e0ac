"""Whatever arrives, the answer is a problem that says what to do, and never a 500."""

from __future__ import annotations

import json
from typing import Any

import pytest

from doorward.console.api.door import MAX_BODY_BYTES, ApiDoor
from doorward.db import Overloaded, Unavailable
from tests.console.api.staff import Client, Office
from tests.console.api.things import body_of, filled, things_of

pytestmark = pytest.mark.anyio

JSON = {"Content-Type": "application/json"}


@pytest.fixture
async def chief(office: Office) -> Client:
    """A member of staff of ``river`` who may do everything."""
    return await office.client()


async def test_bodies_that_are_not_json_are_400(chief: Client) -> None:
    """Cut short, nested too deep, with a number of ten thousand digits, or not text at all."""
    deep = b"[" * 20_000 + b"]" * 20_000
    long = b'{"username":' + b"1" * 10_000 + b"}"
    for body in (b"{", b"\xff\xfe\x00", b"nonsense", deep, long, b'{"a":}', b"\x00"):
        answer = await chief("POST", "/accounts", content=body, headers=JSON)
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_json"), body[:20]


async def test_json_of_another_shape_names_what_is_wrong(chief: Client) -> None:
    """422, with the field, and without what was sent."""
    shapes: tuple[tuple[Any, str], ...] = (
        ([], "body"),
        ("text", "body"),
        (None, "body"),
        ({}, "username"),
        ({"username": 7}, "username"),
        ({"username": "a", "unknown": 1}, "unknown"),
        ({"username": "a", "kind": "other"}, "kind"),
        ({"username": "a", "permissions": ["fly"]}, "permissions.0"),
        ({"username": "a", "password": "secret-ish" * 40}, "password"),
        ({"username": "a" * 200}, "username"),
        ({"username": "a b"}, "username"),
        ({"username": "a", "account_id": "9" * 19}, "account_id"),
        ({"username": "a", "account_id": 5}, "account_id"),
        ({"username": "a", "email_verified": "perhaps"}, "email_verified"),
    )
    for body, field in shapes:
        answer = await chief("POST", "/accounts", content=json.dumps(body), headers=JSON)
        assert answer.status_code == 422, (body, answer.text)
        assert field in {each["field"] for each in answer.json()["fields"]}, answer.text
        assert "secret-ish" not in answer.text


@pytest.mark.parametrize("text", ["a\x00b", "\ud800", "\U0010ffff", "\u202e", "a\nb", "\x7f"])
async def test_text_that_cannot_be_kept_is_refused_everywhere(
    office: Office, chief: Client, text: str
) -> None:
    """NUL, lone surrogates and marks that deceive, in each text field of each operation."""
    things = await things_of(office, "river")
    for operation in office.operations:
        body = body_of(operation, things)
        if body is None or operation.path.startswith("/organizations"):
            continue
        path = filled(operation, things)
        for field, value in body.items():
            if not isinstance(value, str) or (field == "message" and text == "a\nb"):
                continue
            sent = json.dumps({**body, field: text})
            answer = await chief(operation.method, path, content=sent, headers=JSON)
            assert 400 <= answer.status_code < 500 or operation.path.startswith("/tokens"), (
                answer.text
            )


async def test_paths_and_queries_that_cannot_be_kept_are_refused(chief: Client) -> None:
    """Numbers beyond 64 bits, NUL, bytes that are not UTF-8."""
    numbers = ("0", "-1", "9223372036854775808", "1" * 400, "1.5", "x", "%00", "%FF", "1e3")
    paths = [f"/accounts/{number}" for number in numbers]
    paths += [f"/consents/{number}" for number in numbers]
    texts = ("%00", "%FF%FE", "%ED%A0%80", "a%00b", "x" * 3000, "..%2f", "%F4%90%80%80")
    paths += [f"/applications/{text}" for text in texts]
    paths += [f"/scopes/{text}" for text in texts] + [f"/apis/{text}" for text in texts]
    for path in paths:
        answer = await chief("GET", path)
        assert answer.status_code in {400, 404, 422}, (path, answer.text)
    for query in ("prefix=%00", "prefix=%FF", "limit=1e999", "cursor=%00", "limit=" + "9" * 5000):
        answer = await chief("GET", f"/accounts?{query}")
        assert answer.status_code < 500, (query, answer.text)
    answer = await chief("GET", "/audit-events?action=%00")
    assert answer.status_code < 500


async def test_a_body_of_another_type_is_415(chief: Client) -> None:
    """A form is not JSON, and a body without a type is not guessed at."""
    for kind in ("application/x-www-form-urlencoded", "text/plain", "application/jsonp", ""):
        headers = {"Content-Type": kind}
        answer = await chief("POST", "/accounts", content=b'{"username":"x"}', headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (415, "wrong_content_type"), kind
    headers = {"Content-Type": "Application/JSON; charset=utf-8"}
    answer = await chief("POST", "/accounts", content=b'{"username":"x"}', headers=headers)
    assert answer.status_code == 201


async def test_a_body_beyond_a_megabyte_is_413(office: Office, chief: Client) -> None:
    """Before anything is read of it where it says so, and as soon as it is too much elsewhere."""
    big = b'{"username":"' + b"x" * MAX_BODY_BYTES + b'"}'

    async def pieces() -> Any:
        for start in range(0, len(big), 65_536):
            yield big[start : start + 65_536]

    for content in (big, pieces()):
        answer = await chief("POST", "/accounts", content=content, headers=JSON)
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
        assert answer.headers["x-content-type-options"] == "nosniff"
    stranger = office.holding(None)
    answer = await stranger("POST", "/accounts", content=big[:-10], headers=JSON)
    assert answer.status_code == 413


async def test_unknown_addresses_and_methods_are_problems(chief: Client) -> None:
    """404 and 405, the latter with every method that there is."""
    for path in ("/", "/nowhere", "/accounts/", "/accounts/1/x", "/o/river/api/accounts", "//"):
        answer = await chief("GET", path)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), path
    answer = await chief("DELETE", "/accounts")
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert set(answer.headers["allow"].split(", ")) == {"GET", "POST"}
    for method in ("PUT", "OPTIONS", "TRACE", "FOO"):
        answer = await chief(method, "/accounts/1")
        assert answer.status_code == 405
        assert set(answer.headers["allow"].split(", ")) == {"GET", "PATCH"}


async def test_a_busy_server_says_when_to_come_back(
    office: Office, chief: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503 with Retry-After while storage cannot be reached or is overloaded."""
    for error in (Overloaded("full"), Unavailable("gone")):

        async def fail(*_args: Any, _error: Exception = error, **_named: Any) -> None:
            raise _error

        monkeypatch.setattr(office.services.accounts, "browse", fail)
        answer = await chief("GET", "/accounts")
        assert (answer.status_code, answer.json()["code"]) == (503, "busy")
        assert answer.headers["retry-after"] == "1"


async def test_an_answer_is_numbered_also_where_nobody_numbered_its_request() -> None:
    """The door stands alone: whoever mounts the API need not number requests."""
    started: list[Any] = []

    async def inside(_scope: Any, _receive: Any, _send: Any) -> None:
        raise Unavailable("gone")

    async def send(message: Any) -> None:
        started.append(message)

    async def receive() -> Any:
        return {"type": "http.request", "body": b""}

    scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
    await ApiDoor(inside, new_request_id=lambda: "n7")(scope, receive, send)
    assert started[0]["status"] == 503
    assert (b"x-request-id", b"n7") in started[0]["headers"]
    assert json.loads(started[1]["body"])["request_id"] == "n7"


async def test_a_bug_is_told_by_its_number_only(
    office: Office,
    chief: Client,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The caller learns a number, the log learns the rest."""

    async def fail(*_args: Any, **_named: Any) -> None:
        raise RuntimeError("the inside of the house")

    monkeypatch.setattr(office.services.accounts, "browse", fail)
    answer = await chief("GET", "/accounts")
    assert answer.status_code == 500
    assert answer.json()["code"] == "server_error"
    assert "inside" not in answer.text
    assert "the inside of the house" in caplog.text
    assert answer.json()["request_id"] in caplog.text
