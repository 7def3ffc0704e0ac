"""What no answer goes without, whoever made it: the least of headers, and its request's number.

Pages say more than these headers, programs' answers this.
"""

from __future__ import annotations

import time
from collections.abc import MutableMapping
from itertools import count
from os import getpid
from time import perf_counter
from typing import Any, Final

from doorward.app.exchange import find_exchange, render_headers
from doorward.http import ASGIApp, Header, Receive, Reply, Scope, Send
from doorward.metrics import AT_ONCE, ROUTE, UNKNOWN_ROUTE, Requests, Routed

__all__ = ["FLOOR", "HSTS", "with_floor"]

FLOOR: Final = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)
"""What an answer has that says nothing of its own about the same."""

HSTS: Final = (b"strict-transport-security", b"max-age=63072000")
"""RFC 6797 7.2: only where people come by TLS."""

_NUMBER: Final = b"x-request-id"
_OFTEN: Final = frozenset(
    {
        b"access-control-allow-origin",
        b"cache-control",
        b"content-type",
        b"pragma",
        b"retry-after",
        b"www-authenticate",
    }
)
"""Headers that hold nothing of a request: a set of them is rendered once."""

_MOST = 512
"""So many sets of headers are remembered."""


class _Send(Routed):
    """What an application below sends with: each answer leaves with what it may not lack."""

    __slots__ = ("_exchange", "_floor", "_number", "_send", "status")

    def __init__(self, send: Send, floor: _Floor, number: str) -> None:
        # What ``Routed`` does, without a call for every request.
        self.route = UNKNOWN_ROUTE
        self._send = send
        self._floor = floor
        self._number = number.encode()
        self._exchange = find_exchange(send)
        self.status = 0
        """Of the answer; 0 until it begins."""

    async def __call__(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = message["headers"]
            assert isinstance(headers, list)  # noqa: S101 - ASGI says so
            said = {name for name, _ in headers}
            headers += self._floor.missing(said)
            if _NUMBER not in said:
                headers.append((_NUMBER, self._number))
        await self._send(message)

    def reply(self, reply: Reply, *, with_body: bool) -> bool:
        """Send ``reply`` at once where that can be; False, with nothing sent, where it cannot."""
        if self._exchange is None:
            return False
        lines = self._floor.rendered(reply.headers)
        if lines is None:
            return False
        last = b"content-length: %d\r\nx-request-id: %b\r\n" % (len(reply.body), self._number)
        body = reply.body if with_body else b""
        self.status = reply.status
        return self._exchange.answer(reply.status, lines + last, body)


class _Floor:
    """The headers that no answer goes without."""

    def __init__(self, headers: tuple[Header, ...]) -> None:
        self._headers = headers
        self._rendered: dict[tuple[Header, ...], bytes] = {}

    def missing(self, said: set[bytes]) -> tuple[Header, ...]:
        """Those that an answer that has ``said`` its own lacks."""
        return tuple(pair for pair in self._headers if pair[0] not in said)

    def rendered(self, own: tuple[Header, ...]) -> bytes | None:
        """``own`` and what they lack, as lines; None where they go the ordinary way."""
        lines = self._rendered.get(own)
        if lines is None:
            said = {name for name, _ in own}
            if _NUMBER in said:
                return None
            lines = render_headers((*own, *self.missing(said)))
            if lines is not None and said <= _OFTEN and len(self._rendered) < _MOST:
                self._rendered[own] = lines
        return lines


def with_floor(app: ASGIApp, *, https: bool, requests: Requests | None = None) -> ASGIApp:
    """``app``, each of whose answers has the headers of ``FLOOR``, and ``HSTS`` by https.

    Every request is numbered: the number is in the answer, on error pages and in the log. An
    answer that carries a number of the caller's keeps that one. Answers are counted in
    ``requests``: here, since a layer of its own would cost twice what the counting does.
    """
    floor = _Floor((*FLOOR, HSTS) if https else FLOOR)
    numbers = count(int(time.time() * 1000) & 0xFFFFFFF)
    process = f"{getpid():x}"
    ended = [] if requests is None else requests.ended

    async def floored(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        number = scope["doorward.request_id"] = f"{process}-{next(numbers):x}"
        sending = scope[ROUTE] = _Send(send, floor, number)
        if requests is None:
            await app(scope, receive, sending)
            return
        method = scope["method"]
        requests.begun += 1
        begun = perf_counter()
        try:
            await app(scope, receive, sending)
        except Exception:
            # The server answers for it.
            sending.status = sending.status or 500
            raise
        finally:
            ended.append((sending.route, method, sending.status, perf_counter() - begun))
            if len(ended) >= AT_ONCE:
                requests.count()

    return floored
