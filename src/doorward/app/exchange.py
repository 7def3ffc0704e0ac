"""One request and its answer, as ASGI has them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, MutableMapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from doorward.http import TURNED_AWAY, ASGIApp, Scope, Send

if TYPE_CHECKING:
    from doorward.app.connection import Connection

__all__ = ["Exchange", "find_exchange", "plain_answer", "render_headers"]

log = logging.getLogger("doorward")

_CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
_PHRASES: Final = {each.value: each.phrase for each in HTTPStatus}
_STATUS: Final = {
    number: f"HTTP/1.1 {number} {_PHRASES.get(number, '')}\r\n".encode()
    for number in range(100, 600)
}
_WITHOUT_BODY: Final = frozenset({204, 304})
_CLOSE: Final = b"connection: close\r\n"
_CHUNKED: Final = b"transfer-encoding: chunked\r\n"
_FRAMING: Final = frozenset({b"connection", b"content-length", b"transfer-encoding"})
_JOINED: Final = 65_536
"""Up to this size a head and its body leave in one piece."""


def plain_answer(status: int, words: bytes, date_line: bytes) -> bytes:
    """A whole answer, the last on its connection."""
    head = (
        b"content-type: text/plain; charset=utf-8\r\ncache-control: no-store\r\n"
        b"content-length: %d\r\nconnection: close\r\n\r\n" % len(words)
    )
    return b"".join((_STATUS[status], date_line, head, words))


def render_headers(headers: Iterable[tuple[bytes, bytes]]) -> bytes | None:
    """``headers`` as lines, for ``Exchange.answer``; None for those that only ``send`` handles."""
    lines = []
    for name, value in headers:
        if name in _FRAMING or b"\n" in value or b"\r" in value or 0 in value:
            return None
        lines.append(b"%b: %b\r\n" % (name, value))
    return b"".join(lines)


def find_exchange(send: Send) -> Exchange | None:
    """The exchange that ``send`` is of; None under a layer that wraps it, and under other servers.

    A layer that only wants to know the status reads it there, and leaves ``send`` as it is: then
    answers that are whole leave by ``Exchange.answer``.
    """
    owner = getattr(send, "__self__", None)
    return owner if isinstance(owner, Exchange) else None


class Exchange:
    """What the application receives from, and sends to."""

    __slots__ = (
        "_bare",
        "_body",
        "_chunked",
        "_connection",
        "_continued",
        "_counted",
        "_ended",
        "_head",
        "_left",
        "_more",
        "_news",
        "_received",
        "has_begun",
        "is_lost",
        "is_over",
        "keep_alive",
        "scope",
        "status",
    )

    def __init__(self, connection: Connection, scope: Scope, *, keep_alive: bool) -> None:
        """A request whose head was read on ``connection``."""
        self.scope = scope
        self.keep_alive = keep_alive
        self.has_begun = False
        """Whether anything of the answer has left."""
        self.is_over = False
        """Whether the whole answer has left."""
        self.is_lost = False
        """Whether nobody takes an answer any more."""
        self.status = 0
        """Of the answer; 0 until it begins."""
        self._connection = connection
        self._body: bytes | bytearray = b""
        self._more = True
        self._received = False
        self._continued = False
        self._counted = False
        self._ended = False
        self._news: asyncio.Event | None = None
        self._head: bytes | None = None
        self._chunked = False
        self._bare = False
        self._left = 0

    # What the connection calls.

    def take(self, body: bytes) -> int:
        """Another piece of the body; how much of it waits to be received."""
        if not self._body:
            self._body = body
        else:
            if isinstance(self._body, bytes):
                self._body = bytearray(self._body)
            self._body += body
        self._tell()
        return len(self._body)

    def end_body(self) -> None:
        """There is no more."""
        self._more = False
        self._tell()

    def lose(self) -> None:
        """Nobody takes an answer any more."""
        self.is_lost = True
        self._tell()

    def count(self) -> None:
        """It is whole and waits for its answer: one more that is under way."""
        if not self._counted and not self._ended and TURNED_AWAY not in self.scope:
            self._counted = True
            self._connection.traffic.under_way += 1

    def begin(self, app: ASGIApp) -> None:
        """Have ``app`` answer it; where that would be too much, it only says so."""
        traffic = self._connection.traffic
        if not traffic.admits(self.scope["path"]):
            self.scope[TURNED_AWAY] = True
            self.keep_alive = self.keep_alive and not traffic.is_crowded
        elif not self._more:
            self.count()
        loop = self._connection.loop
        if traffic.gathering.is_on:
            traffic.gathering.add(loop, traffic.under_way)
        task = loop.create_task(self._run(app))
        traffic.tasks.add(task)

    def _tell(self) -> None:
        if self._news is not None:
            self._news.set()
            self._news = None

    async def _run(self, app: ASGIApp) -> None:
        try:
            await app(self.scope, self.receive, self.send)
            if not self.is_over and not self.is_lost:
                raise RuntimeError("the application ended without an answer")
        except BaseException as error:  # noqa: BLE001 - it is logged, and the task ends here
            await self._fail(error)
        finally:
            traffic = self._connection.traffic
            self._ended = True
            if self._counted:
                traffic.under_way -= 1
            task = asyncio.current_task()
            if task is not None:
                traffic.tasks.discard(task)

    async def _fail(self, error: BaseException) -> None:
        if not isinstance(error, asyncio.CancelledError):
            log.error("an answer failed", exc_info=error)
        if self.is_lost or self.is_over:
            return
        if self.has_begun:
            self._connection.cut()
            return
        self._head = None
        headers = [(b"content-length", b"0"), (b"connection", b"close")]
        await self.send({"type": "http.response.start", "status": 500, "headers": headers})
        await self.send({"type": "http.response.body"})

    # What the application calls.

    async def receive(self) -> dict[str, Any]:
        """The body, piece by piece; then that the client has gone, or has its answer."""
        while not self._has_news:
            if self._more:
                self._ask_for_body()
            if self._news is None:
                self._news = asyncio.Event()
            await self._news.wait()
        if self.is_over or self.is_lost:
            return {"type": "http.disconnect"}
        body, self._body = self._body, b""
        self._received = not self._more
        return {"type": "http.request", "body": bytes(body), "more_body": self._more}

    @property
    def _has_news(self) -> bool:
        """The end of a body is news once, even where it is empty."""
        if self.is_over or self.is_lost or self._body:
            return True
        return not self._more and not self._received

    def _ask_for_body(self) -> None:
        if not self._continued and self._head is None and not self.has_begun:
            self._continued = True
            if any(n == b"expect" and v.lower() == b"100-continue" for n, v in self._fields()):
                self._connection.write(_CONTINUE)
        self._connection.resume_reading()

    def _fields(self) -> list[tuple[bytes, bytes]]:
        fields: list[tuple[bytes, bytes]] = self.scope["headers"]
        return fields

    async def send(self, message: MutableMapping[str, Any]) -> None:
        """The head, which waits for the first piece of the body; then the body."""
        if self._connection.is_stalled and not self.is_lost:
            await self._connection.drain()
        if self.is_lost:
            return
        if self._head is None and not self.has_begun:
            if message["type"] != "http.response.start":
                raise RuntimeError("an answer begins with its head")
            self.status = message["status"]
            self._head = self._rendered(self.status, message.get("headers", ()))
            return
        if message["type"] != "http.response.body" or self.is_over:
            raise RuntimeError("an answer has one head, and ends once")
        self._write(message.get("body", b""), more=message.get("more_body", False))

    def answer(self, status: int, lines: bytes, body: bytes) -> bool:
        """Send a whole answer at once; False, with nothing sent, where it goes the ordinary way.

        ``lines`` are rendered headers, the content's length among them.
        """
        connection = self._connection
        if self.is_lost:
            return True
        # What ends the connection, or waits for the client, is for the ordinary way.
        if self._more or not self.keep_alive or connection.is_stalled or not connection.may_stay:
            return False
        if self.has_begun or self._head is not None:
            return False
        self.has_begun = self.is_over = True
        self.status = status
        head = (_STATUS[status], connection.traffic.date_line, lines, b"\r\n", body)
        connection.write(b"".join(head))
        self._tell()
        connection.answered()
        return True

    def _rendered(self, status: int, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
        connection, length = self._connection, None
        lines = [_STATUS[status], connection.traffic.date_line]
        for name, value in headers:
            if name == b"content-length":
                length = int(value)
            elif name == b"connection":
                self.keep_alive = self.keep_alive and b"close" not in value.lower()
                continue
            lines.append(b"%b: %b\r\n" % (name, value))
        self._bare = self.scope["method"] == "HEAD" or status in _WITHOUT_BODY
        self._left = 0 if self._bare or length is None else length
        if length is None and not self._bare:
            # HTTP/1.0 knows no chunks: there the end of the connection is the end of the answer.
            self._chunked = self.scope["http_version"] != "1.0"
            if self._chunked:
                lines.append(_CHUNKED)
        head = b"".join(lines)
        # A value that holds the end of a line would forge fields, or a whole answer.
        if head.count(b"\n") != len(lines) or head.count(b"\r") != len(lines) or 0 in head:
            raise RuntimeError("a header of an answer is malformed")
        # Whoever is answered before the request is whole may never send the rest.
        if self._more or not (self.keep_alive and connection.may_stay):
            self.keep_alive = False
            head += _CLOSE
        return head + b"\r\n"

    def _write(self, body: bytes, *, more: bool) -> None:
        head, self._head = self._head or b"", None
        self.has_begun = True
        if self._bare:
            body = b""
        elif self._chunked:
            body = (b"%x\r\n%b\r\n" % (len(body), body) if body else b"") + (
                b"" if more else b"0\r\n\r\n"
            )
        elif self.keep_alive or self._left:
            self._left -= len(body)
            if self._left < 0 or (self._left and not more):
                self._connection.write(head)
                raise RuntimeError("a body is not as long as its head says")
        if not head or len(body) > _JOINED:
            if head:
                self._connection.write(head)
            if body:
                self._connection.write(body)
        else:
            self._connection.write(head + body)
        if not more:
            self.is_over = True
            self._tell()
            self._connection.answered()
