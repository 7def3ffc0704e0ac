"""The server process: one event loop, one listening socket, a clean end."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

import msgspec
import uvicorn
import uvloop

from doorward.app.application import build_app
from doorward.app.assembly import open_services
from doorward.app.memory import bound_memory, settle_memory
from doorward.config import Settings
from doorward.http import ASGIApp, Receive, Scope, Send

__all__ = ["CannotListen", "Server", "bind", "configure_logging", "run_on_loop", "serve_forever"]

log = logging.getLogger("doorward")

_BACKLOG = 2048
_KEEP_ALIVE_S = 65  # a little longer than common proxies, which then are the ones that close
_STOP_S = 10


class CannotListen(Exception):
    """The address is taken, or is not this machine's."""


class Server(uvicorn.Server):
    """uvicorn that says when it is ready, and ends on a signal with status 0."""

    def __init__(
        self, app: ASGIApp, settings: Settings, *, ready: Callable[[], Awaitable[None]]
    ) -> None:
        """Serve ``app``; ``ready`` is awaited once requests are answered."""
        config = uvicorn.Config(
            app,
            http="httptools",
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=bool(settings.trusted_proxies),
            forwarded_allow_ips=list(settings.trusted_proxies),
            timeout_keep_alive=_KEEP_ALIVE_S,
            timeout_graceful_shutdown=_STOP_S,
            backlog=_BACKLOG,
        )
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen, then say so."""
        await super().startup(sockets=sockets)
        if self.started:
            settle_memory()
            await self._ready()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """End on SIGINT and SIGTERM. Unlike the original, do not die of them afterwards."""
        loop = asyncio.get_running_loop()
        numbers = (signal.SIGINT, signal.SIGTERM)
        for number in numbers:
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in numbers:
                loop.remove_signal_handler(number)


def bind(host: str, port: int) -> socket.socket:
    """A socket bound to ``host`` and ``port`` (0 takes a free one). Raises ``CannotListen``."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except (OSError, OverflowError) as error:
        listening.close()
        raise CannotListen(f"{host} port {port} cannot be listened on: {error}") from error
    listening.set_inheritable(False)
    return listening


def run_on_loop(work: Awaitable[None]) -> None:
    """Run ``work`` to its end on a uvloop of its own."""
    bound_memory()

    async def run() -> None:
        await work

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run())


def serve_forever(settings: Settings, *, access_log: bool = False) -> None:
    """Serve until SIGINT or SIGTERM.

    Raises ``CannotListen``, ``BadSettings``, ``doorward.db.Unavailable``, ``UnknownMasterKey``.
    """
    configure_logging(settings)
    run_on_loop(_serve(settings, access_log=access_log))


async def _serve(settings: Settings, *, access_log: bool) -> None:
    listening = bind(settings.host, settings.port)
    services = await open_services(settings)
    port = listening.getsockname()[1]

    async def ready() -> None:
        log.info("serving %s on %s port %d", settings.base_url, settings.host, port)

    try:
        await services.master_keys.verify()
        app = build_app(services)
        served = with_access_log(app) if access_log else app
        await Server(served, settings, ready=ready).serve(sockets=[listening])
    finally:
        await services.close()
        log.info("ended")


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
