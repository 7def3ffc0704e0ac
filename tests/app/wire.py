"""A connection without a network: bytes in by hand, bytes out in a list, time as it is told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import uvicorn

from doorward.app.connection import Connection
from doorward.app.traffic import Limits, Traffic
from doorward.http import TURNED_AWAY, ASGIApp, Receive, Scope, Send

__all__ = ["Line", "Wire", "echo", "turn"]

_TURNS = 6


class Wire(asyncio.Transport):
    """What a connection writes to."""

    def __init__(self) -> None:
        """Take everything at once."""
        super().__init__()
        self.sent = b""
        self.held = 0
        """Bytes that the client has not taken."""
        self.is_reading_now = True
        self.ended = ""
        """How it was closed: ``close``, ``eof`` or ``abort``."""

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Two addresses."""
        return {"peername": ("192.0.2.1", 4000), "sockname": ("192.0.2.2", 80)}.get(name, default)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Keep it."""
        assert not self.ended, "written after the end"
        self.sent += bytes(data)

    def is_closing(self) -> bool:
        """Whether it was closed."""
        return self.ended in {"close", "abort"}

    def close(self) -> None:
        """Close it."""
        self.ended = self.ended or "close"

    def abort(self) -> None:
        """Cut it."""
        self.ended = "abort"

    def can_write_eof(self) -> bool:
        """It can."""
        return True

    def write_eof(self) -> None:
        """Close one half."""
        self.ended = "eof"

    def get_write_buffer_size(self) -> int:
        """What is held."""
        return self.held

    def pause_reading(self) -> None:
        """Leave it to the network."""
        self.is_reading_now = False

    def resume_reading(self) -> None:
        """Read again."""
        self.is_reading_now = True


class Line:
    """One connection to ``app``, and what it shares with others."""

    def __init__(self, app: ASGIApp, traffic: Traffic | None = None, **limits: Any) -> None:
        """Open it."""
        config = uvicorn.Config(app, lifespan="off", ws="none", log_config=None)
        config.load()
        self.traffic = traffic or Traffic(Limits(**limits), exempt=frozenset({"/healthz"}))
        self.traffic.date_line = b"date: now\r\n"
        self.connection = Connection(config, self.traffic, {})
        self.wire = Wire()
        self.connection.connection_made(self.wire)

    async def send(self, *pieces: bytes) -> bytes:
        """Send ``pieces``; what came back for them."""
        before = len(self.wire.sent)
        for piece in pieces:
            self.connection.data_received(piece)
        await turn()
        return self.wire.sent[before:]

    async def wait(self, seconds: float) -> None:
        """Let so much time go by."""
        limits = self.traffic.limits
        self.connection.look(self.traffic.now + seconds, limits.idle_s)
        await turn()


async def turn() -> None:
    """Let everything run that can."""
    for _ in range(_TURNS):
        await asyncio.sleep(0)


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer the body, and say whose it was; or that it is too much."""
    if TURNED_AWAY in scope:
        await answer(send, b"busy", status=503)
        return
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        body += message["body"]
        more = message["more_body"]
    names = b",".join(name for name, _ in scope["headers"])
    said = b"%b %b?%b %b|" % (
        scope["method"].encode(),
        scope["path"].encode(),
        scope["query_string"],
        names,
    )
    await answer(send, said + body)


async def answer(send: Send, body: bytes, *, status: int = 200) -> None:
    """A whole answer with its length."""
    headers = [(b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def held_by(gate: asyncio.Event, seen: Callable[[Scope], None] = lambda _: None) -> ASGIApp:
    """Like ``echo``, once ``gate`` is open."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen(scope)
        if TURNED_AWAY not in scope:
            await gate.wait()
        await echo(scope, receive, send)

    return app
