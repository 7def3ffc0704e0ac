"""The small server of a program that signs people in from a terminal (RFC 8252 7.3)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import httpx2

from tests.support.browser_forms import Arrival

__all__ = ["Loopback", "listening"]


@dataclass(frozen=True)
class Loopback:
    """Listens on whichever port of 127.0.0.1 was free; ``heard`` are the requests that came."""

    port: int
    heard: list[str] = field(default_factory=list)

    @property
    def redirect_uri(self) -> str:
        """The address that this run of the program sends along."""
        return f"http://127.0.0.1:{self.port}/callback"

    def receive(self, arrival: Arrival) -> Arrival:
        """The browser's last step: what the program itself heard of it."""
        page = httpx2.get(arrival.url, trust_env=False)
        assert page.status_code == 200
        return Arrival(f"http://127.0.0.1:{self.port}{self.heard[-1]}")


@contextmanager
def listening() -> Iterator[Loopback]:
    """A listener on a port that the system chose."""
    heard: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            heard.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Loopback(server.server_port, heard)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
