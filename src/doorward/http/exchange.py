"""Requests and replies of the endpoints that programs call: no framework between them and ASGI."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import msgspec

from doorward.protocol import MAX_FORM_BYTES, ErrorCode, OAuthError, Parameters, parse_form

__all__ = [
    "NO_STORE",
    "TURNED_AWAY",
    "ASGIApp",
    "Call",
    "Endpoint",
    "Header",
    "Receive",
    "Reply",
    "Scope",
    "Send",
    "as_asgi",
    "json_reply",
    "redirect_reply",
    "send_reply",
]

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]
ASGIApp: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]
Header: TypeAlias = tuple[bytes, bytes]

TURNED_AWAY = "doorward.turned_away"
"""In the scope of a request that is too much: it is only told to come again."""
NO_STORE: tuple[Header, ...] = ((b"cache-control", b"no-store"), (b"pragma", b"no-cache"))
_JSON = (b"content-type", b"application/json")
_FORM = b"application/x-www-form-urlencoded"


@dataclass(slots=True)
class Call:
    """One request: its ASGI scope and its whole body, or where that is a file, ``receive``."""

    scope: Scope
    body: bytes
    receive: Receive | None = None

    @property
    def is_streamed(self) -> bool:
        """Whether the endpoint has to read the body itself, with ``receive_upload``."""
        return self.receive is not None

    @property
    def method(self) -> str:
        """The request method in capitals."""
        return str(self.scope["method"])

    def header(self, name: bytes) -> str | None:
        """The first value of the header ``name`` (lower case), or None."""
        for key, value in self.scope["headers"]:
            if key == name:
                return bytes(value).decode("latin-1")
        return None

    def authorization(self) -> str | None:
        """The Authorization header. Raises ``invalid_request`` when there is more than one."""
        values = [bytes(v) for k, v in self.scope["headers"] if k == b"authorization"]
        if len(values) > 1:
            raise OAuthError(
                ErrorCode.INVALID_REQUEST, "There is more than one Authorization header."
            )
        return values[0].decode("latin-1") if values else None

    def form(self, *, several: frozenset[str] = frozenset(), wide: bool = False) -> Parameters:
        """The parameters of a form body; those named by ``several`` (check boxes) may repeat.

        A ``wide`` form has fields for each of many things.
        Raises ``invalid_request`` for another content type, or a body that is not a sound form.
        """
        kind = next((value for key, value in self.scope["headers"] if key == b"content-type"), b"")
        if kind != _FORM and bytes(kind).partition(b";")[0].strip().lower() != _FORM:
            raise OAuthError(
                ErrorCode.INVALID_REQUEST,
                "The body must be application/x-www-form-urlencoded.",
            )
        return parse_form(self.body, several=several, wide=wide)

    def query(self) -> Parameters:
        """The parameters of the query string. Raises ``invalid_request``."""
        return parse_form(bytes(self.scope["query_string"]))

    @property
    def client_address(self) -> str | None:
        """The peer's address, as the server that accepted the connection knows it."""
        client = self.scope.get("client")
        return str(client[0]) if client else None


@dataclass(slots=True)
class Reply:
    """A whole answer."""

    status: int
    body: bytes = b""
    headers: tuple[Header, ...] = ()


Endpoint: TypeAlias = Callable[[Call], Awaitable["Reply | ASGIApp"]]

_encode = msgspec.json.Encoder().encode


def redirect_reply(location: str, *, cookies: tuple[str, ...] = ()) -> Reply:
    """303: the browser goes on with GET, whatever it posted (RFC 9700 4.12)."""
    set_cookies = tuple((b"set-cookie", each.encode("ascii")) for each in cookies)
    return Reply(
        303,
        b"",
        (
            (b"location", location.encode("ascii")),
            (b"cache-control", b"no-store"),
            (b"referrer-policy", b"no-referrer"),
            *set_cookies,
        ),
    )


def json_reply(
    content: Mapping[str, object], *, status: int = 200, headers: tuple[Header, ...] = NO_STORE
) -> Reply:
    """A JSON answer that nobody stores, unless ``headers`` say otherwise."""
    return Reply(status, _encode(content), (_JSON, *headers))


_TOO_LARGE = Reply(413, b"The request is too large.\n", ((b"content-type", b"text/plain"),))


def as_asgi(
    endpoint: Endpoint, *, streamed: bool = False, too_large: Reply = _TOO_LARGE
) -> ASGIApp:
    """Read the body (at most ``MAX_FORM_BYTES``), call ``endpoint``, send its reply or page.

    A ``streamed`` endpoint reads a form with a file itself, and decides how much of it. Otherwise
    a longer body is answered with ``too_large``.
    """
    closing = Reply(
        too_large.status, too_large.body, (*too_large.headers, (b"connection", b"close"))
    )

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        apart = streamed and _has_files(scope)
        body = b"" if apart else await _read(receive)
        if body is None:
            await send_reply(send, closing)
            return
        reply = await endpoint(Call(scope, body, receive if apart else None))
        if not isinstance(reply, Reply):
            await reply(scope, receive, send)
            return
        await send_reply(send, reply, with_body=scope["method"] != "HEAD")

    return app


async def send_reply(send: Send, reply: Reply, *, with_body: bool = True) -> None:
    """Send ``reply`` with its length: by the short way of a ``send`` that has one, or by ASGI's."""
    at_once = getattr(send, "reply", None)
    if at_once is not None and at_once(reply, with_body=with_body):
        return
    length = (b"content-length", str(len(reply.body)).encode())
    await send(
        {
            "type": "http.response.start",
            "status": reply.status,
            "headers": [*reply.headers, length],
        }
    )
    await send({"type": "http.response.body", "body": reply.body if with_body else b""})


def _has_files(scope: Scope) -> bool:
    kinds = [bytes(value) for key, value in scope["headers"] if key == b"content-type"]
    return bool(kinds) and kinds[0].lower().lstrip().startswith(b"multipart/form-data")


async def _read(receive: Receive) -> bytes | None:
    message = await receive()
    body: bytes = message.get("body", b"")
    if not message.get("more_body", False):
        return body if len(body) <= MAX_FORM_BYTES else None
    chunks = [body]
    size = len(body)
    while message.get("more_body", False):
        message = await receive()
        if message["type"] == "http.disconnect":
            return b""
        chunks.append(bytes(message.get("body", b"")))
        size += len(chunks[-1])
        if size > MAX_FORM_BYTES:
            return None
    return b"".join(chunks)
