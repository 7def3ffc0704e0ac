"""`serve` as a process: ready, quiet, and gone when it is told to go."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import msgspec

from tests.cli.conftest import DOORWARD, Shell
from tests.support.ports import free_port
from tests.support.server import wait_until


@contextmanager
def serving(shell: Shell, *words: str) -> Iterator[tuple[subprocess.Popen[bytes], str, Path]]:
    """A server on a free port: its process, its address, its log."""
    port, log = free_port(), shell.folder / "serve.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [DOORWARD, "serve", "--port", str(port), *words],
            env=shell.environment(),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    address = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: is_ready(address) or process.poll() is not None, "it is never ready")
        assert process.poll() is None, log.read_text()
        yield process, address, log
    finally:
        process.kill()
        process.wait(10)


def is_ready(address: str) -> bool:
    """Whether the database answers behind it."""
    try:
        return httpx2.get(f"{address}/readyz", trust_env=False).status_code == 200
    except httpx2.TransportError:
        return False


def test_it_serves_on_either_database_and_ends_with_0(either: Shell) -> None:
    """What SIGTERM finds under way is finished."""
    either.data("org", "create", "riverbend", "--name", "Riverbend")
    with serving(either) as (process, address, log):
        found = httpx2.get(
            f"{address}/o/riverbend/.well-known/openid-configuration", trust_env=False
        )
        assert found.json()["issuer"] == "http://127.0.0.1:8400/o/riverbend"
        assert "server" not in found.headers
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0
        assert "ended" in log.read_text()


def test_it_logs_no_request_unless_asked(shell: Shell) -> None:
    """And then by path alone: addresses carry codes and names."""
    with serving(shell) as (_process, address, log):
        httpx2.get(f"{address}/healthz?code=secret", trust_env=False)
        assert "healthz" not in log.read_text()
    with serving(shell, "--access-log") as (_process, address, log):
        httpx2.get(f"{address}/healthz?code=secret", trust_env=False)
        wait_until(lambda: "GET /healthz 200" in log.read_text(), "nothing was logged")
        assert "secret" not in log.read_text()


def test_it_logs_json_where_that_is_set(shell: Shell) -> None:
    """One object on each line."""
    as_json = Shell(shell.folder, {**shell.variables, "DOORWARD_LOG_FORMAT": "json"})
    with serving(as_json) as (_process, _address, log):
        wait_until(lambda: "serving" in log.read_text(), "nothing was logged")
        lines = [msgspec.json.decode(line) for line in log.read_text().splitlines()]
    assert all({"at", "level", "logger", "message"} <= set(line) for line in lines)


def test_a_taken_port_ends_with_3(shell: Shell) -> None:
    """The address is named."""
    with serving(shell) as (_process, address, _log):
        port = address.rpartition(":")[2]
        done = shell.run("serve", "--port", port)
    assert done.status == 3
    assert port in done.err
