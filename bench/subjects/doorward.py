"""Doorward itself: `doorward serve` on the demo's data, one or two processes, either database."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from bench.load import Operation, run_script
from bench.subjects.postgres import database_pid, new_database
from bench.subjects.process import (
    CORES,
    LOAD_CORE,
    SCRATCH,
    SERVER_CORE,
    Server,
    Start,
    start_server,
)
from bench.subjects.subject import Running, discover
from bench.target import Client, Person, Signed, Target, address_of
from bench.wire import Answer, get, post_json
from bench.works.prepared import expect
from tests.support.ports import free_port

__all__ = [
    "RunningDoorward",
    "Served",
    "cores_of",
    "seed",
    "serve",
    "service_client",
    "start_doorward",
    "start_on_postgresql",
    "start_two",
    "start_two_on_postgresql",
    "start_with",
    "web_client",
]

_COMMAND = Path(sys.executable).with_name("doorward")
_CALLBACK = "http://127.0.0.1:8765/callback"
_AUDIENCE = "urn:bench:signed"
_SIGNED_SCOPE = "bench.signed"
_SCOPE = "openid profile email offline_access"
_STATEMENTS = re.compile(rb"^doorward_db_statements_total(?:\{[^}]*\})? ([0-9.e+]+)$", re.MULTILINE)


@dataclass
class RunningDoorward(Running):
    """Doorward, with the statement count that its metrics publish, when they do."""

    async def statements_run(self) -> int | None:
        """The sum of ``doorward_db_statements_total`` at /metrics; None when it is not there."""
        total = 0
        for host, port in self.target.addresses:
            answer = await run_script((host, port), _once(get(f"http://{host}:{port}/metrics")))
            found = _STATEMENTS.findall(answer.body) if answer.status == 200 else []
            if not found:
                return None
            total += sum(int(float(value)) for value in found)
        return total


@dataclass(frozen=True)
class _Place:
    """What the demo seeded, where it is, and how an application gets signed access tokens."""

    data: Path
    database_url: str | None
    organization: Mapping[str, Any]
    signed: Signed
    seeding_s: float


async def start_doorward() -> Running:
    """One process on a SQLite file."""
    return await _start("doorward", None, processes=1)


async def start_on_postgresql() -> Running:
    """One process on a PostgreSQL server that has the load's core."""
    return await _start("doorward-postgresql", new_database("doorward"), processes=1)


async def start_with(name: str, settings: Mapping[str, str]) -> Running:
    """One process on a SQLite file, with these variables of its environment besides."""
    return await _start(name, None, processes=1, settings=settings)


async def start_two() -> Running:
    """Two processes on one SQLite file."""
    return await _start("doorward-2", None, processes=2)


async def start_two_on_postgresql() -> Running:
    """Two processes on one PostgreSQL server."""
    return await _start("doorward-postgresql-2", new_database("doorward_2"), processes=2)


async def _start(
    name: str,
    database_url: str | None,
    processes: int,
    settings: Mapping[str, str] = MappingProxyType({}),
) -> Running:
    """Let the demo seed a new data folder, then serve it: the servers alone are measured."""
    port = free_port()
    place = await _seeded(name, port, database_url)
    ports = [port, *(free_port() for _ in range(1, processes))]
    servers = [
        serve(Served(place.data, port, database_url, own, core, name, settings=settings))
        for own, core in zip(ports, cores_of(processes), strict=True)
    ]
    issuer = str(place.organization["issuer"])
    applications = place.organization["applications"]
    target = Target(
        name,
        issuer,
        await discover(issuer, ("127.0.0.1", port)),
        service=service_client(applications),
        web=web_client(applications),
        people=tuple(
            Person(who["username"], who["password"]) for who in place.organization["constituents"]
        ),
        signed=place.signed,
        beside=tuple(("127.0.0.1", own) for own in ports[1:]),
    )
    facts = {
        "ready_s": round(servers[0].ready_s, 3),
        "ready_with_seeding_s": round(place.seeding_s, 3),
    }
    database = None if database_url is None else database_pid()
    return RunningDoorward(target, servers[0], facts, tuple(servers[1:]), database)


def cores_of(processes: int) -> list[int]:
    """A core for each process where there are enough beside the load's; else all share one."""
    free = [core for core in CORES if core != LOAD_CORE]
    return free[:processes] if len(free) >= processes else [SERVER_CORE] * processes


async def _seeded(name: str, port: int, database_url: str | None) -> _Place:
    data = SCRATCH / name
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(parents=True)
    facts_file = SCRATCH / f"{name}-facts.json"
    seeding = seed(port, data, facts_file, database_url)
    organization = json.loads(facts_file.read_text())["organizations"]["riverbend"]
    signed = await _sign_tokens(organization)
    seeding.stop()
    return _Place(data, database_url, organization, signed, seeding.ready_s)


