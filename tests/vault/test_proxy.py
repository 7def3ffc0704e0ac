"""Calls to a real platform's API: where they go, what they carry, and what comes back."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

import pytest

from doorward.audit import SYSTEM
from doorward.db import SECOND, Database
from doorward.http import Outbound
from doorward.vault import (
    ApiCall,
    ApiReply,
    Blocked,
    CallForbidden,
    CallUnanswered,
    CallUnsent,
    NeedsReconnect,
    Proxy,
    UnknownConnection,
    VaultRefusal,
)
from doorward.vault.proxy import _seconds
from tests.support.canary import running_canary
from tests.support.clock import ManualClock
from tests.support.upstream import ApiReply as Told
from tests.support.upstream import UpstreamServer, running_upstream
from tests.vault.caller import Caller, open_caller
from tests.vault.road import build_road

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def platform() -> Iterator[UpstreamServer]:
    """A real platform on loopback."""
    with running_upstream() as server:
        yield server


@pytest.fixture
async def caller(
    db: Database, clock: ManualClock, platform: UpstreamServer, tmp_path: Path
) -> AsyncIterator[Caller]:
    """Somebody who has connected to a platform with bearer tokens."""
    platform.configure()
    platform.clock.now = clock.now
    platform.platform.clock = clock
    async with build_road(db, clock, platform) as road:
        async for each in open_caller(road, tmp_path):
            yield each


async def test_a_call_goes_out_with_the_credential_and_comes_back_whole(caller: Caller) -> None:
    """Method, path, query, body and headers as they were given; status and body as they came."""
    caller.platform.api_replies.append(
        Told(418, (("content-type", "image/gif"), ("x-own", "1"), ("x-own", "2")), b"GIF\x00\xff")
    )
    body = bytes(range(256))
    reply = await caller.call(
        "/a%2Fb/c?x=%20&x=+&y",
        method="POST",
        body=body,
        headers={"content-type": "application/odd", "x-trace": "t"},
    )
    assert (reply.status, reply.body, reply.retry_after_s) == (418, b"GIF\x00\xff", None)
    assert [value for name, value in reply.headers if name == "x-own"] == ["1", "2"]
    call = caller.platform.calls[-1]
    assert (call.method, call.body) == ("POST", body)
    assert call.target == "/api/things/a%2Fb/c?x=%20&x=+&y"
    assert (call.header("content-type"), call.header("x-trace")) == ("application/odd", "t")
    assert call.header("authorization").startswith("Bearer up_")


async def test_what_is_the_callers_own_does_not_reach_the_platform(caller: Caller) -> None:
    """Its credentials with us above all; then whatever speaks about the way here."""
    ours = {
        "Authorization": "Bearer dw_at_ours", "X-API-Key": "dw_ak_ours", "Cookie": "s=ours",
        "Host": "ours", "X-Forwarded-For": "ours", "Forwarded": "for=ours", "X-Real-IP": "ours",
        "CF-Connecting-IP": "ours", "True-Client-IP": "ours", "Via": "ours", "Referer": "ours",
        "Origin": "https://ours", "Proxy-Authorization": "ours", "Sec-Fetch-Site": "ours",
        "Doorward-Anything": "ours", "X-Original-URL": "/ours", "Connection": "X-Hop, close",
        "X-Hop": "ours", "TE": "trailers, ours", "Transfer-Encoding": "ours", "Expect": "ours",
        "X-Request-Id": "ours", "Accept-Encoding": "ours", "Upgrade": "ours",
    }  # fmt: skip
    await caller.call(headers=ours)
    call = caller.platform.calls[-1]
    assert not [each for each in call.headers if "ours" in each[1]], call.headers
    assert call.header("accept-encoding") == "gzip"
    assert call.header("host") == caller.road.server.authority


async def test_what_is_not_the_platforms_word_does_not_come_back(caller: Caller) -> None:
    """Cookies, and all that would speak to a browser about the address under which it is."""
    theirs = (
        "set-cookie", "www-authenticate", "access-control-allow-origin", "clear-site-data",
        "content-security-policy", "strict-transport-security", "alt-svc", "cache-control",
        "service-worker-allowed", "x-frame-options", "cross-origin-opener-policy", "refresh",
        "proxy-authenticate", "x-request-id", "doorward-anything", "x-hop", "server",
    )  # fmt: skip
    kept = (("location", "https://elsewhere.example/x"), ("link", "<n>; rel=next"), ("etag", "e"))
    hop = (("connection", "x-hop"),)
    caller.platform.api_replies.append(
        Told(302, (*((name, "theirs") for name in theirs), *kept, *hop))
    )
    reply = await caller.call()
    assert reply.status == 302, "a redirect is an answer, and is not followed"
    assert "theirs" not in {value for _, value in reply.headers}
    assert set(kept) <= set(reply.headers)
    assert len(caller.platform.calls) == 1


async def test_a_credential_in_the_address_replaces_what_the_caller_wrote(
    db: Database, clock: ManualClock, platform: UpstreamServer, tmp_path: Path
) -> None:
    """However they spell the parameter."""
    platform.configure(delivery="query")
    platform.platform.clock = clock
    async with build_road(db, clock, platform) as road:
        async for caller in open_caller(road, tmp_path):
            await caller.call("/x?api%5Ftoken=theirs&a=1&api_token=theirs")
            target = caller.platform.calls[-1].target
            assert "theirs" not in target
            assert target.startswith("/api/things/x?a=1&api_token=up_access")
            token = target.rpartition("=")[2]
            onward = f"https://www.platform.example{target}"
            caller.platform.api_replies.append(Told(301, (("location", onward),)))
            moved = dict((await caller.call("/x?a=1")).headers)["location"]
            assert moved == onward.replace(token, "hidden")


async def test_places_that_are_not_the_api_are_not_called(caller: Caller) -> None:
    """Nothing arrives anywhere, least of all inside, where a canary sits."""
    async with running_canary() as canary:
        inside = f"127.0.0.1:{canary.port}"
        for wanted in (
            "../me", "%2e%2e/me", "..%5cme", f"http://{inside}/", f"https://{inside}/",
            f"//{inside}/", f"{caller.road.server.url}/api/me", f"http://localhost:{canary.port}/",
            f"http://[::ffff:127.0.0.1]:{canary.port}/", "http://169.254.169.254/latest/",
        ):  # fmt: skip
            with pytest.raises(CallForbidden) as caught:
                await caller.call(wanted)
            assert caught.value.__cause__ is None
        # A manifest that names a place inside is believed no more than a caller.
        for host in (inside, f"localhost:{canary.port}"):
            await caller.change(base_url=f"http://{host}")
            with pytest.raises(VaultRefusal):
                await caller.call()
        assert canary.connections == 0
    assert caller.platform.calls == []


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "get", "GET\r\nX: 1", ""])
async def test_odd_methods_and_headers_are_not_sent(caller: Caller, method: str) -> None:
    """Neither what asks for a tunnel nor what would be a second request."""
    with pytest.raises(CallForbidden):
        await caller.call(method=method)
    with pytest.raises(CallForbidden):
        await caller.call(headers={"x-a": "1\r\nx-b: 2"})
    with pytest.raises(CallForbidden):
        await caller.call(headers={"x a": "1"})
    assert caller.platform.calls == []


async def test_a_refused_token_is_renewed_once_for_twenty_calls(caller: Caller) -> None:
    """Twenty calls see the same token refused: one renewal, and twenty good answers."""
    _end_tokens(caller)
    replies = await asyncio.gather(*(caller.call(f"/{each}") for each in range(20)))
    assert [each.status for each in replies] == [200] * 20
    assert caller.platform.refreshed == 1
    assert caller.platform.reused == 0


async def test_a_call_with_a_body_is_made_again_after_a_renewal(caller: Caller) -> None:
    """What was refused for its credential was not done."""
    _end_tokens(caller)
    reply = await caller.call(method="POST", body=b"once")
    assert reply.status == 200
    assert [each.body for each in caller.platform.calls] == [b"once", b"once"]


async def test_a_platform_that_goes_on_refusing_is_believed(caller: Caller) -> None:
    """One renewal for a call, and then its answer."""
    caller.platform.api_replies += [Told(401, (), b"no"), Told(401, (), b"still no")]
    reply = await caller.call()
    assert (reply.status, reply.body) == (401, b"still no")
    assert caller.platform.refreshed == 1


async def test_a_platform_that_always_refuses_does_not_cost_a_renewal_each_time(
    caller: Caller, clock: ManualClock
) -> None:
    """One, then none for a minute, then for twice as long each time; what helps ends that."""
    refused = [Told(401, (), b"no")]
    for seconds, renewed in ((0, 1), (59, 1), (1, 2), (119, 2), (1, 3)):
        clock.advance(seconds=seconds)
        caller.platform.api_replies += refused * 2
        assert (await caller.call()).status == 401
        assert caller.platform.refreshed == renewed
        caller.platform.api_replies.clear()
    assert (await caller.call()).status == 200
    clock.advance(seconds=240)
    caller.platform.api_replies += refused
    assert (await caller.call()).status == 200
    caller.platform.api_replies += refused
    assert (await caller.call()).status == 200
    assert caller.platform.refreshed == 5


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
async def test_headers_and_what_may_be_done_can_be_asked_for(caller: Caller, method: str) -> None:
    """As the platform answers them; they are repeated after a moment like any reading call."""
    told = (("allow", "GET"), ("content-encoding", "gzip"), ("retry-after", "1"))
    caller.platform.api_replies += [Told(503, told, b""), Told(200, told, b"")]
    reply = await caller.call(method=method)
    assert (reply.status, reply.body) == (200, b"")
    assert ("allow", "GET") in reply.headers
    assert [each.method for each in caller.platform.calls] == [method] * 2


async def test_who_somebody_is_opens_no_api(caller: Caller) -> None:
    """A connection that only names an account has nothing that could be called."""
    await caller.become("identity_only")
    with pytest.raises(CallForbidden):
        await caller.call()
    assert caller.platform.calls == []


async def test_a_refusal_that_cannot_be_mended_is_the_platforms_answer(
    db: Database, clock: ManualClock, platform: UpstreamServer, tmp_path: Path
) -> None:
    """A grant that is gone says so at the next call; this one tells what the platform said."""
    platform.configure()
    platform.platform.clock = clock
    async with build_road(db, clock, platform) as road:
        async for caller in open_caller(road, tmp_path):
            caller.platform.families[-1].is_revoked = True
            assert (await caller.call()).status == 401
            with pytest.raises(NeedsReconnect):
                await caller.call()


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("7", 7), ("0", 0), ("2.2", 3), ("999999999", 86_400), ("at+90", 90), ("at-90", 0),
        ("ms+90", 90), ("date+90", 90), ("date-90", 0), ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("", None), ("soon", None), ("-5", None), ("nan", None), ("inf", None), ("1e3", None),
        ("9" * 400, None), ("Mon, 99 Foo 99999 99:99:99 +9999", None), ("\u0665", None),
    ],
)  # fmt: skip
async def test_when_to_come_back_is_told_in_seconds(
    caller: Caller, said: str, seconds: int | None
) -> None:
    """Whatever a platform writes there: seconds, a moment in seconds or milliseconds, a date."""
    now = caller.road.clock.now
    kind, sign, offset = said.partition("+" if "+9" in said else "-")
    if kind in {"at", "ms", "date"}:
        moment = now // SECOND + int(sign + offset)
        said = {"at": str(moment), "ms": str(moment * 1000), "date": _date(moment)}[kind]
    assert _seconds(said, now) == seconds
    if said.isascii():
        await caller.change(retry_after=("x-own-reset", "retry-after"))
        caller.platform.api_replies.append(Told(429, (("x-own-reset", said),)))
        reply = await caller.call(method="POST")
        assert (reply.status, reply.retry_after_s) == (429, seconds)
        headers = dict(reply.headers)
        assert headers.get("retry-after") == (None if seconds is None else str(seconds))


async def test_a_reading_call_waits_a_moment_and_no_longer(caller: Caller) -> None:
    """Two seconds are waited for once; a minute is the caller's to wait; a change never waits."""
    busy, long = Told(503, (("retry-after", "2"),)), Told(429, (("retry-after", "60"),))
    caller.platform.api_replies += [busy]
    assert (await caller.call()).status == 200
    assert caller.slept == [2]
    caller.platform.api_replies += [busy, busy]
    assert (await caller.call()).retry_after_s == 2
    caller.platform.api_replies += [long]
    assert (await caller.call()).retry_after_s == 60
    caller.platform.api_replies += [busy]
    assert (await caller.call(method="POST")).status == 503
    assert caller.slept == [2, 2]


