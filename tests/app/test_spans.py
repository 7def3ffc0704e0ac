"""Traces: which requests have spans, what those say, and what they never say."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from doorward.app import build_app
from doorward.app.spans import Spans
from doorward.app.tracing import find_spans
from doorward.config import Settings
from doorward.db import Database
from doorward.http import ASGIApp, OutboundReply, OutboundRequest, Receive, Scope, Send
from tests.support.clock import ManualClock
from tests.support.factories import PASSWORD
from tests.support.programs import Program, get_tokens
from tests.support.raw import raw_request
from tests.support.visits import authorize
from tests.support.world import World, make_services, make_world

pytestmark = pytest.mark.anyio

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE}-b7ad6b7169203331-01".encode()


@dataclass
class Traced:
    """A world whose requests are traced, and the spans of it."""

    world: World
    spans: Spans
    exporter: InMemorySpanExporter

    def found(self) -> list[ReadableSpan]:
        """Every span that ended since it was last asked."""
        self.spans._provider.force_flush()
        found = list(self.exporter.get_finished_spans())
        self.exporter.clear()
        return found


@pytest.fixture
async def traced(db: Database, clock: ManualClock) -> AsyncIterator[Traced]:
    """Each request has spans, which are kept here."""
    settings = make_services(db, clock).settings.model_copy(update={"traces_share": 1.0})
    exporter = InMemorySpanExporter()
    spans = Spans(settings, exporter)
    services = replace(make_services(spans.around_database(db), clock), spans=spans)
    services.outbound.observer = spans.around_request
    world = await make_world(services.db, clock, running=(services, build_app(services)))
    yield Traced(world, spans, exporter)
    await spans.close()


def answering(status: int) -> ASGIApp:
    """An application that answers with ``status``."""

    async def answer(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    return answer


async def sampled(share: float, *traceparents: bytes, continues: bool) -> list[ReadableSpan]:
    """The spans of one request under these settings."""
    settings = make_settings(share, continues=continues)
    exporter = InMemorySpanExporter()
    spans = Spans(settings, exporter)
    headers = tuple((b"traceparent", each) for each in traceparents)
    await raw_request(spans.around(answering(200)), "GET", "/", headers=headers)
    await spans.close()
    return list(exporter.get_finished_spans())


def make_settings(share: float, *, continues: bool = False, url: str | None = None) -> Settings:
    """Settings that matter here."""
    return Settings(traces_share=share, traces_continue=continues, traces_url=url)


async def test_a_request_has_a_span_and_what_it_asks_has_others(traced: Traced) -> None:
    """Named by the template of its route; below it the reads and units, by our functions' names."""
    program = Program(traced.world, traced.world.web)
    tokens = await get_tokens(traced.world)
    traced.found()
    answer = await program.refresh(tokens["refresh_token"])
    spans = traced.found()
    (server,) = (each for each in spans if each.kind is SpanKind.SERVER)
    assert server.name == "POST /oauth2/token"
    assert dict(server.attributes or {}) == {
        "http.request.method": "POST",
        "http.route": "/oauth2/token",
        "http.response.status_code": 200,
        "doorward.request_id": answer.headers["x-request-id"],
    }
    assert server.resource.attributes["service.name"] == "doorward"
    below = [each for each in spans if each is not server]
    # A gate and what it lets in are one statement where the database is far.
    rotating = "write" if traced.world.services.db.is_far else "unit of work"
    assert rotating in {each.name for each in below}
    for each in below:
        assert each.parent is not None
        assert each.context is not None
        assert each.context.trace_id == server.context.trace_id
    units = [dict(each.attributes or {}) for each in below if each.name == "unit of work"]
    assert all(str(unit["code.function.name"]).startswith("doorward.") for unit in units)


async def test_a_span_names_its_route_where_nothing_is_counted(traced: Traced) -> None:
    """Traces need no metrics."""
    settings = traced.world.services.settings.model_copy(update={"metrics": False})
    app = build_app(replace(traced.world.services, settings=settings))
    assert (await raw_request(app, "GET", "/metrics")).status == 404
    traced.found()
    await raw_request(app, "GET", f"/o/{traced.world.org.org_id}/.well-known/jwks.json")
    (server,) = (each for each in traced.found() if each.kind is SpanKind.SERVER)
    assert server.name == "GET /.well-known/jwks.json"


