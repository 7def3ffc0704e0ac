"""The outermost layer: reads the request within bounds, and answers whatever happens inside."""

from __future__ import annotations

import logging
from collections.abc import Callable, MutableMapping
from typing import Any, Final

from doorward.console.api.problems import BUG, find_problem, problem_response
from doorward.console.api.refusals import TooLarge
from doorward.http import ASGIApp, Receive, Scope, Send

__all__ = ["MAX_BODY_BYTES", "ApiDoor"]

log = logging.getLogger("doorward")

MAX_BODY_BYTES: Final = 1_000_000
_ALWAYS: Final = (
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
)


class ApiDoor:
    """Wraps the API: bounds on bodies, headers on every answer, problems instead of crashes."""

    def __init__(self, app: ASGIApp, *, new_request_id: Callable[[], str]) -> None:
        """Let requests through to ``app``; those without a number get a new one."""
        self._app = app
        self._new_request_id = new_request_id

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        numbered = "doorward.request_id" in scope
        number: str = scope["doorward.request_id"] if numbered else self._new_request_id()
        own = () if numbered else ((b"x-request-id", number.encode()),)
        # What mounted the API took its part off the path; the router must not do so again.
        scope = {**scope, "root_path": "", "doorward.request_id": number}
        answer = _Answer(send, own)
        try:
            body = await _read(scope, receive)
            if body is not None:
                await self._app(scope, _replaying(body), answer)
        except Exception as error:
            problem = find_problem(error)
            if problem is None:
                where = f"{scope['method']} {scope['path']}"
                log.exception("request %s: %s failed", number, where)
            if not answer.started:
                response = problem_response(problem or BUG, error, number)
                await response(scope, receive, answer)


class _Answer:
    """A ``send`` that adds the headers of every answer."""

    def __init__(self, send: Send, own: tuple[tuple[bytes, bytes], ...]) -> None:
        self._send = send
        self._own = own
        self.started = False

    async def __call__(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            headers = message["headers"]
            assert isinstance(headers, list)  # noqa: S101 - ASGI says so
            sent = {name.lower() for name, _ in headers}
            headers += [pair for pair in (*_ALWAYS, *self._own) if pair[0] not in sent]
        await self._send(message)


async def _read(scope: Scope, receive: Receive) -> bytes | None:
    """The whole body, None when the caller went away. Raises ``TooLarge``."""
    declared = dict(scope["headers"]).get(b"content-length", b"0")
    if declared.isdigit() and int(declared[:20]) > MAX_BODY_BYTES:
        raise TooLarge
    chunks: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        chunks.append(bytes(message.get("body", b"")))
        size += len(chunks[-1])
        if size > MAX_BODY_BYTES:
            raise TooLarge
        more = bool(message.get("more_body", False))
    return b"".join(chunks)


def _replaying(body: bytes) -> Receive:
    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive
