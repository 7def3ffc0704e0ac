"""Somebody else's site: another origin, with a strict policy and pages of a test's own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

__all__ = ["HostSite", "running_site"]


@dataclass
class HostSite:
    """Pages by path, and the policy that all of them have."""

    url: str
    policy: str
    pages: dict[str, str] = field(default_factory=dict)

    def show(self, body: str, *, head: str = "", lang: str = "en") -> str:
        """Put ``body`` on a page; its address."""
        path = f"/{len(self.pages)}"
        self.pages[path] = (
            f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8">'
            f"<title>A site</title>{head}</head><body><main><h1>A site</h1>{body}</main></body>"
            "</html>"
        )
        return self.url + path


@contextmanager
def running_site(issuer_origin: str) -> Iterator[HostSite]:
    """A site whose policy allows the scripts of ``issuer_origin``, and nothing else at all."""
    policy = (
        f"default-src 'none'; script-src {issuer_origin}; style-src 'none'; base-uri 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )
    site = HostSite("", policy)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = site.pages.get(self.path.partition("?")[0], "")
            body = page.encode()
            self.send_response(200 if page else 204)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Security-Policy", site.policy)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
