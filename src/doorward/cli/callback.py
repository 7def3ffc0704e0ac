"""The loopback address that a browser comes back to (RFC 8252 7.3)."""

from __future__ import annotations

import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qsl, urlsplit

from doorward.cli.exits import Exit, Stop

__all__ = ["Callback"]

_PAGE = (
    b'<!doctype html><html lang="en"><meta charset="utf-8"><title>Doorward</title>'
    b"<h1>Back in the terminal</h1><p>You can close this tab.</p></html>"
)
_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": "default-src 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
}


class Callback:
    """Listens on a loopback redirect URI, whose port may be 0 or left out for a free one."""

    def __init__(self, redirect_uri: str) -> None:
        """Listen. Raises ``Stop`` when the address is not this machine's, or is taken."""
        parts = urlsplit(redirect_uri)
        if parts.scheme != "http" or parts.hostname not in {"127.0.0.1", "localhost"}:
            raise Stop("The redirect URI must be on http://127.0.0.1.", Exit.USAGE)
        self._path = parts.path or "/"
        self._answer: dict[str, str] | None = None
        try:
            self._server = HTTPServer(("127.0.0.1", parts.port or 0), _handler_for(self))
        except (OSError, OverflowError, ValueError) as error:
            raise Stop(
                f"{redirect_uri} cannot be listened on: {error}", Exit.UNREACHABLE
            ) from error
        self.redirect_uri = f"http://{parts.hostname}:{self._server.server_port}{self._path}"

    def wait(self, seconds: float) -> dict[str, str]:
        """The parameters that the browser brings, once. Raises ``Stop`` after ``seconds``."""
        deadline = time.monotonic() + seconds
        with self._server:
            while self._answer is None:
                left = deadline - time.monotonic()
                if left <= 0:
                    raise Stop("Nobody came back from the browser.", Exit.UNREACHABLE)
                self._server.timeout = left
                self._server.handle_request()
        return self._answer

    def take(self, target: str) -> bool:
        """Whether the request for ``target`` is the one waited for."""
        parts = urlsplit(target)
        if parts.path != self._path:
            return False
        self._answer = dict(parse_qsl(parts.query, keep_blank_values=True))
        return True


def _handler_for(callback: Callback) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 10

        def do_GET(self) -> None:
            status, body = (200, _PAGE) if callback.take(self.path) else (404, b"")
            self.send_response(status)
            for name, value in _HEADERS.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing: the code is in the address."""

    return Handler
