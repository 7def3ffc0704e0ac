"""A line for each request, where that is asked for."""

from __future__ import annotations

import logging
import time
from collections.abc import MutableMapping
from typing import Any

from doorward.http import ASGIApp, Receive, Scope, Send

__all__ = ["with_access_log"]


def with_access_log(app: ASGIApp) -> ASGIApp:
    """Log each request by method, path, status and milliseconds; never its query or a header."""
    requests = logging.getLogger("doorward.requests")

    async def logged(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        begun, status, path = time.perf_counter(), 0, scope["path"]

        async def noting(message: MutableMapping[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await app(scope, receive, noting)
        finally:
            took = (time.perf_counter() - begun) * 1000
            requests.info("%s %s %d %.1f ms", scope["method"], path, status, took)

    return logged
