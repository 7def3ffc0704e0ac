"""Requests that no HTTP client would send, straight to the application."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any

from doorward.http import ASGIApp

__all__ = ["RawAnswer", "raw_request"]


@dataclass(frozen=True)
class RawAnswer:
    """What came back."""

    status: int
    headers: dict[str, str]
    text: str


async def raw_request(
    app: ASGIApp,
    method: str,
    path: str,
    *,
    query: bytes = b"",
    body: bytes = b"",
    headers: tuple[tuple[bytes, bytes], ...] = (),
) -> RawAnswer:
    """Call ``app`` with these very bytes."""
    scope: MutableMapping[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode("utf-8", "surrogatepass"),
        "root_path": "",
        "query_string": query,
        "headers": [(b"host", b"127.0.0.1:8400"), *headers],
        "client": ("127.0.0.1", 50_000),
        "server": ("127.0.0.1", 8400),
    }
    sent: list[MutableMapping[str, Any]] = []

    bodies = [body]

    async def receive() -> MutableMapping[str, Any]:
        if not bodies:
            # The caller stays: who asks whether it went away learns nothing.
            await asyncio.Event().wait()
        return {"type": "http.request", "body": bodies.pop(), "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    await app(scope, receive, send)
    start = next(each for each in sent if each["type"] == "http.response.start")
    content = b"".join(each.get("body", b"") for each in sent)
    given = {bytes(k).decode("latin-1"): bytes(v).decode("latin-1") for k, v in start["headers"]}
    return RawAnswer(int(start["status"]), given, content.decode("utf-8", "replace"))