async def test_answers_have_a_size_and_a_time(caller: Caller) -> None:
    """More than the manifest permits is no answer; nobody listening is another thing."""
    await caller.change(max_bytes=1_024)
    caller.platform.api_replies += [Told(200, (), b"x" * 1_024), Told(200, (), b"x" * 1_025)]
    assert len((await caller.call()).body) == 1_024
    with pytest.raises(CallUnanswered):
        await caller.call()
    with pytest.raises(CallUnsent):
        await replace_outbound(caller).call(*caller.connection.key, ApiCall("GET", "/x"))


async def test_nobody_calls_with_what_is_not_there_or_switched_off(caller: Caller) -> None:
    """Another organization's number, and a connector that staff have switched off."""
    with pytest.raises(UnknownConnection):
        await caller.proxy.call("lake", caller.connection.connection_id, ApiCall("GET", "/x"))
    await caller.road.connectors.disable("river", "platform", SYSTEM)
    with pytest.raises(Blocked) as caught:
        await caller.call()
    assert caught.value.reason == "connector_off"
    assert caller.platform.calls == []


async def test_no_error_and_no_log_tells_the_credential(
    caller: Caller, caplog: pytest.LogCaptureFixture
) -> None:
    """Nor does the text of what is asked and answered."""
    caplog.set_level(logging.DEBUG)
    held = await caller.vault.refresher.get_token(*caller.connection.key)
    secrets = {held.tokens.access.reveal(), "their-own-secret"}
    texts = [repr(held)]
    await caller.change(max_bytes=1_024)
    for wanted in ("../x", "/x?key=their-own-secret", "http://169.254.169.254/?their-own-secret"):
        call = ApiCall("POST", wanted, {"x-key": "their-own-secret"}, b"their-own-secret")
        texts.append(repr(call))
        caller.platform.api_replies.append(Told(200, (), b"their-own-secret" * 100))
        with pytest.raises(VaultRefusal) as caught:
            await caller.proxy.call(*caller.connection.key, call)
        texts += [str(caught.value), repr(caught.value), repr(caught.value.__context__)]
    texts.append(repr(ApiReply(200, (("x", "their-own-secret"),), b"their-own-secret")))
    for text in (*texts, caplog.text):
        assert not [each for each in secrets if each in text], text


def replace_outbound(caller: Caller) -> Proxy:
    """The proxy with a way out on which no name is known."""

    async def nobody(_host: str, _port: int) -> tuple[str, ...]:
        raise OSError("no such name")

    outbound = Outbound(allowed=(caller.road.server.authority,), resolve=nobody)
    return Proxy(
        refresher=caller.vault.refresher,
        planner=caller.road.plans,
        deliverer=caller.road.access.upstream,
        outbound=outbound,
        clock=caller.road.clock,
    )


def _end_tokens(caller: Caller) -> None:
    """The platform takes no access token any more that it gave so far."""
    for family in caller.platform.families:
        family.access.clear()


def _date(seconds: int) -> str:
    return format_datetime(datetime.fromtimestamp(seconds, UTC), usegmt=True)
