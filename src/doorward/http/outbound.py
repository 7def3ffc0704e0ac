"""The only client that sends requests for people: to public addresses, within limits.

A name is resolved once for each connection, every address that it has is verified, and the
connection goes to the verified address, under the name's certificate. Nothing is followed,
nothing is kept but idle connections, and the environment's proxies are not asked.
"""

from __future__ import annotations

import asyncio
import re
import ssl
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache, partial
from socket import SOCK_STREAM, getaddrinfo

import httpcore2

from doorward.crypto import Secret
from doorward.http.identities import Identities
from doorward.http.targets import Forbidden, Target, is_public, parse_target

__all__ = [
    "NoAnswer",
    "NotSent",
    "Outbound",
    "OutboundReply",
    "OutboundRequest",
    "Resolve",
    "resolve_by_system",
]

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""The addresses of a name. Raises ``OSError`` where there are none."""

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}\Z")
_HEADER_VALUE = re.compile(r"[\t -~\x80-\xff]*\Z")
_OURS = frozenset(
    {
        "accept-encoding", "connection", "content-length", "expect", "host", "keep-alive",
        "proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
    }
)  # fmt: skip
"""Headers that the connection itself decides about; others' are not sent."""
_AGENT = (b"User-Agent", b"Doorward")
"""Unless a platform wants to read more: some refuse whoever has no name."""
_CONNECTIONS = 200
_CONNECTIONS_TO_ONE = 32
"""So that one slow platform leaves connections for the others."""
_IDLE = 40
_IDLE_S = 4.0
"""Under the five seconds after which common servers close: what is taken up again is open."""
_ADDRESSES_TRIED = 3
_RESOLVERS = 16
_DEFLATED = frozenset({"gzip", "x-gzip", "deflate"})
_PLAIN = frozenset({"", "identity"})
_SENDING = "http11.send_request_headers.started"


class NotSent(Exception):
    """The request surely never left: no address, no connection, no certificate, no time."""


class NoAnswer(Exception):
    """The request may have arrived, and no whole answer came back within the limits."""


@dataclass(frozen=True, slots=True)
class OutboundRequest:
    """One request. ``headers`` keep their spelling; ``timeout_s`` is for everything together."""

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    timeout_s: float = 30
    max_bytes: int = 262_144
    identity: Secret[str] | None = None
    """PEM of a private key and its certificates, for platforms that ask for them in TLS."""


@dataclass(frozen=True, slots=True)
class OutboundReply:
    """What came back, decoded. ``headers`` are in order, their names in lower case."""

    status: int
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    body: bytes = field(repr=False)

    def header(self, name: str) -> str:
        """The first value of a header, or nothing."""
        return next((value for each, value in self.headers if each == name.lower()), "")


Observer = Callable[
    [OutboundRequest, Callable[[OutboundRequest], Awaitable[OutboundReply]]],
    Awaitable[OutboundReply],
]


async def resolve_by_system(host: str, port: int) -> Sequence[str]:
    """The addresses that the system knows for a name."""
    loop = asyncio.get_running_loop()
    look_up = partial(getaddrinfo, host, port, type=SOCK_STREAM)
    found = await loop.run_in_executor(_resolvers(), look_up)
    return tuple(dict.fromkeys(str(each[4][0]) for each in found))


@cache
def _resolvers() -> ThreadPoolExecutor:
    """Threads of their own: whoever owns a slow name server keeps only these waiting."""
    return ThreadPoolExecutor(_RESOLVERS, thread_name_prefix="resolve")


class _Closing(httpcore2.AsyncNetworkStream):
    """A stream that is closed when its handshake ends in whatever way but well."""

    def __init__(self, stream: httpcore2.AsyncNetworkStream) -> None:
        self._stream = stream
        self.read = stream.read  # type: ignore[method-assign]
        self.write = stream.write  # type: ignore[method-assign]
        self.aclose = stream.aclose  # type: ignore[method-assign]
        self.get_extra_info = stream.get_extra_info  # type: ignore[method-assign]

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - the interface has it
    ) -> httpcore2.AsyncNetworkStream:
        try:
            return await self._stream.start_tls(ssl_context, server_hostname, timeout)
        except BaseException:
            await self._stream.aclose()
            raise


