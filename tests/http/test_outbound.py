"""The guarded client against name servers, platforms and redirects that mean ill."""

from __future__ import annotations

import asyncio
import gzip
import logging
import ssl
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
)

from doorward.crypto import Secret
from doorward.http import Forbidden, NoAnswer, NotSent, Outbound, OutboundRequest
from tests.support.canary import Answer, Canary, Internet, Names, running_canary, tls_of

pytestmark = pytest.mark.anyio

PUBLIC = "93.184.216.34"


def written(*chunks: bytes, close: bool = False) -> Answer:
    """An answer of these bytes."""

    async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.writelines(chunks)
        await writer.drain()
        if close:
            writer.close()

    return answer


def response(body: bytes, *headers: bytes, status: bytes = b"200 OK") -> Answer:
    """A whole response."""
    head = b"\r\n".join([b"HTTP/1.1 " + status, b"Content-Length: %d" % len(body), *headers])
    return written(head + b"\r\n\r\n" + body)


Opened = Callable[..., Outbound]


@pytest.fixture
async def opened() -> AsyncIterator[Opened]:
    """Clients that are closed at the end; each may reach the canaries that it is given."""
    clients: list[Outbound] = []

    def open_client(*canaries: Canary, **more: Any) -> Outbound:
        allowed = [f"127.0.0.1:{canary.port}" for canary in canaries]
        clients.append(Outbound(allowed=allowed, **more))
        return clients[-1]

    yield open_client
    for client in clients:
        await client.close()


def to(canary: Canary, path: str = "/", **more: object) -> OutboundRequest:
    return OutboundRequest("GET", f"http://127.0.0.1:{canary.port}{path}", **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"], ["0.0.0.0"], ["169.254.169.254"], ["10.1.2.3"], ["100.100.100.200"],
        ["::1"], ["::ffff:127.0.0.1"], ["64:ff9b::7f00:1"], ["2002:7f00:1::"], ["fe80::1%lo"],
        ["fd00:ec2::254"], [PUBLIC, "127.0.0.1"], ["127.0.0.1", PUBLIC],
    ],
)  # fmt: skip
async def test_a_name_that_leads_inside_is_not_connected_to(
    opened: Opened, addresses: list[str]
) -> None:
    """Also when a public address stands beside the private one."""
    async with running_canary() as canary:
        internet = Internet({}, inside=canary.port)
        names = Names({"localtest.example": [addresses]})
        outbound = opened(resolve=names, network=internet)
        with pytest.raises(Forbidden, match="address"):
            await outbound.send(OutboundRequest("GET", "https://localtest.example/"))
    assert internet.called == []
    assert canary.connections == 0


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "[::ffff:127.0.0.1]", "[::]", "127.1",
     "2130706433", "0x7f.1", "0177.1", "169.254.169.254", "[fe80::1]"],
)  # fmt: skip
async def test_this_machine_is_not_reached_by_any_spelling(opened: Opened, host: str) -> None:
    """With the system's own name server and network: nothing arrives at a real listener."""
    async with running_canary() as canary:
        outbound = opened()
        for scheme in ("https", "http"):
            with pytest.raises(Forbidden):
                await outbound.send(OutboundRequest("GET", f"{scheme}://{host}:{canary.port}/"))
    assert canary.connections == 0


async def test_a_name_that_moves_inside_is_not_followed(opened: Opened, tmp_path: Path) -> None:
    """Rebinding: the first answer is public and served, the second is this machine."""
    server, client = tls_of(tmp_path, "rebind.example")
    closing = response(b"public", b"Connection: close")
    async with running_canary(closing, server) as public, running_canary() as canary:
        names = Names({"rebind.example": [[PUBLIC], ["127.0.0.1"]]})
        internet = Internet({PUBLIC: public.port}, inside=canary.port)
        outbound = opened(resolve=names, network=internet, trust=lambda: client)
        request = OutboundRequest("GET", "https://rebind.example/")
        assert (await outbound.send(request)).body == b"public"
        with pytest.raises(Forbidden, match="address"):
            await outbound.send(request)
    assert internet.called == [PUBLIC]
    assert names.asked == ["rebind.example"] * 2
    assert canary.connections == 0


async def test_a_connection_that_is_kept_leads_where_it_was_verified(
    opened: Opened, tmp_path: Path
) -> None:
    """The name server is asked once, the name stands in TLS and in the request."""
    server, client = tls_of(tmp_path, "crm.example")
    async with running_canary(tls=server) as public:
        names = Names({"crm.example": [[PUBLIC], ["127.0.0.1"]]})
        internet = Internet({PUBLIC: public.port}, inside=1)
        outbound = opened(resolve=names, network=internet, trust=lambda: client)
        for _ in range(3):
            await outbound.send(OutboundRequest("GET", "https://crm.example/"))
    assert (names.asked, internet.called) == (["crm.example"], [PUBLIC])
    assert (public.connections, public.names) == (1, ["crm.example"])
    assert all(b"\r\nHost: crm.example\r\n" in head for head in public.heads)


