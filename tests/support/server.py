"""A real `doorward demo` process, its facts, and its end.

`DOORWARD_COMMAND` names another program to start, such as the one of an installed wheel.
"""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from tests.support.nursery import Running, start_doorward
from tests.support.ports import free_port

__all__ = [
    "Application",
    "DemoServer",
    "Organization",
    "Person",
    "running_demo",
    "start_demo",
    "wait_until",
]

_START_S = 60
_STOP_S = 10
_TRIES = 3


@dataclass(frozen=True)
class Person:
    """Somebody who can sign in."""

    account_id: str
    username: str
    password: str
    email: str
    api_key: str | None = None


@dataclass(frozen=True)
class Application:
    """An application of the demo, with the secret that only the facts file shows."""

    name: str
    client_id: str
    client_secret: str | None
    auth_method: str
    redirect_uris: tuple[str, ...]
    scopes: tuple[str, ...]


@dataclass(frozen=True)
class Organization:
    """One organization of the demo."""

    org_id: str
    issuer: str
    staff: tuple[Person, ...]
    constituents: tuple[Person, ...]
    applications: tuple[Application, ...]

    def application(self, auth_method: str) -> Application:
        """The application that signs people in with ``auth_method`` and is made for scripts."""
        return next(
            found
            for found in self.applications
            if found.auth_method == auth_method and any(map(_is_for_scripts, found.redirect_uris))
        )

    def service(self) -> Application:
        """The application that acts for itself."""
        return next(
            found
            for found in self.applications
            if found.auth_method == "client_secret_basic" and not found.redirect_uris
        )


def _is_for_scripts(redirect_uri: str) -> bool:
    return redirect_uri in {"http://127.0.0.1:8765/callback", "http://127.0.0.1/callback"}


def _person(facts: Mapping[str, Any]) -> Person:
    return Person(
        account_id=facts["account_id"],
        username=facts["username"],
        password=facts["password"],
        email=facts["email"],
        api_key=facts.get("api_key"),
    )


def _application(facts: Mapping[str, Any]) -> Application:
    return Application(
        name=facts["name"],
        client_id=facts["client_id"],
        client_secret=facts.get("client_secret") or None,
        auth_method=facts["auth_method"],
        redirect_uris=tuple(facts["redirect_uris"]),
        scopes=tuple(facts["scopes"]),
    )


def _organization(org_id: str, facts: Mapping[str, Any]) -> Organization:
    return Organization(
        org_id=org_id,
        issuer=facts["issuer"],
        staff=tuple(map(_person, facts["staff"])),
        constituents=tuple(map(_person, facts["constituents"])),
        applications=tuple(map(_application, facts["applications"])),
    )


@dataclass(frozen=True)
class DemoServer:
    """A running demo. `sample_url` is the sample application beside it."""

    process: subprocess.Popen[bytes] | Running
    log: Path
    base_url: str
    sample_url: str
    facts: Mapping[str, Any]

    @property
    def facts_file(self) -> Path:
        """Where the facts stand, for programs that read them themselves."""
        return self.log.with_name("facts.json")

    def organization(self, org_id: str) -> Organization:
        """The facts of one organization."""
        return _organization(org_id, self.facts["organizations"][org_id])

    def wait_for_sample(self) -> str:
        """The sample application's address, once it answers."""
        wait_until(lambda: _answers(self.sample_url), f"{self.sample_url} does not answer")
        return self.sample_url

    def stop(self) -> None:
        """End the server and what it started, by their own process group."""
        _end(self.process)


def wait_until(is_so: Callable[[], bool], otherwise: str, *, seconds: float = _START_S) -> None:
    """Return as soon as ``is_so``; fail with ``otherwise`` after ``seconds``."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.02)


def _answers(url: str) -> bool:
    try:
        return httpx2.get(url, trust_env=False, timeout=5).status_code < 500
    except httpx2.TransportError:
        return False


def _command() -> list[str]:
    given = os.environ.get("DOORWARD_COMMAND")
    return shlex.split(given) if given else [str(Path(sys.executable).with_name("doorward"))]


def _end(process: subprocess.Popen[bytes] | Running) -> None:
    """Ask the server to end; then end, by their own process group, whatever is left of it."""
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(_STOP_S)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(_STOP_S)


def _read_facts(path: Path) -> Mapping[str, Any] | None:
    try:
        facts: Mapping[str, Any] = json.loads(path.read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    return facts


def _start(words: tuple[str, ...], log: Path) -> subprocess.Popen[bytes]:
    with log.open("wb") as out:
        return subprocess.Popen(
            [*_command(), *words],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _launch(
    directory: Path, port: int, options: tuple[str, ...], *, forked: bool
) -> DemoServer | None:
    """One try. None when the process ended before it was ready."""
    facts_file, log = directory / "facts.json", directory / "server.log"
    facts_file.unlink(missing_ok=True)
    log.unlink(missing_ok=True)
    places = ("--data", str(directory / "data"), "--facts", str(facts_file))
    words = ("demo", "--port", str(port), *places, *options)
    # A command that is named is started as it is.
    forked = forked and "DOORWARD_COMMAND" not in os.environ
    process = start_doorward(words, log) if forked else _start(words, log)
    try:
        wait_until(
            lambda: _read_facts(facts_file) is not None or process.poll() is not None,
            f"no facts after {_START_S} s",
        )
    except BaseException:
        _end(process)
        raise
    facts = _read_facts(facts_file)
    if facts is None:
        return None
    return DemoServer(
        process=process,
        log=log,
        base_url=facts["base_url"],
        sample_url=f"http://127.0.0.1:{port + 1}",
        facts=facts,
    )


def start_demo(
    directory: Path, *, database_url: str | None = None, forked: bool = False
) -> DemoServer:
    """Start a demo whose data lives in ``directory``; it is ready when this returns.

    One that is ``forked`` is up sooner: the product was imported before.
    """
    options = () if database_url is None else ("--database-url", database_url)
    for _ in range(_TRIES):  # another process may take the port between the look and the start
        server = _launch(directory, free_port(), options, forked=forked)
        if server is not None:
            return server
    message = f"doorward demo ended before it was ready:\n{(directory / 'server.log').read_text()}"
    raise AssertionError(message)


@contextmanager
def running_demo(directory: Path, *, database_url: str | None = None) -> Iterator[DemoServer]:
    """A demo for the length of a block. What it logged is printed at its end for failed tests."""
    server = start_demo(directory, database_url=database_url, forked=True)
    try:
        yield server
    finally:
        server.stop()
        print(server.log.read_text()[-10_000:])