async def test_spans_hold_nothing_of_anybody(traced: Traced) -> None:
    """No token, secret, name, address, identifier or query, whatever the request held."""
    world = traced.world
    async with world.http() as http:
        await authorize(http, world.request())
    program = Program(world, world.web)
    tokens = await get_tokens(world)
    await program.introspect(tokens["access_token"])
    await program.userinfo(tokens["access_token"])
    await raw_request(world.app, "GET", f"/o/{world.org.org_id}/secret-path", query=b"a=secret-q")
    await raw_request(world.app, "SECRETVERB", "/healthz")
    text = "\n".join(each.to_json() for each in traced.found())
    _, secret = world.web.basic
    hidden = [secret, world.web.client_id, PASSWORD.reveal(), "anna", world.person.email or "anna@"]
    hidden += [tokens["access_token"], tokens["refresh_token"], world.org.org_id, "secret-path"]
    hidden += ["secret-q", "the state", "the nonce", "SECRETVERB", "127.0.0.1", "?", "SELECT"]
    assert [each for each in hidden if each in text] == []
    assert "GET /userinfo" in text
    assert "POST /signin" in text


async def test_a_failure_is_told_by_its_kind(traced: Traced) -> None:
    """Never by its text, which may hold what somebody sent."""

    async def breaks(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise ValueError("a secret in the text")

    with pytest.raises(ValueError, match="secret"):
        await raw_request(traced.spans.around(breaks), "GET", "/")
    await raw_request(traced.spans.around(answering(503)), "GET", "/")
    broken, busy = traced.found()
    assert broken.status.status_code is busy.status.status_code is StatusCode.ERROR
    assert (broken.attributes or {})["error.type"] == "ValueError"
    assert "secret" not in broken.to_json()
    assert not broken.events


async def test_a_request_to_a_platform_has_a_span_without_its_address(traced: Traced) -> None:
    """Within a traced request; outside of one there is none."""

    async def send(_request: OutboundRequest) -> OutboundReply:
        return OutboundReply(204, (), b"")

    async def calls(_scope: Scope, _receive: Receive, send_reply: Send) -> None:
        await traced.spans.around_request(asked, send)
        await answering(200)(_scope, _receive, send_reply)

    asked = OutboundRequest("PUT", "https://anna.example.org/secret?key=secret")
    await traced.spans.around_request(asked, send)
    await raw_request(traced.spans.around(calls), "GET", "/")
    client, server = traced.found()
    assert (client.kind, client.name) == (SpanKind.CLIENT, "PUT to a platform")
    assert client.parent is not None
    assert server.context is not None
    assert client.parent.span_id == server.context.span_id
    assert "example.org" not in client.to_json()


async def test_the_share_decides_which_requests_are_traced() -> None:
    """None of them, or all."""
    assert await sampled(0, continues=False) == []
    assert len(await sampled(1, continues=False)) == 1


async def test_a_callers_trace_is_continued_only_where_it_is_believed() -> None:
    """Otherwise anybody could have every request traced, under identifiers of their choice."""
    (own,) = await sampled(1, PARENT, continues=False)
    assert own.parent is None
    (below,) = await sampled(0, PARENT, continues=True)
    assert below.parent is not None
    assert f"{below.parent.trace_id:032x}" == TRACE
    assert await sampled(1, PARENT[:-1] + b"0", continues=True) == []
    for odd in (b"", b"00-" + b"0" * 32 + PARENT[35:], PARENT + b"-x", PARENT.upper(), b"\xff"):
        (root,) = await sampled(1, odd, continues=True)
        assert root.parent is None


async def test_spans_reach_a_collector() -> None:
    """By OTLP over HTTP, at the address of the settings, at the latest when the server ends."""
    received: list[bytes] = []

    async def collect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        (length,) = (
            int(line.split(b":")[1])
            for line in head.lower().split(b"\r\n")
            if line.startswith(b"content-length")
        )
        received.append(await reader.readexactly(length))
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(collect, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    spans = find_spans(make_settings(1, url=f"http://127.0.0.1:{port}/v1/traces"))
    assert spans is not None
    await raw_request(spans.around(answering(200)), "GET", "/")
    await spans.close()
    server.close()
    await server.wait_closed()
    (batch,) = (ExportTraceServiceRequest.FromString(body) for body in received)
    (span,) = batch.resource_spans[0].scope_spans[0].spans
    assert span.name == "GET"


def test_traces_that_are_off_cost_nothing() -> None:
    """Nothing of them is imported, and no thread begins."""
    assert find_spans(make_settings(1)) is None
    program = "import sys, doorward.app; sys.exit('opentelemetry.sdk' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
