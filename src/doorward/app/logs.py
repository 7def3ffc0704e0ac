"""What the server logs, and how."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import MutableMapping
from typing import Any

import msgspec

from doorward.config import Settings
from doorward.http import ASGIApp, Receive, Scope, Send

__all__ = ["configure_logging", "with_access_log"]


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


class _JsonLines(logging.Formatter):
    """One JSON object for each record."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return msgspec.json.encode(line).decode()


def configure_logging(settings: Settings) -> None:
    """Log to standard error as ``settings`` say."""
    handler = logging.StreamHandler(sys.stderr)
    plain = logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
    handler.setFormatter(_JsonLines() if settings.log_format == "json" else plain)
    level = settings.log_level.upper()
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # Its details hold whole header lines of answers, which are other platforms' secrets.
    logging.getLogger("httpcore2").setLevel(logging.INFO)
    # While a database is away it would show where, each time that it tries again.
    logging.getLogger("asyncpg").setLevel(logging.ERROR)
    # Its start and end are told by this module.
    logging.getLogger("uvicorn.error").setLevel(max(logging.WARNING, logging.getLevelName(level)))
