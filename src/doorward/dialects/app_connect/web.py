"""The application under ``/app-connect``: one table of handlers, and what is around all of them."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Final

from doorward.dialects.app_connect.calls import AppCall, read_call
from doorward.dialects.app_connect.errors import Said, find_said
from doorward.dialects.app_connect.keys import Keys
from doorward.dialects.app_connect.managed import Managed
from doorward.dialects.app_connect.oauth import Visits
from doorward.dialects.app_connect.people import People
from doorward.dialects.app_connect.replies import said_reply, text_reply
from doorward.dialects.app_connect.rooms import PREFIX, Handler, Rooms
from doorward.dialects.app_connect.users import Users
from doorward.http import ASGIApp, Call, Reply, as_asgi
from doorward.metrics import name_route
from doorward.sessions import Sessions

__all__ = ["AppConnect"]

log = logging.getLogger("doorward")

_RENEWED: Final = b"x-refreshed-jwt-token"
_SHARED: Final = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", _RENEWED),
)
_PREFLIGHT: Final = (
    *_SHARED,
    (b"access-control-allow-methods", b"GET, POST, DELETE"),
    (
        b"access-control-allow-headers",
        b", ".join(
            (
                b"authorization",
                b"content-type",
                b"x-rc-access-token",
                b"is-debug",
                b"rc-extension-id",
                b"rc-account-id",
                b"developer-author-name",
            )
        ),
    ),
    (b"access-control-max-age", b"3600"),
)


class AppConnect:
    """The contract over ``rooms``, for organizations that speak it."""

    def __init__(self, rooms: Rooms, sessions: Sessions) -> None:
        """Serve ``rooms``."""
        self._callers = rooms.callers
        self._handlers: Mapping[tuple[str, str], Handler] = {
            **People(rooms).handlers(),
            **Users(rooms).handlers(),
            **Keys(rooms).handlers(),
            **Managed(rooms).handlers(),
            **Visits(rooms, sessions).handlers(),
        }
        self._methods: dict[str, list[str]] = {}
        for method, path in self._handlers:
            self._methods.setdefault(path, []).append(method)

    def as_asgi(self) -> ASGIApp:
        """The ASGI application."""
        return as_asgi(self._answer)

    async def _answer(self, call: Call) -> Reply:
        reply = await self._guarded(call)
        # A browser that brings cookies is one of our own pages: no other page reads the answer.
        if call.header(b"cookie") is None:
            reply.headers = (*reply.headers, *_SHARED)
        return reply

    async def _guarded(self, call: Call) -> Reply:
        try:
            return await self._served(call)
        except Exception as error:  # noqa: BLE001 - the last door: a bug is answered and logged
            return said_reply(find_said(error) or _bug(call, error))

    async def _served(self, call: Call) -> Reply:
        path = str(call.scope["path"])
        methods = self._methods.get(path)
        if methods is None:
            return text_reply("Not Found", 404)
        name_route(call.scope, PREFIX + path)
        if call.method == "OPTIONS":
            return Reply(204, b"", _PREFLIGHT[len(_SHARED) :])
        method = "GET" if call.method == "HEAD" else call.method
        handler = self._handlers.get((method, path))
        if handler is None:
            reply = text_reply("Method Not Allowed", 405)
            reply.headers = (*reply.headers, (b"allow", ", ".join(methods).encode()))
            return reply
        app = read_call(call)
        try:
            reply = await handler(app)
        except Said as said:
            reply = said_reply(said)
        return await self._renewed(app, reply)

    async def _renewed(self, app: AppCall, reply: Reply) -> Reply:
        token = await self._callers.renew(app)
        if token is not None:
            reply.headers = (*reply.headers, (_RENEWED, token.encode()))
        return reply


def _bug(call: Call, error: Exception) -> Said:
    number, path = call.scope.get("doorward.request_id"), call.scope["path"]
    log.error("request %s: %s %s failed", number, call.method, path, exc_info=error)
    return Said(500, {"error": "Something went wrong on our side."})
