"""nginx, as it is set up for production, on ports of this machine only."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.support.ports import free_port

__all__ = ["Balancer", "Missing", "find_program", "render"]

CONFIGURATION = Path(__file__).parents[1] / "ops" / "nginx.conf"
_SERVER = re.compile(r"^(\s*server )127\.0\.0\.1:\d+", re.MULTILINE)
_LISTEN = re.compile(r"^(\s*)listen 443 ssl;", re.MULTILINE)
_CERTIFICATE = re.compile(r"^\s*ssl_certificate.*\n", re.MULTILINE)
_AROUND = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log warn;
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
{inside}
}}
"""


class Missing(Exception):
    """A program is not installed; the text says how to install it."""


def find_program(name: str, package: str) -> str:
    """The path of a program of this machine. Raises ``Missing``."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if found is None:
        raise Missing(f"{name} is not installed: sudo apt-get install {package}")
    return found


def render(published: str, servers: Sequence[int], port: int) -> str:
    """The ``published`` configuration for servers on these ports, without TLS on ``port``.

    Raises ``ValueError`` where the configuration has another number of servers.
    """
    ports = iter(servers)
    if len(_SERVER.findall(published)) != len(servers):
        raise ValueError("the configuration names another number of servers")
    text = _SERVER.sub(lambda match: f"{match[1]}127.0.0.1:{next(ports)}", published)
    text = _LISTEN.sub(rf"\1listen 127.0.0.1:{port};", text)
    return _CERTIFICATE.sub("", text)


class Balancer:
    """A running nginx."""

    def __init__(self, servers: Sequence[int], folder: Path) -> None:
        """Start it before the servers on these ports. Raises ``Missing``."""
        program = find_program("nginx", "nginx-light")
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "nginx.log"
        folder.mkdir()
        folder.chmod(0o777)  # its workers run as another account
        inside = render(CONFIGURATION.read_text(encoding="utf-8"), servers, self.port)
        whole = folder / "nginx.conf"
        whole.write_text(_AROUND.format(folder=folder, inside=inside), encoding="utf-8")
        self._process = subprocess.Popen(
            [program, "-c", str(whole), "-e", str(self.log)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    @property
    def is_running(self) -> bool:
        """Whether it has not ended by itself."""
        return self._process.poll() is None

    def stop(self) -> None:
        """End it and its workers."""
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)
