"""One connection: what is read, what is answered, and what is too much or too late."""

from __future__ import annotations

import asyncio
import re

import pytest
import uvicorn
from hypothesis import given, settings
from hypothesis import strategies as st
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from doorward.http import Receive, Scope, Send
from tests.app.wire import Line, Wire, echo, held_by, turn

pytestmark = pytest.mark.anyio

GET = b"GET /a?b=c HTTP/1.1\r\nHost: x\r\n\r\n"
POST = b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"


def statuses(sent: bytes) -> list[int]:
    """The status of each answer."""
    return [int(each) for each in re.findall(rb"HTTP/1\.1 (\d{3}) ", sent)]


async def test_a_request_is_answered_and_the_connection_stays() -> None:
    """In one piece, with the length that its head says."""
    line = Line(echo)
    head = b"HTTP/1.1 200 OK\r\ndate: now\r\ncontent-length: 16\r\n\r\n"
    assert await line.send(GET) == head + b"GET /a?b=c host|"
    assert (await line.send(POST)).endswith(b"POST /a? host,content-length|hello")
    assert line.wire.ended == ""
    assert line.traffic.total_requests == 2
    assert (line.traffic.under_way, len(line.traffic.tasks)) == (0, 0)


async def test_it_may_arrive_byte_by_byte() -> None:
    """Two requests, the second with chunks and a field behind them that goes nowhere."""
    chunked = (
        b"POST /%61%2Fb HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"3\r\nabc\r\n2\r\nde\r\n0\r\nAuthorization: forged\r\n\r\n"
    )
    line = Line(echo)
    sent = b""
    for byte in POST + chunked + GET:
        sent += await line.send(bytes([byte]))
    assert statuses(sent) == [200, 200, 200]
    assert b"POST /a/b? host,transfer-encoding|abcde" in sent


async def test_requests_sent_ahead_are_answered_in_turn_up_to_a_bound() -> None:
    """The first ones get their answers; then it is said why nothing more is read."""
    gate = asyncio.Event()
    line = Line(held_by(gate), pipelined=3)
    numbered = b"".join(b"GET /%d HTTP/1.1\r\nHost: x\r\n\r\n" % n for n in range(3))
    await line.send(numbered)
    assert not line.wire.is_reading_now, "what comes behind them is left to the network"
    gate.set()
    await turn()
    assert re.findall(rb"GET /(\d)", line.wire.sent) == [b"0", b"1", b"2"]
    assert line.wire.is_reading_now
    gate.clear()
    await line.send(GET * 5000)
    gate.set()
    for _ in range(4):
        await turn()
    assert statuses(line.wire.sent) == [200] * 7 + [400]
    assert line.wire.ended == "eof"


async def test_what_is_no_http_is_refused_and_closed() -> None:
    """After that nothing is read."""
    for words in (b"\x16\x03\x01 hello\r\n\r\n", b"GET / HTTP/1.1\r\nBad Name: x\r\n\r\n"):
        line = Line(echo)
        assert statuses(await line.send(words)) == [400]
        assert await line.send(GET) == b""
        assert line.wire.ended == "eof"


async def test_a_body_that_breaks_off_is_never_taken_for_whole() -> None:
    """The application hears that the client has gone; the client, what was wrong."""
    whole: list[bytes] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        message = await receive()
        while message["type"] == "http.request" and message["more_body"]:
            message = await receive()
        if message["type"] == "http.request":
            whole.append(message["body"])
            await echo(scope, receive, send)

    line = Line(app)
    head = b"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert statuses(await line.send(head + b"3\r\nabc\r\n", b"zz\r\n")) == [400]
    assert whole == []
    assert line.traffic.under_way == 0


async def test_a_head_has_a_bound() -> None:
    """However it is filled: with one value, with names, or with an address."""
    for first in (b"GET / HTTP/1.1\r\nA: ", b"GET / HTTP/1.1\r\n", b"GET /"):
        line = Line(echo, head_bytes=1000)
        piece = b"a: b\r\n" * 10 if first.endswith(b"\r\n") else b"a" * 60
        await line.send(first, *[piece] * 20)
        assert statuses(line.wire.sent) == [431]
        assert line.wire.ended == "eof"


async def test_who_takes_too_long_to_ask_is_told_and_closed() -> None:
    """Nothing at all, half a head, half a body, and nothing after an answer."""
    silent = Line(echo)
    await silent.wait(9)
    assert silent.wire.ended == ""
    await silent.wait(11)
    assert (silent.wire.sent, silent.wire.ended) == (b"", "close")
    for half in (GET[:20], POST[:-2]):
        line = Line(echo)
        await line.send(half)
        await line.wait(25)
        assert statuses(line.wire.sent) == [408]
        assert line.wire.ended == "eof"
        await line.wait(30)
        assert line.wire.ended == "abort"
    idle = Line(echo)
    await idle.send(GET)
    await idle.wait(60)
    assert idle.wire.ended == ""
    await idle.wait(66)
    assert idle.wire.ended == "close"


