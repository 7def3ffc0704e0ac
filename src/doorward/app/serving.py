"""The server process: one event loop, one listening socket, a clean end."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Final

import uvicorn
import uvloop
from uvicorn.config import STARTUP_FAILURE

from doorward.app.access_log import with_access_log
from doorward.app.application import build_app
from doorward.app.assembly import open_services
from doorward.app.connection import Connection
from doorward.app.gate import Gate
from doorward.app.memory import bound_memory, make_room, settle_memory
from doorward.app.readiness import Standing
from doorward.app.traffic import Limits, Traffic
from doorward.config import Settings, configure_logging
from doorward.http import ASGIApp
from doorward.metrics import Place
from doorward.workers import Parent, Seat, bind

__all__ = ["Server", "run_on_loop", "serve_forever"]

log = logging.getLogger("doorward")

_EXEMPT: Final = frozenset({"/healthz", "/readyz"})
_LINGER_S: Final = 0.5
"""How long an open connection may still bring a request, when the server is told to end."""
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Server(uvicorn.Server):
    """uvicorn with connections of our own: it takes on what it can, and ends without a loss."""

    def __init__(
        self,
        app: ASGIApp,
        settings: Settings,
        *,
        ready: Callable[[], Awaitable[None]],
        standing: Standing | None = None,
        is_shared: bool = False,
    ) -> None:
        """Serve ``app``; ``ready`` is awaited once requests are answered.

        ``standing`` is told when the end begins; a socket that ``is_shared`` others accept at too.
        """
        config = uvicorn.Config(
            app,
            http=Connection,
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=bool(settings.trusted_proxies),
            forwarded_allow_ips=list(settings.trusted_proxies),
        )
        super().__init__(config)
        limits = Limits(
            connections=make_room(settings.max_connections), requests=settings.max_requests
        )
        self.traffic = Traffic(limits, exempt=_EXEMPT)
        self.server_state = self.traffic
        self._settings = settings
        self._ready = ready
        self._standing = standing or Standing()
        self._gates: list[Gate] = []
        self._is_shared = is_shared
        self._is_replaced = False

    def replace(self) -> None:
        """End, because another process serves at the same address already."""
        self._is_replaced = True
        self.should_exit = True

    def end(self, quick: bool) -> None:  # noqa: FBT001 - it is handed on by position
        """End as on a signal."""
        self.handle_exit(signal.SIGINT if quick else signal.SIGTERM, None)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen, then say so."""
        await self.lifespan.startup()
        if self.lifespan.should_exit:
            sys.exit(STARTUP_FAILURE)
        self.traffic.note_date()
        self._gates = [
            Gate(each, self._connection, self.traffic, is_shared=self._is_shared)
            for each in sockets or ()
        ]
        for gate in self._gates:
            gate.open()
        self.started = True
        settle_memory()
        await self._ready()

    def _connection(self) -> Connection:
        return Connection(self.config, self.traffic, {})

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second: look after the connections; whether to end."""
        if counter % 10 == 0:
            self.traffic.note_date()
        self.traffic.look()
        return self.should_exit

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:  # noqa: ARG002 - the gates have them
        """Take nothing new, answer what was asked, and say on each connection that it ends.

        Where nobody takes over, load balancers are told first, and given time to notice.
        """
        traffic, settings = self.traffic, self._settings
        linger_s = settings.drain_s / 2
        if not self._is_replaced:
            self._standing.is_leaving = True
            traffic.is_leaving = True
            await traffic.wait_until(lambda: self.force_exit, settings.notice_s)
            linger_s = 0.0 if self._captured_signals[:1] == [signal.SIGINT] else _LINGER_S
        for gate in self._gates:
            await gate.close(empty=not self._is_replaced)
        traffic.leave(linger_s=min(linger_s, settings.drain_s))
        if not await traffic.wait_until(
            lambda: traffic.is_quiet or self.force_exit, settings.drain_s
        ):
            log.warning("broke off %d requests that took too long", traffic.break_off())
        await self.lifespan.shutdown()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """End on SIGINT, SIGTERM and SIGHUP; unlike the original, do not die of them afterwards.

        A second SIGINT breaks off what is under way.
        """
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in _SIGNALS:
                loop.remove_signal_handler(number)


def run_on_loop(work: Awaitable[None]) -> None:
    """Run ``work`` to its end on a uvloop of its own."""
    bound_memory()

    async def run() -> None:
        await work

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run())


def serve_forever(
    settings: Settings, *, access_log: bool = False, seat: Seat | None = None
) -> None:
    """Serve until SIGINT or SIGTERM; in a ``seat``, for as long as whoever gave it says.

    Raises ``CannotListen``, ``BadSettings``, ``doorward.db.Unavailable``, ``UnknownMasterKey``.
    """
    configure_logging(settings)
    run_on_loop(_serve(settings, access_log=access_log, seat=seat))


async def _serve(settings: Settings, *, access_log: bool, seat: Seat | None) -> None:
    if seat is None:
        listening, place = bind(settings.host, settings.port), None
    else:
        listening = socket.socket(fileno=seat.listening)
        listening.set_inheritable(False)
        place = Place(seat.number, seat.folder)
    parent = None if seat is None else Parent(seat)
    services = await open_services(settings)
    port = listening.getsockname()[1]

    async def ready() -> None:
        log.info("serving %s on %s port %d", settings.base_url, settings.host, port)
        if parent is not None:
            parent.ready()

    try:
        await services.master_keys.verify()
        standing = Standing()
        app = build_app(services, place, standing=standing)
        served = with_access_log(app) if access_log else app
        server = Server(
            served, settings, ready=ready, standing=standing, is_shared=seat is not None
        )
        if parent is not None:
            parent.listen(replaced=server.replace, end=server.end)
        await server.serve(sockets=[listening])
    finally:
        await services.close()
        if parent is not None:
            await parent.close()
        log.info("ended")
