"""The demo as a process: what a restart keeps, and what its end leaves behind."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import httpx2
import pytest

from tests.support.databases import PostgresServer
from tests.support.ports import free_port
from tests.support.server import DemoServer, start_demo, wait_until

DOORWARD = str(Path(sys.executable).with_name("doorward"))


def is_open(url: str) -> bool:
    """Whether somebody listens there."""
    host, _, port = url.rpartition("//")[2].partition(":")
    with closing(socket.socket()) as probe:
        return probe.connect_ex((host, int(port.rstrip("/")))) == 0


def without_addresses(server: DemoServer) -> str:
    """The facts of a demo, its ports removed."""
    port = int(server.base_url.rpartition(":")[2])
    text = json.dumps(server.facts)
    return text.replace(f"127.0.0.1:{port + 1}", "SAMPLE").replace(f"127.0.0.1:{port}", "SERVER")


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_a_restart_keeps_data_and_credentials(
    tmp_path: Path, engine: str, request: pytest.FixtureRequest
) -> None:
    """The same facts on another port, and a token that was issued before is still good."""
    url = None
    if engine == "postgresql":
        postgres: PostgresServer = request.getfixturevalue("postgres_server")
        _name, url = postgres.create_database()
    first = start_demo(tmp_path, database_url=url)
    service = first.organization("riverbend").service()
    auth = (service.client_id, service.client_secret or "")
    token = httpx2.post(
        f"{first.organization('riverbend').issuer}/oauth2/token",
        data={"grant_type": "client_credentials"},
        auth=auth,
        trust_env=False,
    ).json()["access_token"]
    first.stop()
    second = start_demo(tmp_path, database_url=url)
    try:
        assert without_addresses(second) == without_addresses(first)
        answer = httpx2.post(
            f"{second.organization('riverbend').issuer}/oauth2/introspect",
            data={"token": token},
            auth=auth,
            trust_env=False,
        )
        assert answer.json()["active"] is True
    finally:
        second.stop()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_both_processes(tmp_path: Path, number: signal.Signals) -> None:
    """With status 0, and nobody listens any more."""
    server = start_demo(tmp_path)
    server.wait_for_sample()
    assert is_open(server.base_url)
    assert is_open(server.sample_url)
    server.process.send_signal(number)
    assert server.process.wait(10) == 0
    assert not is_open(server.base_url)
    assert not is_open(server.sample_url)
    assert "Ended." in server.log.read_text()


def test_a_killed_demo_takes_the_sample_application_along(tmp_path: Path) -> None:
    """Or the next start would find its port taken."""
    server = start_demo(tmp_path)
    server.wait_for_sample()
    server.process.kill()
    server.process.wait(10)
    wait_until(lambda: not is_open(server.sample_url), "the sample application lives on", seconds=5)


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    """Its own or the sample application's, before anything is made."""
    port = free_port() + 1
    with closing(socket.create_server(("127.0.0.1", port))):
        for asked in (port, port - 1):
            done = subprocess.run(
                [DOORWARD, "demo", "--port", str(asked), "--data", str(tmp_path / "data")],
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            assert done.returncode == 3
            assert str(port) in done.stderr
    assert not (tmp_path / "data").exists()


def test_a_database_that_another_folder_seeded_is_refused(tmp_path: Path) -> None:
    """Its keys are sealed under another master key: the reason is said, nothing is half true."""
    url = f"sqlite:///{tmp_path / 'shared.sqlite'}"
    (tmp_path / "one").mkdir()
    start_demo(tmp_path / "one", database_url=url).stop()
    done = subprocess.run(
        [
            *(DOORWARD, "demo", "--port", str(free_port()), "--database-url", url),
            *("--data", str(tmp_path / "two"), "--facts", str(tmp_path / "facts.json")),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 3
    assert "another folder" in done.stderr
    assert not (tmp_path / "facts.json").exists()


def test_a_password_that_was_changed_is_set_back(tmp_path: Path) -> None:
    """What is printed at the next start is true again."""
    first = start_demo(tmp_path)
    first.stop()
    kept = tmp_path / "data" / "credentials.json"
    text = json.loads(kept.read_text())
    text["changed_at"]["riverbend/amara"] -= 1  # as if somebody had changed it since
    text["client_secrets"].pop("riverbend/lantern-library")
    kept.write_text(json.dumps(text))
    second = start_demo(tmp_path)
    try:
        river = second.organization("riverbend")
        assert river.constituents == first.organization("riverbend").constituents
        letters = river.application("client_secret_post")
        answer = httpx2.post(
            f"{river.issuer}/oauth2/introspect",
            data={
                "client_id": letters.client_id,
                "client_secret": letters.client_secret or "",
                "token": "dw_at_none",
            },
            trust_env=False,
        )
        assert (answer.status_code, answer.json()) == (200, {"active": False})
    finally:
        second.stop()
