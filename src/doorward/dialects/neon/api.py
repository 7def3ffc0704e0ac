"""Neon's API, as far as it is about records: a small application with one table of operations."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Final

from doorward.dialects.neon.api_callers import ApiCallers
from doorward.dialects.neon.api_calls import ApiCall, ApiRooms, Handler
from doorward.dialects.neon.api_errors import (
    ApiError,
    error_of,
    error_reply,
    find_request_id,
    too_large,
)
from doorward.dialects.neon.api_given import read_query
from doorward.dialects.neon.api_group_handlers import ApiGroupHandlers
from doorward.dialects.neon.api_handlers import ApiHandlers
from doorward.dialects.neon.api_limits import ApiLimits
from doorward.dialects.neon.api_operations import OPERATIONS, ApiOperation, find_operation
from doorward.http import ASGIApp, Call, Reply, as_asgi
from doorward.metrics import name_route

__all__ = ["API_PREFIX", "NeonApi", "NeonApiServices"]

log = logging.getLogger("doorward")

API_PREFIX: Final = "/api/v2"


@dataclass(frozen=True, slots=True)
class NeonApiServices:
    """What the API stands on."""

    callers: ApiCallers
    limits: ApiLimits
    rooms: ApiRooms


class NeonApi:
    """The application that is mounted at ``/api/v2``, at the root and under every organization."""

    def __init__(self, use: NeonApiServices) -> None:
        """Serve ``use``."""
        self._use = use
        handlers = (ApiHandlers(use.rooms), ApiGroupHandlers(use.rooms))
        self._handlers = {each: _handler(handlers, each) for each in OPERATIONS}

    def as_asgi(self) -> ASGIApp:
        """The ASGI application."""
        return as_asgi(self._guarded, too_large=too_large())

    async def _guarded(self, call: Call) -> Reply:
        own = find_request_id(call)
        number = own or call.scope.get("doorward.request_id")
        try:
            reply = await self._answer(call)
        except Exception as error:  # noqa: BLE001 - the last door: a bug is answered and logged
            reply = error_reply(self._refusal(call, error, number), number)
        if own is not None:
            reply.headers = (*reply.headers, (b"x-request-id", own.encode()))
        return reply

    async def _answer(self, call: Call) -> Reply:
        caller = await self._use.callers.authenticate(call)
        operation, targets = find_operation(call.method, str(call.scope["path"]))
        name_route(call.scope, API_PREFIX + operation.path)
        wait = self._use.limits.count(caller, operation)
        if wait is not None:
            raise ApiError(429, headers=((b"retry-after", str(wait).encode()),))
        caller.verify_may(operation)
        _verify_content_type(call)
        return await self._handlers[operation](
            ApiCall(caller=caller, query=read_query(call), body=call.body, targets=targets)
        )

    def _refusal(self, call: Call, error: Exception, number: str | None) -> ApiError:
        refusal = error_of(error)
        path = call.scope["path"]
        if refusal is None:
            log.error("request %s: %s %s failed", number, call.method, path, exc_info=error)
            return ApiError(500)
        if refusal.status in {423, 503}:
            log.warning("%s: %s", path, error)
        return refusal


def _handler(handlers: tuple[object, ...], operation: ApiOperation) -> Handler:
    """What answers ``operation``: the method of its name."""
    one: Handler
    (one,) = (getattr(h, operation.name) for h in handlers if hasattr(h, operation.name))
    return one


def _verify_content_type(call: Call) -> bool:
    """True for a body that is JSON by its own account, and for none. Raises ``ApiError``."""
    kind = (call.header(b"content-type") or "").partition(";")[0].strip().lower()
    if call.body and kind not in {"application/json", ""}:
        raise ApiError(415)
    return True