async def test_a_certificate_of_another_name_ends_it_before_sending(
    opened: Opened, tmp_path: Path
) -> None:
    """Whoever answers at the address is not who the name is."""
    server, client = tls_of(tmp_path, "other.example")
    async with running_canary(tls=server) as canary:
        names = Names({"crm.example": [[PUBLIC]]})
        outbound = opened(
            resolve=names, network=Internet({PUBLIC: canary.port}, 1), trust=lambda: client
        )
        with pytest.raises(NotSent):
            await outbound.send(OutboundRequest("GET", "https://crm.example/"))
    assert canary.heads == []


async def test_a_platform_may_ask_who_we_are(opened: Opened, tmp_path: Path) -> None:
    """RFC 8705: with a certificate of ours in TLS, on a connection that nobody else uses."""
    server, _ = tls_of(tmp_path, "crm.example")
    tls_of(tmp_path, "door.example")
    identity = (tmp_path / "door.example.pem").read_text()
    server.verify_mode = ssl.CERT_REQUIRED
    server.load_verify_locations(tmp_path / "door.example.pem")

    def trust() -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(tmp_path / "crm.example.pem"))

    async with running_canary(tls=server) as canary:
        names, internet = Names({"crm.example": [[PUBLIC]]}), Internet({PUBLIC: canary.port}, 1)
        outbound = opened(resolve=names, network=internet, trust=trust)
        known = OutboundRequest("GET", "https://crm.example/", identity=Secret(identity))
        for _ in range(2):
            assert (await outbound.send(known)).body == b"ok"
        assert canary.connections == 2
        with pytest.raises((NotSent, NoAnswer)):
            await outbound.send(OutboundRequest("GET", "https://crm.example/"))
    assert len(canary.heads) == 2
    assert "PRIVATE" not in repr(known)


@pytest.mark.parametrize("pem", ["", "no PEM", "-----BEGIN PRIVATE KEY-----\nAAAA", "locked", "é"])
async def test_an_identity_that_is_none_is_refused(opened: Opened, pem: str) -> None:
    """Also a key under a password, for which nobody at a terminal is asked."""
    if pem == "locked":
        key = ec.generate_private_key(ec.SECP256R1())
        lock = BestAvailableEncryption(b"word")
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock).decode()
    async with running_canary() as canary:
        with pytest.raises(Forbidden, match="certificate"):
            await opened(canary).send(to(canary, identity=Secret(pem)))
    assert canary.connections == 0


async def test_a_handshake_that_never_ends_is_given_up(opened: Opened) -> None:
    """And its connection is closed; nothing was sent."""
    async with running_canary() as canary:
        request = OutboundRequest("GET", f"https://127.0.0.1:{canary.port}/", timeout_s=1)
        with pytest.raises(NotSent, match="timeout"):
            await opened(canary).send(request)
    assert (canary.connections, canary.heads) == (1, [])


async def test_another_address_is_tried_when_one_does_not_answer(opened: Opened) -> None:
    """A name with several addresses is reached by whichever works."""
    names = Names({"127.0.0.1": [["127.0.0.2", "127.0.0.1"]]})
    async with running_canary() as canary:
        outbound = opened(canary, resolve=names)
        assert (await outbound.send(to(canary))).body == b"ok"


async def test_a_redirect_is_an_answer_and_is_not_followed(opened: Opened) -> None:
    """Wherever it leads: the second canary hears nothing."""
    async with running_canary() as inside:
        where = b"Location: http://127.0.0.1:%d/" % inside.port
        async with running_canary(response(b"", where, status=b"307 Moved")) as canary:
            reply = await opened(canary).send(to(canary))
    assert (reply.status, reply.header("location")[:16]) == (307, "http://127.0.0.1")
    assert inside.connections == 0


async def test_what_is_sent_is_what_was_asked_and_no_more(opened: Opened) -> None:
    """Header names keep their spelling; no cookie, nothing of the connection's own."""
    async with running_canary(response(b"", b"Set-Cookie: a=b")) as canary:
        outbound = opened(canary)
        headers = {"ACCESS_TOKEN": "t", "X-Api-Key": "k", "Host": "evil", "Connection": "close"}
        await outbound.send(to(canary, "/a/?b=%20", headers=headers))
        await outbound.send(to(canary))
    first, second = (head.decode().split("\r\n") for head in canary.heads)
    assert first[0] == "GET /a/?b=%20 HTTP/1.1"
    assert set(first[1:-2]) == {
        f"Host: 127.0.0.1:{canary.port}",
        "Accept-Encoding: gzip",
        "User-Agent: Doorward",
        "ACCESS_TOKEN: t",
        "X-Api-Key: k",
    }
    assert not any("cookie" in line.lower() for line in second)
    assert canary.connections == 1, "the connection is used again"


