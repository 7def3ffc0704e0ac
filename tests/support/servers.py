"""Real `doorward serve` processes on one database, and their ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from base64 import b64encode
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import httpx2

from tests.support.ports import free_port
from tests.support.server import wait_until
from tests.support.world import BASE_URL

__all__ = ["MASTER_KEY", "ServerProcess", "start_server"]

MASTER_KEY = b64encode(bytes(range(32))).decode()
"""The key of ``factories.sealing_ring``: tests prepare the database in their own process."""


@dataclass(frozen=True)
class ServerProcess:
    """A running server."""

    process: subprocess.Popen[bytes]
    url: str
    log: Path

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def stop(self) -> int:
        """Ask it to end; its status."""
        self.process.terminate()
        try:
            return self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def http(self, org_id: str) -> httpx2.AsyncClient:
        """A client of one organization at this very process."""
        limits = httpx2.Limits(max_connections=64)
        return httpx2.AsyncClient(
            base_url=f"{self.url}/o/{org_id}", trust_env=False, timeout=30, limits=limits
        )


def start_server(database_url: str, directory: Path, **more: str) -> ServerProcess:
    """A server on ``database_url``, whose schema is up to date; it answers when this returns.

    ``more`` are other settings, by their names.
    """
    port = int(more.get("port", 0)) or free_port()
    log = directory / f"server-{port}.log"
    settings = {
        "DOORWARD_BASE_URL": BASE_URL,
        "DOORWARD_DATABASE_URL": database_url,
        "DOORWARD_MASTER_KEYS": MASTER_KEY,
        "DOORWARD_PORT": str(port),
        **{f"DOORWARD_{name.upper()}": value for name, value in more.items()},
    }
    kept = {n: v for n, v in os.environ.items() if not n.startswith("DOORWARD_")}
    with log.open("wb") as out:
        process = subprocess.Popen(
            [str(Path(sys.executable).with_name("doorward")), "serve"],
            env={**kept, **settings},
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    url = f"http://127.0.0.1:{port}"

    def is_ready() -> bool:
        assert process.poll() is None, log.read_text()
        with suppress(httpx2.TransportError):
            return httpx2.get(f"{url}/readyz", trust_env=False, timeout=5).status_code == 200
        return False

    try:
        wait_until(is_ready, f"{url} does not answer")
    except BaseException:
        process.kill()
        process.wait(10)
        raise
    return ServerProcess(process, url, log)