async def _sign_tokens(organization: Mapping[str, Any]) -> Signed:
    """Protect an API that wants JWTs, and register an application that may ask for them."""
    issuer, api_key = str(organization["issuer"]), str(organization["staff"][0]["api_key"])
    words = {"title_en": "Bench", "title_ja": "計測", "sensitivity": "basic"}
    sentences = {"sentence_en": "Measure it", "sentence_ja": "計測する"}
    api = {"identifier": _AUDIENCE, "name": "Bench", "token_format": "jwt", "signing_alg": "ES256"}
    scope = {"name": _SIGNED_SCOPE, "api": _AUDIENCE, **words, **sentences}
    application = {
        "name": "Bench",
        "kind": "service",
        "scopes": [_SIGNED_SCOPE],
        "grant_types": ["client_credentials"],
        "status": "approved",
    }
    made: dict[str, Any] = {}
    for path, body in (("apis", api), ("scopes", scope), ("applications", application)):
        made = await run_script(address_of(issuer), _create(f"{issuer}/api/{path}", api_key, body))
    client = Client(made["client_id"], made["client_secret"])
    return Signed(client, {"scope": _SIGNED_SCOPE}, _AUDIENCE, "ES256")


def _create(url: str, api_key: str, document: Mapping[str, object]) -> Operation[dict[str, Any]]:
    """One creation by the management API."""
    answer = yield post_json(url, document, {"X-API-Key": api_key})
    expect(answer, 201, url)
    made: dict[str, Any] = json.loads(answer.body)
    return made


def seed(port: int, data: Path, facts_file: Path, database_url: str | None = None) -> Server:
    """The demo, which seeds ``data``, and the database at ``database_url`` where one is named."""
    facts_file.unlink(missing_ok=True)
    options = ["demo", "--port", str(port), "--data", str(data), "--facts", str(facts_file)]
    options += [] if database_url is None else ["--database-url", database_url]
    return start_server(
        Start(
            command=[str(_COMMAND), *options],
            ready_url=f"http://127.0.0.1:{port}/readyz",
            log=SCRATCH / "doorward-seeding.log",
            environment={},
            also_ready=lambda: _is_whole(facts_file),
        ),
    )


@dataclass(frozen=True)
class Served:
    """One `serve` process: on which data, at which public port, on a port and a core of its own.

    ``source`` is the ``src`` of another checkout that is to be run instead of this one;
    ``settings`` are further variables of its environment.
    """

    data: Path
    port: int
    database_url: str | None = None
    own_port: int | None = None
    core: int = SERVER_CORE
    name: str = "doorward"
    source: Path | None = None
    settings: Mapping[str, str] = field(default_factory=dict)


def serve(what: Served) -> Server:
    """The server on what the demo seeded."""
    other = {} if what.source is None else {"PYTHONPATH": str(what.source)}
    own = what.own_port or what.port
    return start_server(
        Start(
            command=[str(_COMMAND), "serve"],
            ready_url=f"http://127.0.0.1:{own}/readyz",
            log=SCRATCH / f"{what.name}-{own}.log",
            environment={
                "DOORWARD_BASE_URL": f"http://127.0.0.1:{what.port}",
                "DOORWARD_PORT": str(own),
                "DOORWARD_DATABASE_URL": what.database_url
                or f"sqlite:///{what.data / 'demo.sqlite'}",
                "DOORWARD_MASTER_KEY_FILE": str(what.data / "master.keys"),
                **what.settings,
                **other,
            },
            core=what.core,
        ),
    )


def _is_whole(facts_file: Path) -> bool:
    try:
        return "organizations" in json.loads(facts_file.read_text())
    except (OSError, ValueError):
        return False


def service_client(applications: list[Mapping[str, Any]]) -> Client:
    """The service application: confidential, and nothing ever returns to it."""
    for each in applications:
        if each["auth_method"] == "client_secret_basic" and not each["redirect_uris"]:
            return Client(each["client_id"], each["client_secret"])
    raise LookupError("the demo has no service application with client_secret_basic")


def web_client(applications: list[Mapping[str, Any]]) -> Client:
    """The application with client_secret_basic that people sign in to."""
    for each in applications:
        returns_here = _CALLBACK in each["redirect_uris"]
        if each["auth_method"] == "client_secret_basic" and returns_here:
            return Client(each["client_id"], each["client_secret"], _CALLBACK, _SCOPE)
    raise LookupError(f"the demo has no client_secret_basic application with {_CALLBACK}")


def _once(request: bytes) -> Any:  # noqa: ANN401 - an operation that returns its answer
    answer: Answer = yield request
    return answer