async def test_a_body_may_be_long_while_it_goes_on() -> None:
    """A second for every five hundred bytes."""
    line = Line(echo)
    await line.send(b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 50000\r\n\r\n")
    await line.send(b"a" * 20_000)
    await line.wait(55)
    assert line.wire.ended == ""
    await line.wait(65)
    assert statuses(line.wire.sent) == [408]


async def test_who_works_on_an_answer_has_all_the_time() -> None:
    """How long that may take is for the application to say."""
    gate = asyncio.Event()
    line = Line(held_by(gate))
    await line.send(POST)
    await line.wait(300)
    gate.set()
    await turn()
    assert statuses(line.wire.sent) == [200]


async def test_who_takes_nothing_of_an_answer_is_cut() -> None:
    """What waits to be taken holds memory."""
    line = Line(echo, idle_s=1000)
    await line.send(GET)
    line.wire.held = 100
    await line.wait(1)
    await line.wait(20)
    line.wire.held = 50
    await line.wait(40)
    assert line.wire.ended == "", "it takes some now and then"
    await line.wait(60)
    await line.wait(75)
    assert line.wire.ended == "abort"


async def test_an_application_waits_while_nothing_is_taken() -> None:
    """And ends when the client has gone."""
    sent: list[int] = []

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for number in range(4):
            await send({"type": "http.response.body", "body": b"x", "more_body": True})
            sent.append(number)

    line = Line(app)
    line.connection.pause_writing()
    await line.send(GET)
    assert sent == []
    line.connection.resume_writing()
    await turn()
    assert sent == [0, 1, 2, 3]
    line = Line(app)
    line.connection.pause_writing()
    await line.send(GET)
    line.connection.connection_lost(None)
    await turn()
    assert len(line.traffic.tasks) == 0


async def test_a_body_waits_until_it_is_received() -> None:
    """No more than a little is kept for an application that does not read."""
    gate = asyncio.Event()
    line = Line(held_by(gate))
    await line.send(b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 70001\r\n\r\n", b"a" * 70_000)
    assert not line.wire.is_reading_now
    gate.set()
    await turn()
    assert line.wire.is_reading_now
    assert (await line.send(b"a")).endswith(b"a")


@pytest.mark.parametrize("value", [b"a\r\nset-cookie: x=y", b"a\nb", b"a\rb", b"a\x00b"])
async def test_an_answer_cannot_be_forged_by_a_value(value: bytes) -> None:
    """It is not sent at all."""

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        headers = [(b"location", value)]
        await send({"type": "http.response.start", "status": 303, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    line = Line(app)
    assert statuses(await line.send(GET)) == [500]
    assert b"set-cookie" not in line.wire.sent
    assert line.wire.ended == "close"


async def test_answers_without_a_length_are_sent_in_chunks() -> None:
    """HTTP/1.0 has none: there the end of the connection is the end of the answer."""

    async def app(_scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for piece in (b"abc", b"", b"de"):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body"})

    line = Line(app)
    assert (await line.send(GET)).endswith(
        b"transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    )
    assert (await line.send(GET.replace(b"GET", b"HEAD"))).endswith(b"now\r\n\r\n")
    old = Line(app)
    assert (await old.send(GET.replace(b"1.1", b"1.0"))).endswith(b"close\r\n\r\nabcde")
    assert old.wire.ended == "close"


async def test_an_answer_that_is_not_as_long_as_it_says_is_cut() -> None:
    """Else the next one would be taken for its end."""

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        headers = [(b"content-length", b"9")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"short"})

    line = Line(app)
    await line.send(GET)
    assert line.wire.ended == "abort"


async def test_a_client_that_asks_first_is_told_to_go_on() -> None:
    """RFC 9110 10.1.1; once, and only by whoever wants the body."""
    line = Line(echo)
    head = POST[:-9] + b"\r\nExpect: 100-continue\r\n\r\n"
    assert await line.send(head) == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert statuses(await line.send(b"hello")) == [200]


async def test_an_answer_that_comes_before_the_request_is_whole_is_the_last() -> None:
    """What still arrives is thrown away for a while, so that the answer is not lost with it."""

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        headers = [(b"content-length", b"0")]
        await send({"type": "http.response.start", "status": 413, "headers": headers})
        await send({"type": "http.response.body"})

    line = Line(app)
    sent = await line.send(POST[:-2])
    assert b"connection: close" in sent
    assert line.wire.ended == "eof"
    assert await line.send(b"lo" + GET) == b""


async def test_another_protocol_is_not_spoken_but_the_request_is_answered() -> None:
    """Some clients offer one with their first request."""
    line = Line(echo)
    offer = b"GET /a HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
    assert statuses(await line.send(offer)) == [200]
    assert statuses(await line.send(GET)) == [200]


async def test_a_server_that_leaves_says_so_with_its_last_answer() -> None:
    """What was sent ahead is answered; who is silent is closed when its time is up."""
    gate = asyncio.Event()
    line = Line(held_by(gate))
    silent = Line(echo, line.traffic)
    await line.send(GET + GET)
    line.traffic.leave(linger_s=1)
    gate.set()
    await turn()
    assert statuses(line.wire.sent) == [200, 200]
    assert line.wire.sent.count(b"connection: close") == 1
    assert line.wire.ended == "close"
    await silent.wait(0.5)
    assert b"connection: close" in await silent.send(GET), "a request at the last moment"
    late = Line(echo, line.traffic)
    late.connection.leave(line.traffic.now + 1)
    await late.wait(1.1)
    assert late.wire.ended == "close"


async def test_too_many_requests_are_turned_away_at_once() -> None:
    """Those that a load balancer asks are not; whoever still sends counts for nothing."""
    gate = asyncio.Event()
    first = Line(held_by(gate), requests=2)
    lines = [first, *(Line(held_by(gate), first.traffic) for _ in range(4))]
    slow = Line(echo, first.traffic)
    await slow.send(POST[:-2])
    for line in lines:
        await line.send(GET)
    assert first.traffic.under_way == 2
    assert [statuses(line.wire.sent) for line in lines] == [[], [], [503], [503], [503]]
    asked = Line(echo, first.traffic)
    assert statuses(await asked.send(GET.replace(b"/a?b=c", b"/healthz"))) == [200]
    assert first.traffic.turned_away == 3
    lines[0].connection.connection_lost(None)
    gate.set()
    await turn()
    assert first.traffic.under_way == 0
    assert statuses(await lines[4].send(GET)) == [200]


async def test_too_many_connections_are_told_so_and_many_more_are_cut() -> None:
    """Who is told so may not stay."""
    first = Line(echo, connections=1, requests=1)
    second = Line(echo, first.traffic)
    third = Line(echo, first.traffic)
    assert third.wire.ended == "abort"
    assert await third.send(GET) == b""
    assert statuses(await second.send(GET)) == [503]
    assert second.wire.ended == "close"
    second.connection.connection_lost(None)
    assert statuses(await first.send(GET)) == [200]


async def test_the_many_little_pieces_of_a_body_cost_no_more_than_it_does() -> None:
    """Each as a chunk of its own."""
    line = Line(echo)
    head = b"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    sent = await line.send(head + b"1\r\na\r\n" * 40_000 + b"0\r\n\r\n")
    assert sent.endswith(b"|" + b"a" * 40_000)


_REQUESTS = st.sampled_from(
    [
        GET,
        POST,
        GET.replace(b"GET", b"HEAD"),
        GET.replace(b"/a?b=c", b"http://x/y%20z?q"),
        GET.replace(b"/a?b=c", b"//x/y?q#f"),
        GET.replace(b"Host: x", b"Host: x\r\nConnection: close"),
        b"POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    ]
)


@settings(max_examples=40, deadline=None)
@given(st.lists(_REQUESTS, max_size=6), st.lists(st.integers(1, 200), max_size=6))
async def test_it_answers_as_uvicorn_does(requests: list[bytes], cuts: list[int]) -> None:
    """Whatever sound requests come, and wherever the network cuts them."""
    text, pieces = b"".join(requests), []
    for cut in cuts:
        pieces.append(text[:cut])
        text = text[cut:]
    pieces.append(text)
    ours = Line(echo)
    theirs, wire = uvicorns(), Wire()
    theirs.connection_made(wire)
    for piece in pieces:
        if piece:
            await ours.send(piece)
        if piece and not wire.is_closing():
            theirs.data_received(piece)
            await turn()
    for _ in requests:
        await turn()
    assert lines_of(ours.wire.sent) == lines_of(wire.sent)


def uvicorns() -> HttpToolsProtocol:
    """The protocol that uvicorn has itself."""
    config = uvicorn.Config(echo, lifespan="off", ws="none", log_config=None)
    config.load()
    return HttpToolsProtocol(config, ServerState(), {})


def lines_of(sent: bytes) -> list[bytes]:
    """Their lines in order, since fields of one head have none."""
    return sorted(each for each in sent.split(b"\r\n") if each != b"date: now")
