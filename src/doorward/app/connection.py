"""HTTP/1.1 on one connection: requests are read, answered in turn, and nothing piles up.

uvicorn's own protocol has no bound on the time and the size of a request's head, nor on requests
that are sent ahead, and arms a timer for every answer. This one is driven by the same parser and
the same server.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import Any, Final, cast
from urllib.parse import unquote

import httptools
from uvicorn.config import Config
from uvicorn.protocols.utils import get_local_addr, get_remote_addr

from doorward.app.exchange import Exchange, plain_answer
from doorward.app.traffic import Traffic
from doorward.http import Scope

__all__ = ["Connection"]

log = logging.getLogger("doorward")

_HIGH_WATER: Final = 65_536
_NEVER: Final = float("inf")
_ASGI: Final = {"version": "3.0", "spec_version": "2.3"}


class Connection(asyncio.Protocol):
    """What uvicorn makes for each connection."""

    __slots__ = (
        "_ahead",
        "_app",
        "_around",
        "_current",
        "_discards",
        "_due",
        "_farewell",
        "_head_bytes",
        "_headers",
        "_idle_since",
        "_parser",
        "_reading",
        "_reads",
        "_room",
        "_stuck",
        "_transport",
        "_url",
        "loop",
        "traffic",
    )

    def __init__(
        self,
        config: Config,
        server_state: Traffic,
        app_state: dict[str, Any],  # noqa: ARG002 - uvicorn gives it; nothing here keeps any
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        """Serve the application of ``config``."""
        self.loop = _loop or asyncio.get_running_loop()
        self.traffic = server_state
        self._app = config.loaded_app
        self._around: dict[str, Any] = {}
        self._parser = httptools.HttpRequestParser(self)
        # A request that is the last may be followed by others, which are not read.
        self._parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self._transport: asyncio.Transport
        self._current: Exchange | None = None
        self._reading: Exchange | None = None
        self._ahead: deque[Exchange] = deque()
        self._headers: list[tuple[bytes, bytes]] = []
        self._url = b""
        self._head_bytes = 0
        self._due = _NEVER
        self._idle_since: float | None = None
        self._stuck: tuple[int, float] = (0, 0.0)
        self._room: asyncio.Event | None = None
        self._reads = True
        self._discards = False
        self._farewell: bytes | None = None

    # What the loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for the first request."""
        # uvloop's transports are of no asyncio class.
        self._transport = cast("asyncio.Transport", transport)
        traffic = self.traffic
        if traffic.is_full:
            self._discards = True
            self._transport.abort()
            return
        traffic.connections.add(self)  # type: ignore[arg-type] # uvicorn lists its own classes
        self._due = traffic.now + traffic.limits.head_s
        self._around = {
            "type": "http",
            "asgi": _ASGI,
            "http_version": "1.1",
            "server": get_local_addr(self._transport),
            "client": get_remote_addr(self._transport),
            "scheme": "http",
            "root_path": "",
        }

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - whatever it was
        """Nobody waits for an answer any more."""
        self.traffic.connections.discard(self)
        self._due = _NEVER
        for exchange in (self._current, self._reading):
            if exchange is not None:
                exchange.lose()
        self._ahead.clear()
        self.resume_writing()

    def data_received(self, data: bytes) -> None:
        """Read on."""
        if self._discards:
            return
        self._head_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            # Nothing else is spoken here; the request is answered as it stands (RFC 9110 7.8).
            return
        except httptools.HttpParserError:
            self._refuse(400, b"This is not HTTP.\n")
            return
        if self._head_bytes > self.traffic.limits.head_bytes:
            self._refuse(431, b"The head of the request is too large.\n")

    def eof_received(self) -> None:
        """The client has closed: so does the transport."""

    def pause_writing(self) -> None:
        """The client does not take what was written."""
        self._room = asyncio.Event()

    def resume_writing(self) -> None:
        """It does again, or is gone."""
        if self._room is not None:
            self._room.set()
            self._room = None

    # What the parser calls.

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        self._headers = []
        self._url = b""
        self._idle_since = None
        self._due = self.traffic.now + self.traffic.limits.head_s

    def on_url(self, url: bytes) -> None:
        """A piece of its target."""
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header line."""
        self._headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """Its head is whole: it can be answered, in its turn."""
        parser, scope = self._parser, self._around.copy()
        scope["method"] = parser.get_method().decode("ascii")
        _read_target(scope, self._url)
        scope["headers"] = self._headers
        is_old = parser.get_http_version() == "1.0"
        if is_old:
            scope["http_version"] = "1.0"
        # Fields that follow the body (RFC 9110 6.5) go nowhere.
        self._headers = []
        self._head_bytes = 0
        self._due = _NEVER
        if len(self._ahead) >= self.traffic.limits.pipelined:
            raise ValueError("too many requests were sent ahead")
        exchange = Exchange(self, scope, keep_alive=parser.should_keep_alive() and not is_old)
        self._reading = exchange
        if self._current is None:
            self._begin(exchange)
        else:
            self._ahead.append(exchange)
            self.pause_reading()

    def on_body(self, body: bytes) -> None:
        """A piece of its body."""
        self._head_bytes = 0
        exchange = self._reading
        if exchange is not None:
            self._due += len(body) / self.traffic.limits.bytes_per_s
            if exchange.take(body) > _HIGH_WATER:
                self.pause_reading()

    def on_message_complete(self) -> None:
        """It is whole."""
        self._head_bytes = 0
        exchange, self._reading = self._reading, None
        if exchange is not None:
            self._due = _NEVER
            exchange.end_body()
            if exchange is self._current:
                exchange.count()

    # What an exchange calls.

    def write(self, data: bytes) -> None:
        """Send ``data``."""
        self._transport.write(data)

    async def drain(self) -> None:
        """Wait until the client takes more."""
        room = self._room
        if room is not None:
            await room.wait()

    @property
    def is_stalled(self) -> bool:
        """Whether the client has much to take before more is written."""
        return self._room is not None

    @property
    def may_stay(self) -> bool:
        """Whether another request may follow the one that is answered now."""
        return not self.traffic.is_leaving or bool(self._ahead)

    def pause_reading(self) -> None:
        """Leave what arrives to the network."""
        if self._reads:
            self._reads = False
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Read again."""
        if not self._reads:
            self._reads = True
            if self._reading is not None and self._reading is self._current:
                self._due = max(self._due, self.traffic.now + self.traffic.limits.body_s)
            self._transport.resume_reading()

    def answered(self) -> None:
        """The answer that was under way was written to its end."""
        self.traffic.total_requests += 1
        exchange, self._current = self._current, None
        if exchange is None or self._transport.is_closing():
            return
        if not exchange.keep_alive:
            self._close(whole=self._reading is None and not self._discards)
        elif self._ahead:
            self._begin(self._ahead.popleft())
        elif self._farewell is not None:
            self._transport.write(self._farewell)
            self._close(whole=False)
        else:
            self._idle_since = self.traffic.now
            self.resume_reading()

    def cut(self) -> None:
        """Close at once, whatever was not sent."""
        self._transport.abort()

    # What the server calls.

    def shutdown(self) -> None:
        """Close as soon as nothing is under way."""
        self.leave(self.traffic.now)

    def leave(self, at: float) -> None:
        """The next answer is the last; without a request until ``at`` there is none."""
        if self._current is None and not self._ahead and self._reading is None:
            self._idle_since = None
            self._due = min(self._due, at)

    def look(self, now: float, patience: float) -> None:
        """Close when something took too long; idle connections have ``patience``."""
        idle = self._idle_since is not None and now - self._idle_since > patience
        if idle or now > self._due:
            self._give_up()
            return
        waiting = self._transport.get_write_buffer_size()
        if waiting == 0 or waiting != self._stuck[0]:
            self._stuck = (waiting, now)
        elif now - self._stuck[1] > self.traffic.limits.answer_s:
            self.cut()

    # What is left to itself.

    def _begin(self, exchange: Exchange) -> None:
        self._current = exchange
        if exchange is self._reading:
            self._due = self.traffic.now + self.traffic.limits.body_s
        exchange.begin(self._app)

    def _give_up(self) -> None:
        """Too late: say so where a request had begun."""
        if self._discards:
            self.cut()
        elif self._current is not None or self._head_bytes:
            self._refuse(408, b"The request took too long.\n")
        else:
            self._transport.close()

    def _refuse(self, status: int, words: bytes) -> None:
        """Read nothing more; say why, after the answers that are under way."""
        if self._discards:
            return
        self._discards = True
        self._due = _NEVER
        self._farewell = plain_answer(status, words, self.traffic.date_line)
        broken, self._reading = self._reading, None
        if broken is not None and self._ahead and self._ahead[-1] is broken:
            self._ahead.pop()
        if broken is not None and broken is self._current:
            # It will never be whole.
            broken.lose()
            self._current = None
            if broken.has_begun:
                self.cut()
                return
        if self._current is None:
            self._transport.write(self._farewell)
            self._close(whole=False)

    def _close(self, *, whole: bool) -> None:
        """Close; what still arrives would make the network forget what was just written."""
        self._current = None
        if whole:
            self._transport.close()
            return
        self._discards = True
        self._due = self.traffic.now + self.traffic.limits.lingering_s
        self._idle_since = None
        self._reading = None
        if not self._reads:
            self._reads = True
            self._transport.resume_reading()
        if self._transport.can_write_eof():
            self._transport.write_eof()


def _read_target(scope: Scope, url: bytes) -> None:
    """RFC 9112 3.2: a path with a query; what else it may be is left to the parser."""
    if url.startswith(b"/") and b"#" not in url:
        raw, _, query = url.partition(b"?")
    else:
        parsed = httptools.parse_url(url)
        raw, query = parsed.path or b"/", parsed.query or b""
    path = raw.decode("ascii")
    scope["path"] = unquote(path) if "%" in path else path
    scope["raw_path"] = raw
    scope["query_string"] = query
