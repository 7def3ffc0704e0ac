"""The platform as a real server on loopback, in a thread of its own."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
import uvicorn

from doorward.connectors import Manifest, Plan
from tests.support.clock import ManualClock
from tests.support.server import wait_until
from tests.support.upstream.endpoints import platform_app
from tests.support.upstream.manifests import manifest_for, plan_for
from tests.support.upstream.platform import Platform
from tests.support.upstream.switches import Switches

__all__ = ["UpstreamServer", "running_upstream"]


@dataclass
class UpstreamServer:
    """A running platform. ``configure`` makes it another one, with nothing remembered."""

    platform: Platform
    clock: ManualClock

    @property
    def url(self) -> str:
        """Where it listens."""
        return self.platform.url

    @property
    def authority(self) -> str:
        """Its ``host:port``, for ``outbound_allowed``."""
        return self.url.removeprefix("http://")

    def configure(self, **switches: Any) -> Platform:
        """Be a platform with these switches."""
        fresh = Platform(Switches(**switches), self.clock, self.url)
        self.platform.__dict__.update(fresh.__dict__)
        return self.platform

    def manifest(self, slug: str = "platform", **switches: Any) -> Manifest:
        """The manifest that fits, or that of other ``switches``."""
        chosen = Switches(**switches) if switches else self.platform.switches
        return manifest_for(chosen, self.url, slug)

    def plan(self, *, fits: Switches | None = None, **more: Any) -> Plan:
        """The plan that fits, or one for other switches."""
        return plan_for(fits or self.platform.switches, self.url, **more)

    def visit(self, address: str) -> dict[str, str]:
        """Go to an authorization address as a browser does; what the callback then gets.

        Fails with what the platform said where it refused the address.
        """
        parts = urlsplit(address)
        if parts.fragment:
            address = f"{self.url}{parts.fragment}"
        answer = httpx2.get(address, trust_env=False, follow_redirects=False)
        assert answer.status_code == 302, answer.text
        return dict(parse_qsl(urlsplit(answer.headers["location"]).query))


@contextmanager
def running_upstream(clock: ManualClock | None = None, **switches: Any) -> Iterator[UpstreamServer]:
    """A platform for the length of a block."""
    clock = clock or ManualClock()
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    platform = Platform(
        Switches(**switches), clock, f"http://127.0.0.1:{listening.getsockname()[1]}"
    )
    config = uvicorn.Config(
        platform_app(platform), log_config=None, log_level="critical", lifespan="off", ws="none"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        wait_until(lambda: server.started, "the platform does not start")
        yield UpstreamServer(platform, clock)
    finally:
        server.should_exit = True
        thread.join(10)
        listening.close()
