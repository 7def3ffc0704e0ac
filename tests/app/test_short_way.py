"""The short way of answers: what it writes is what the ordinary way would have written."""

from __future__ import annotations

import h11
import pytest

from doorward.app.exchange import render_headers
from doorward.app.floor import with_floor
from doorward.http import ASGIApp, Call, Receive, Reply, Scope, Send, as_asgi, send_reply
from tests.app.wire import Line

pytestmark = pytest.mark.anyio

_JSON = (b"content-type", b"application/json")


def _replying(reply: Reply) -> ASGIApp:
    async def endpoint(_call: Call) -> Reply:
        return reply

    return as_asgi(endpoint)


def _the_long_way(app: ASGIApp) -> ASGIApp:
    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        async def passing(message: dict[str, object]) -> None:
            await send(message)

        await app(scope, receive, passing)  # type: ignore[arg-type]

    return wrapped


def _read(raw: bytes, method: str) -> tuple[int, dict[bytes, bytes], bytes]:
    """The answer in ``raw``, by a parser that is not ours."""
    reading = h11.Connection(h11.CLIENT)
    reading.send(h11.Request(method=method, target="/", headers=[("Host", "a")]))
    reading.send(h11.EndOfMessage())
    reading.receive_data(raw)
    reading.receive_data(b"")
    head, body = reading.next_event(), b""
    assert isinstance(head, h11.Response)
    while isinstance(event := reading.next_event(), h11.Data):
        body += event.data
    assert isinstance(event, h11.EndOfMessage)
    return head.status_code, dict(head.headers), body


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, b'{"a":1}', (_JSON, (b"cache-control", b"no-store"))),
        Reply(204),
        Reply(303, b"", ((b"location", b"/elsewhere?code=1"), (b"set-cookie", b"a=b"))),
        Reply(413, b"no", ((b"connection", b"close"),)),
        Reply(200, b"x", ((b"x-request-id", b"mine"),)),
    ],
    ids=["json", "empty", "redirect", "closing", "own number"],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_both_ways_say_the_same(reply: Reply, method: str) -> None:
    """Status, headers and body are the same, but for the number; the connection's end too."""
    answers = []
    for app in (_replying(reply), _the_long_way(_replying(reply))):
        line = Line(with_floor(app, https=True))
        raw = await line.send(method.encode() + b" /x HTTP/1.1\r\nHost: a\r\n\r\n")
        status, headers, body = _read(raw, method)
        if headers[b"x-request-id"] != b"mine":
            headers.pop(b"x-request-id")
        answers.append((status, sorted(headers.items()), body, line.wire.ended))
        assert line.traffic.under_way == 0
    assert answers[0] == answers[1]
    assert answers[0][0] == reply.status


async def test_the_short_way_is_taken() -> None:
    """Else this file would compare the ordinary way with itself."""
    taken: list[bool] = []

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        taken.append(send.reply(Reply(200, b"a", (_JSON,)), with_body=True))  # type: ignore[attr-defined]

    line = Line(with_floor(app, https=False))
    assert (await line.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")).endswith(b"\r\n\r\na")
    assert taken == [True]


async def test_the_last_answer_of_a_connection_says_so() -> None:
    """Also where the client asked for it, or has not sent the whole request."""
    line = Line(with_floor(_replying(Reply(200, b"a", (_JSON,))), https=False))
    raw = await line.send(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert b"\r\nconnection: close\r\n" in raw
    assert line.wire.ended


def test_a_header_that_breaks_out_of_its_line_is_not_rendered() -> None:
    """It goes the ordinary way, which refuses it."""
    assert render_headers(((b"location", b"/a\r\nset-cookie: b=c"),)) is None
    assert render_headers(((b"a", b"b\x00"),)) is None
    assert render_headers(((b"content-length", b"1"),)) is None
    assert render_headers(((b"a", b"b"), (b"c", b"d\te"))) == b"a: b\r\nc: d\te\r\n"


async def test_a_header_that_breaks_out_of_its_line_is_never_sent() -> None:
    """Response splitting fails: the caller learns of an error instead."""
    reply = Reply(200, b"", ((b"x-a", b"b\r\nset-cookie: c=d"),))
    line = Line(with_floor(_replying(reply), https=False))
    raw = await line.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert b"set-cookie" not in raw
    assert raw.startswith(b"HTTP/1.1 500 ")


async def test_an_answer_outside_a_server_is_ordinary_asgi() -> None:
    """Without a server of ours below, two messages are sent."""
    sent: list[str] = []

    async def send(message: dict[str, object]) -> None:
        sent.append(str(message["type"]))

    await send_reply(send, Reply(200, b"a"))  # type: ignore[arg-type]
    assert sent == ["http.response.start", "http.response.body"]
