"""The limit program: what one Python process can do at most, with the same hashing and durability.

No routing, no validation beyond the secret, no caches, no errors worth the name: whatever Doorward
does besides is the distance to this. uvicorn loads ``app``; settings come in BENCH_LIMIT.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import os
import sqlite3
import time
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

import msgspec

__all__ = ["app"]

_SETTINGS: dict[str, str] = msgspec.json.decode(os.environ["BENCH_LIMIT"])
_SECRET_DIGEST = hashlib.sha256(_SETTINGS["client_secret"].encode()).digest()
_LIFETIME_S = 3600
_ENCODE = msgspec.json.Encoder().encode

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
_Row = tuple[int, bytes, str, int]
_Waiting = tuple[_Row, "asyncio.Future[None]"]


def _open() -> sqlite3.Connection:
    """The same PRAGMAs as Doorward's."""
    connection = sqlite3.connect(
        _SETTINGS["database"], isolation_level=None, timeout=5, check_same_thread=False
    )
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA cache_size = -16000")
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute(
        "CREATE TABLE IF NOT EXISTS tokens (id INTEGER PRIMARY KEY, digest BLOB NOT NULL,"
        " client_id TEXT NOT NULL, expires_at INTEGER NOT NULL)",
    )
    return connection


class _Tokens:
    """Group commit: the inserts that wait share one durable transaction."""

    def __init__(self) -> None:
        self._writer = _open()
        self._reader = _open()
        self._waiting: list[_Waiting] = []
        self._busy = False
        self._last = 0
        in_thread = _SETTINGS["commit"] == "thread"
        self._thread = ThreadPoolExecutor(1) if in_thread else None

    def find(self, row_id: int) -> Any:  # noqa: ANN401 - a row
        query = "SELECT digest, client_id, expires_at FROM tokens WHERE id = ?"
        cursor = self._reader.execute(query, (row_id,))
        row = cursor.fetchone()
        cursor.close()
        return row

    async def add(self, digest: bytes, client_id: str, expires_at: int) -> int:
        """Store one token; answers its row id once it is durable."""
        self._last += 1
        loop = asyncio.get_running_loop()
        done = loop.create_future()
        self._waiting.append(((self._last, digest, client_id, expires_at), done))
        if not self._busy:
            self._busy = True
            loop.call_soon(self._begin)
        row_id = self._last
        await done
        return row_id

    def _begin(self) -> None:
        """Write what waits; commit here, or in the thread while the loop goes on."""
        group, self._waiting = self._waiting, []
        self._writer.execute("BEGIN IMMEDIATE")
        self._writer.executemany(
            "INSERT INTO tokens VALUES (?, ?, ?, ?)", [row for row, _ in group]
        )
        if self._thread is None:
            self._writer.execute("COMMIT")
            self._end(group)
            return
        loop = asyncio.get_running_loop()
        committing = loop.run_in_executor(self._thread, self._writer.execute, "COMMIT")
        committing.add_done_callback(lambda ended: self._end(group, ended))

    def _end(
        self, group: list[_Waiting], ended: asyncio.Future[sqlite3.Cursor] | None = None
    ) -> None:
        """Answer the group. After a failed commit nobody is answered, which the load counts."""
        if ended is not None:
            ended.result()
        for _, done in group:
            if not done.done():
                done.set_result(None)
        self._busy = bool(self._waiting)
        if self._busy:
            self._begin()


_TOKENS = _Tokens()


def _client_is_right(authorization: bytes) -> bool:
    pair = base64.b64decode(authorization.partition(b" ")[2]).decode()
    client_id, _, secret = pair.partition(":")
    digest = hashlib.sha256(unquote_plus(secret).encode()).digest()
    return client_id == _SETTINGS["client_id"] and hmac.compare_digest(digest, _SECRET_DIGEST)


async def _token(form: dict[str, str]) -> tuple[int, bytes]:
    if form.get("grant_type") != "client_credentials":
        return 400, b'{"error":"unsupported_grant_type"}'
    value = base64.urlsafe_b64encode(os.urandom(32)).decode().rstrip("=")
    digest = hashlib.sha256(value.encode()).digest()
    row_id = await _TOKENS.add(digest, _SETTINGS["client_id"], int(time.time()) + _LIFETIME_S)
    answer = {
        "access_token": f"{row_id}.{value}",
        "token_type": "Bearer",
        "expires_in": _LIFETIME_S,
    }
    return 200, _ENCODE(answer)


def _introspection(form: dict[str, str]) -> tuple[int, bytes]:
    row_id, _, value = form.get("token", "").partition(".")
    row = _TOKENS.find(int(row_id)) if row_id.isdecimal() else None
    digest = hashlib.sha256(value.encode()).digest()
    if row is None or not hmac.compare_digest(row[0], digest) or row[2] <= time.time():
        return 200, b'{"active":false}'
    answer = {"active": True, "client_id": row[1], "token_type": "Bearer", "exp": row[2]}
    return 200, _ENCODE(answer)


async def app(scope: Message, receive: Receive, send: Send) -> None:
    """One ASGI application for three paths."""
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    if scope["path"] == "/ready":
        status, answer = 200, b"{}"
    elif not _client_is_right(dict(scope["headers"]).get(b"authorization", b"")):
        status, answer = 401, b'{"error":"invalid_client"}'
    else:
        form = dict(parse_qsl(body.decode("ascii"), keep_blank_values=True))
        if scope["path"] == "/token":
            status, answer = await _token(form)
        else:
            status, answer = _introspection(form)
    headers = [
        (b"content-type", b"application/json"),
        (b"cache-control", b"no-store"),
        (b"content-length", b"%d" % len(answer)),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": answer})
