"""What leaves the house when something goes wrong."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from doorward.app import build_app
from doorward.app.doors import token_door
from doorward.db import Database, Overloaded, Unavailable, open_database
from doorward.http import TURNED_AWAY, Call, Receive, Reply, Scope, Send
from doorward.protocol import ErrorCode, OAuthError
from tests.support.attacks import attack
from tests.support.clock import ManualClock
from tests.support.databases import SqliteTemplate
from tests.support.programs import Program, error_of, get_tokens
from tests.support.raw import raw_request
from tests.support.world import BASE_URL, World, make_world

pytestmark = pytest.mark.anyio


@pytest.fixture
async def closing(
    sqlite_template: SqliteTemplate, tmp_path: Path, clock: ManualClock
) -> AsyncIterator[tuple[World, Database]]:
    """A world whose database a test may close."""
    db = await open_database(sqlite_template.copy_to(tmp_path / "d.sqlite"), clock=clock)
    yield await make_world(db, clock), db
    await db.close()


@attack("CVE-2020-15223")
async def test_v_rt_a_broken_database_is_never_a_success(closing: tuple[World, Database]) -> None:
    """No endpoint says that it revoked, issued or found anything; none shows the cause."""
    world, db = closing
    tokens = await get_tokens(world)
    program = Program(world, world.web)
    await db.close()
    answers = [
        await program.revoke(tokens["refresh_token"]),
        await program.revoke(tokens["access_token"]),
        await program.refresh(tokens["refresh_token"]),
        await program.post("oauth2/introspect", {"token": tokens["access_token"]}),
        await program.userinfo(tokens["access_token"]),
    ]
    async with world.http() as browser:
        answers += [await browser.get("oauth2/auth", params=world.request())]
        await asyncio.sleep(0)  # the version of caches is read once in each turn of the loop
        answers += [await browser.get("signin"), await browser.get(f"{BASE_URL}/readyz")]
        assert (await browser.get(f"{BASE_URL}/healthz")).status_code == 200
    for answer in answers:
        assert answer.status_code in {500, 503}, answer.text
        assert "sqlite" not in answer.text.lower()


async def test_a_bug_is_answered_with_a_number_and_logged(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """The caller learns nothing else."""

    async def broken(_call: Call) -> Reply:
        raise ZeroDivisionError("the secret cause")

    scope = {"path": "/x", "method": "POST", "headers": [], "doorward.request_id": "abc-1"}
    with caplog.at_level(logging.ERROR):
        reply = await token_door(broken)(Call(scope, b""))
    assert isinstance(reply, Reply)
    assert reply.status == 500
    assert b"secret" not in reply.body
    assert "abc-1" in caplog.text
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (OAuthError(ErrorCode.INVALID_GRANT, "No.", detail="why"), 400, b"invalid_grant"),
        (Overloaded("full"), 503, b"temporarily_unavailable"),
        (Unavailable("gone"), 503, b"temporarily_unavailable"),
    ],
)
async def test_each_kind_of_refusal_has_its_answer(
    world: World, error: Exception, status: int, code: bytes
) -> None:
    """In JSON, never stored; a temporary one says when to come back."""

    async def refusing(_call: Call) -> Reply:
        raise error

    scope = {"path": "/x", "method": "POST", "headers": []}
    reply = await token_door(refusing)(Call(scope, b""))
    assert isinstance(reply, Reply)
    assert reply.status == status
    assert code in reply.body
    assert b"why" not in reply.body
    headers = dict(reply.headers)
    assert headers[b"cache-control"] == b"no-store"
    assert (b"retry-after" in headers) == (status == 503)


async def test_every_answer_is_numbered_apart(world: World) -> None:
    """The number on an error page is the one in the header."""
    numbers = set()
    async with world.http() as http:
        for path in ("oauth2/token", "nowhere", ".well-known/jwks.json", "account", "oauth2/auth"):
            answer = await http.get(path)
            numbers.add(answer.headers["x-request-id"])
        page = await http.get("oauth2/auth")
    assert len(numbers) == 5
    assert page.headers["x-request-id"] in page.text


async def test_addresses_that_do_not_exist_are_pages(world: World) -> None:
    """Within an organization in its name, outside in ours."""
    async with world.http() as http:
        inside = await http.get("nowhere")
        assert inside.status_code == 404
        assert "River Trust" in inside.text
        for address in ("/", "/o/nobody/", "/o/", "/nowhere"):
            outside = await http.get(f"{BASE_URL}{address}")
            assert outside.status_code == 404
            assert "River Trust" not in outside.text


async def test_a_wrong_method_says_which_are_right(world: World) -> None:
    """405 with Allow; HEAD is a GET without its body."""
    async with world.http() as http:
        answer = await http.delete("signin")
        assert answer.status_code == 405
        assert set(answer.headers["allow"].split(", ")) == {"GET", "POST", "HEAD", "OPTIONS"}
        head = await http.head("signedout")
        assert head.status_code == 200
        # A page is a page: its HEAD may carry no body either.
        refused = await http.get("oauth2/token")
        assert error_of(await http.post("oauth2/token"), 400) == "invalid_request"
    assert refused.status_code == 405


async def test_the_server_sweeps_and_ends_cleanly(world: World) -> None:
    """ASGI's lifespan starts the housekeeping and stops it."""
    app = build_app(world.services)
    sent: list[str] = []
    inbox: asyncio.Queue[dict[str, str]] = asyncio.Queue()

    async def send(message: object) -> None:
        assert isinstance(message, dict)
        sent.append(message["type"])

    await inbox.put({"type": "lifespan.startup"})
    await inbox.put({"type": "lifespan.shutdown"})
    await app({"type": "lifespan"}, inbox.get, send)
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


async def test_health_and_readiness_belong_to_the_installation(world: World) -> None:
    """Never stored."""
    for path, kind in (("/healthz", "text/plain"), ("/readyz", "application/json")):
        answer = await raw_request(world.app, "GET", path)
        assert answer.status == 200
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["content-type"].startswith(kind)


async def test_the_schema_of_connectors_is_there_for_every_page(world: World) -> None:
    """An editor in a browser reads it from anywhere; it may be kept for an hour."""
    answer = await raw_request(world.app, "GET", "/schemas/connector.json")
    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cache-control"] == "public, max-age=3600"
    assert answer.headers["content-type"].startswith("application/json")
    assert '"Connector manifest"' in answer.text


async def test_who_is_turned_away_is_told_when_to_come_again(world: World) -> None:
    """A program in its own words, a person on a page; nothing is asked of the database."""

    async def turning(scope: Scope, receive: Receive, send: Send) -> None:
        await world.app({**scope, TURNED_AWAY: True}, receive, send)

    counted = world.services.db.statements_run
    token = await raw_request(turning, "POST", f"/o/{world.org.org_id}/oauth2/token")
    page = await raw_request(turning, "GET", f"/o/{world.org.org_id}/signin")
    assert (token.status, page.status) == (503, 503)
    assert "temporarily_unavailable" in token.text
    assert page.headers["content-type"].startswith("text/html")
    assert int(token.headers["retry-after"]) > 0
    assert int(page.headers["retry-after"]) > 0
    assert world.services.db.statements_run == counted