class _Pinned(httpcore2.AsyncNetworkBackend):
    """Connects to addresses that it has verified, and to no name."""

    def __init__(
        self,
        allowed: frozenset[str],
        resolve: Resolve,
        network: httpcore2.AsyncNetworkBackend,
    ) -> None:
        self._allowed = allowed
        self._resolve = resolve
        self._network = network

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the interface has it
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        addresses = await self.verified_addresses(host, port)
        failure: Exception = httpcore2.ConnectError("no address")
        for address in addresses[:_ADDRESSES_TRIED]:
            try:
                return _Closing(
                    await self._network.connect_tcp(
                        address, port, timeout, local_address, socket_options
                    )
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        raise failure

    async def verified_addresses(self, host: str, port: int) -> Sequence[str]:
        """Where a name leads, if everything that it leads to may be called."""
        try:
            addresses = await self._resolve(host, port)
        except (OSError, UnicodeError):
            raise httpcore2.ConnectError("unknown name") from None
        target = Target("", host, port, "")
        # One private address among public ones is how a name is made to lead inside.
        if target.authority not in self._allowed and not all(map(is_public, addresses)):
            raise Forbidden("address")
        return addresses


class _Progress:
    """Whether a request had begun to leave when it failed."""

    def __init__(self) -> None:
        self.sent = False

    async def __call__(self, event: str, _info: object) -> None:
        self.sent = self.sent or event == _SENDING


class Outbound:
    """The guarded client. One for a process, on its one event loop; ``close`` it at the end."""

    def __init__(
        self,
        *,
        allowed: Iterable[str] = (),
        resolve: Resolve = resolve_by_system,
        trust: Callable[[], ssl.SSLContext] = httpcore2.default_ssl_context,
        network: httpcore2.AsyncNetworkBackend | None = None,
    ) -> None:
        """``allowed`` are ``host:port`` that may be private and without TLS.

        ``trust`` makes a context that believes the right authorities.
        """
        self._allowed = frozenset(each.lower() for each in allowed)
        self._pinned = _Pinned(self._allowed, resolve, network or httpcore2.AnyIOBackend())
        self._identities = Identities(trust)
        usual = _trusted() if trust is httpcore2.default_ssl_context else trust()
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=usual,
            max_connections=_CONNECTIONS,
            max_keepalive_connections=_IDLE,
            keepalive_expiry=_IDLE_S,
            network_backend=self._pinned,
        )
        self._doors: dict[str, _Door] = {}
        self.observer: Observer | None = None
        """Sends in our place where requests are traced."""

    async def close(self) -> None:
        """End idle connections."""
        await self._pool.aclose()

    def verify_url(self, url: str) -> Target:
        """Where ``url`` leads, before anything is resolved. Raises ``Forbidden``."""
        return parse_target(url, self._allowed)

    async def look_up(self, url: str) -> Sequence[str]:
        """The addresses behind ``url``, all of which may be called. Sends nothing.

        Raises ``Forbidden``, and ``NotSent`` for a name that nobody knows.
        """
        target = self.verify_url(url)
        try:
            return await self._pinned.verified_addresses(target.host, target.port)
        except httpcore2.ConnectError:
            raise NotSent("unknown name") from None

    async def send(self, request: OutboundRequest) -> OutboundReply:
        """Send it once and read the whole answer, whatever its status.

        Raises ``Forbidden``, ``NotSent`` or ``NoAnswer``; none of them holds what was sent.
        """
        if self.observer is None:
            return await self._send(request)
        return await self.observer(request, self._send)

    async def _send(self, request: OutboundRequest) -> OutboundReply:
        target = self.verify_url(request.url)
        prepared = _prepare(request, target)
        progress = _Progress()
        prepared.extensions["trace"] = progress
        try:
            async with (
                asyncio.timeout(request.timeout_s),
                self._door(target),
                self._pool_of(request.identity) as pool,
            ):
                return await _perform(pool, prepared, request)
        except Forbidden:
            raise
        except TimeoutError:
            raise _missed("timeout", sent=progress.sent) from None
        except (httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.TimeoutException) as e:
            raise _missed(type(e).__name__, sent=progress.sent) from None
        except ssl.SSLError:
            raise _missed("tls", sent=progress.sent) from None

    def _door(self, target: Target) -> _Door:
        door = self._doors.get(target.authority)
        if door is None:
            door = self._doors[target.authority] = _Door(self._doors, target.authority)
        return door

    @asynccontextmanager
    async def _pool_of(
        self, identity: Secret[str] | None
    ) -> AsyncIterator[httpcore2.AsyncConnectionPool]:
        """Connections that show an identity are nobody else's, and are not kept."""
        if identity is None:
            yield self._pool
            return
        context = self._identities.context_of(identity)
        async with httpcore2.AsyncConnectionPool(
            ssl_context=context, max_keepalive_connections=0, network_backend=self._pinned
        ) as pool:
            yield pool