@pytest.mark.parametrize(
    ("name", "value"),
    [("X-Key", "a\r\nHost: inside"), ("X-Key", "a\nb"), ("X-Key", "a\x00"), ("X-Key", "鍵"),
     ("X\r\nHost", "a"), ("X Key", "a"), ("", "a"), ("X:", "a")],
)  # fmt: skip
async def test_no_header_can_end_early(opened: Opened, name: str, value: str) -> None:
    """Nothing is sent."""
    async with running_canary() as canary:
        with pytest.raises(Forbidden, match="header"):
            await opened(canary).send(to(canary, headers={name: value}))
    assert canary.connections == 0


async def test_the_environment_names_no_proxy(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy would connect to whatever it likes."""
    async with running_canary() as proxy, running_canary() as canary:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert (await opened(canary).send(to(canary))).body == b"ok"
    assert proxy.connections == 0


@pytest.mark.parametrize(
    "answer",
    [
        response(b"x" * 2_000),
        response(gzip.compress(b"\x00" * 50_000_000), b"Content-Encoding: gzip"),
        response(zlib.compress(b"\x00" * 50_000_000), b"Content-Encoding: deflate"),
        response(gzip.compress(b"x" * 900)[:-9], b"Content-Encoding: gzip"),
        response(b"not packed", b"Content-Encoding: gzip"),
        response(b"packed", b"Content-Encoding: br"),
        response(gzip.compress(gzip.compress(b"x")), b"Content-Encoding: gzip, gzip"),
        written(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort", close=True),
        written(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000),
        written(b"I am no web server\r\n\r\n", close=True),
        written(close=True),
    ],
)
async def test_an_answer_beyond_its_bounds_is_no_answer(opened: Opened, answer: Answer) -> None:
    """Too large, packed into little, cut off, or not HTTP; and it says that it was sent."""
    async with running_canary(answer) as canary:
        with pytest.raises(NoAnswer):
            await opened(canary).send(to(canary, max_bytes=1_000))


async def test_what_is_packed_is_never_unpacked_beyond_its_bounds(opened: Opened) -> None:
    """Fifty megabytes in fifty kilobytes take no more memory than was allowed."""
    bomb = gzip.compress(b"\x00" * 50_000_000)
    async with running_canary(response(bomb, b"Content-Encoding: gzip")) as canary:
        outbound = opened(canary)
        tracemalloc.start()
        try:
            with pytest.raises(NoAnswer, match="too_large"):
                await outbound.send(to(canary, max_bytes=1_000))
            assert tracemalloc.get_traced_memory()[1] < 5_000_000
        finally:
            tracemalloc.stop()


async def test_a_packed_answer_within_bounds_is_unpacked(opened: Opened) -> None:
    """Some platforms pack whatever is asked of them."""
    answer = response(gzip.compress(b"x" * 1_000), b"Content-Encoding: gzip")
    async with running_canary(answer) as canary:
        assert (await opened(canary).send(to(canary, max_bytes=1_000))).body == b"x" * 1_000


async def test_a_slow_drip_ends_with_the_whole_time(opened: Opened) -> None:
    """The time is for everything: a byte now and then does not begin it anew."""

    async def drip(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(1_000):
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.01)

    async with running_canary(drip) as canary:
        with pytest.raises(NoAnswer, match="timeout"):
            await opened(canary).send(to(canary, timeout_s=1))


async def test_a_failure_before_sending_says_so(opened: Opened) -> None:
    """A refresh token that is good once may be sent again then, and only then."""
    async with running_canary() as canary:
        pass
    with pytest.raises(NotSent):
        await opened(canary).send(to(canary))
    with pytest.raises(NotSent):
        await opened(resolve=Names({})).send(OutboundRequest("GET", "https://nobody.example/"))


async def test_one_slow_host_leaves_room_for_others(opened: Opened) -> None:
    """So many wait at it, and no more connections are taken."""
    release = asyncio.Event()

    async def wait(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await release.wait()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    async with running_canary(wait) as slow, running_canary() as quick:
        outbound = opened(slow, quick)
        waiting = [asyncio.create_task(outbound.send(to(slow))) for _ in range(100)]
        while len(slow.heads) < 32:
            await asyncio.sleep(0.01)
        assert (await outbound.send(to(quick))).body == b"ok"
        assert slow.connections == 32
        release.set()
        assert {reply.status for reply in await asyncio.gather(*waiting)} == {200}


async def test_nothing_of_a_request_is_in_logs_or_errors(
    opened: Opened, caplog: pytest.LogCaptureFixture
) -> None:
    """Addresses, headers and bodies hold secrets."""
    caplog.set_level(logging.DEBUG)
    async with running_canary(response(b"x" * 99)) as canary:
        request = OutboundRequest(
            "POST",
            f"http://127.0.0.1:{canary.port}/?key=s3cret-q",
            {"Authorization": "Bearer s3cret-h"},
            b"s3cret-b",
            max_bytes=10,
        )
        with pytest.raises(NoAnswer) as raised:
            await opened(canary).send(request)
    assert "s3cret" not in caplog.text + repr(raised.value) + repr(raised.value.__context__)
    assert "s3cret-h" not in repr(request)
    assert "s3cret-b" not in repr(request)