class _Door:
    """Lets so many requests to one host through at a time; gone when nobody is there."""

    def __init__(self, doors: dict[str, _Door], authority: str) -> None:
        self._doors = doors
        self._authority = authority
        self._open = asyncio.Semaphore(_CONNECTIONS_TO_ONE)
        self._here = 0

    async def __aenter__(self) -> None:
        self._here += 1
        try:
            await self._open.acquire()
        except BaseException:
            self._leave()
            raise

    async def __aexit__(self, *_: object) -> None:
        self._open.release()
        self._leave()

    def _leave(self) -> None:
        self._here -= 1
        if not self._here:
            self._doors.pop(self._authority, None)


async def _perform(
    pool: httpcore2.AsyncConnectionPool, prepared: httpcore2.Request, request: OutboundRequest
) -> OutboundReply:
    response = await pool.handle_async_request(prepared)
    try:
        headers = tuple(
            (name.decode("latin-1").lower(), value.decode("latin-1"))
            for name, value in response.headers
        )
        reply = OutboundReply(response.status, headers, b"")
        body = await _read(response, reply.header("content-encoding"), request.max_bytes)
    finally:
        await response.aclose()
    return OutboundReply(response.status, headers, body)


@cache
def _trusted() -> ssl.SSLContext:
    """The system's certificates, which take long to read."""
    return httpcore2.default_ssl_context()


def _missed(why: str, *, sent: bool) -> NotSent | NoAnswer:
    return NoAnswer(why) if sent else NotSent(why)


def _prepare(request: OutboundRequest, target: Target) -> httpcore2.Request:
    """The request as it is sent. Raises ``Forbidden`` where a header could end early."""
    if request.method not in _METHODS:
        raise Forbidden("method")
    default = 443 if target.scheme == "https" else 80
    host = target.authority.removesuffix(f":{default}")
    headers = [(b"Host", host.encode()), (b"Accept-Encoding", b"gzip")]
    for name, value in request.headers.items():
        if not _HEADER_NAME.match(name) or not _HEADER_VALUE.match(value):
            raise Forbidden("header")
        if name.lower() not in _OURS:
            headers.append((name.encode(), value.strip().encode("latin-1")))
    if not any(name.lower() == b"user-agent" for name, _ in headers):
        headers.append(_AGENT)
    if request.body or request.method in {"POST", "PUT", "PATCH"}:
        headers.append((b"Content-Length", str(len(request.body)).encode()))
    url = httpcore2.URL(
        scheme=target.scheme, host=target.host, port=target.port, target=target.path
    )
    return httpcore2.Request(request.method, url, headers=headers, content=request.body or None)


async def _read(response: httpcore2.Response, encoding: str, limit: int) -> bytes:
    """The body, decoded, while it stays under ``limit``. Raises ``NoAnswer`` at once after it."""
    encoding = encoding.strip().lower()
    if encoding not in _PLAIN | _DEFLATED:
        raise NoAnswer("encoding")
    inflate = zlib.decompressobj(zlib.MAX_WBITS | 32) if encoding in _DEFLATED else None
    body = bytearray()
    async for chunk in response.aiter_stream():
        # A byte more than what is allowed is enough to know, however much is packed into it.
        room = limit - len(body) + 1
        try:
            body += chunk if inflate is None else inflate.decompress(chunk, room)
        except zlib.error:
            raise NoAnswer("encoding") from None
        if len(body) > limit:
            raise NoAnswer("too_large")
    if inflate is not None and body and not inflate.eof:
        raise NoAnswer("encoding")
    return bytes(body)
