"""Doorward itself: `doorward serve` on the demo's data, on a durable SQLite file, one process."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bench.load import run_script
from bench.subjects.process import SCRATCH, Server, Start, free_port, start_server
from bench.subjects.subject import Running, discover
from bench.target import Client, Person, Target
from bench.wire import Answer, get

__all__ = ["RunningDoorward", "seed", "serve", "start_doorward"]

_COMMAND = Path(sys.executable).with_name("doorward")
_CALLBACK = "http://127.0.0.1:8765/callback"
_SCOPE = "openid profile email offline_access"
_STATEMENTS = re.compile(rb"^doorward_db_statements_total(?:\{[^}]*\})? ([0-9.e+]+)$", re.MULTILINE)


@dataclass
class RunningDoorward(Running):
    """Doorward, with the statement count that its metrics publish, when they do."""

    async def statements_run(self) -> int | None:
        """The sum of ``doorward_db_statements_total`` at /metrics; None when it is not there."""
        host, port = self.target.address
        answer = await run_script((host, port), _once(get(f"http://{host}:{port}/metrics")))
        found = _STATEMENTS.findall(answer.body) if answer.status == 200 else []
        return sum(int(float(value)) for value in found) if found else None


async def start_doorward() -> Running:
    """Let the demo seed a new data folder, then serve it: the server alone is what is measured."""
    data = SCRATCH / "doorward"
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(parents=True)
    facts_file = SCRATCH / "doorward-facts.json"
    port = free_port()
    seeding = seed(port, data, facts_file)
    seeding.stop()
    server = serve(port, data)
    riverbend = json.loads(facts_file.read_text())["organizations"]["riverbend"]
    issuer = str(riverbend["issuer"])
    parts = urlsplit(issuer)
    endpoints = await discover(issuer, (parts.hostname or "127.0.0.1", parts.port or 80))
    people = tuple(Person(who["username"], who["password"]) for who in riverbend["constituents"])
    target = Target(
        "doorward",
        issuer,
        endpoints,
        service=_service_client(riverbend["applications"]),
        web=_web_client(riverbend["applications"]),
        people=people,
    )
    facts = {
        "ready_s": round(server.ready_s, 3),
        "ready_with_seeding_s": round(seeding.ready_s, 3),
    }
    return RunningDoorward(target, server, facts)


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


def serve(
    port: int, data: Path, database_url: str | None = None, source: Path | None = None
) -> Server:
    """The server on what the demo seeded; of another checkout's ``source`` where one is named."""
    other = {} if source is None else {"PYTHONPATH": str(source)}
    return start_server(
        Start(
            command=[str(_COMMAND), "serve"],
            ready_url=f"http://127.0.0.1:{port}/readyz",
            log=SCRATCH / "doorward.log",
            environment={
                "DOORWARD_BASE_URL": f"http://127.0.0.1:{port}",
                "DOORWARD_PORT": str(port),
                "DOORWARD_DATABASE_URL": database_url or f"sqlite:///{data / 'demo.sqlite'}",
                "DOORWARD_MASTER_KEY_FILE": str(data / "master.keys"),
                **other,
            },
        ),
    )


def _is_whole(facts_file: Path) -> bool:
    try:
        return "organizations" in json.loads(facts_file.read_text())
    except (OSError, ValueError):
        return False


def _service_client(applications: list[Mapping[str, Any]]) -> Client:
    """The service application: confidential, and nothing ever returns to it."""
    for each in applications:
        if each["auth_method"] == "client_secret_basic" and not each["redirect_uris"]:
            return Client(each["client_id"], each["client_secret"])
    raise LookupError("the demo has no service application with client_secret_basic")


def _web_client(applications: list[Mapping[str, Any]]) -> Client:
    """The application with client_secret_basic that people sign in to."""
    for each in applications:
        returns_here = _CALLBACK in each["redirect_uris"]
        if each["auth_method"] == "client_secret_basic" and returns_here:
            return Client(each["client_id"], each["client_secret"], _CALLBACK, _SCOPE)
    raise LookupError(f"the demo has no client_secret_basic application with {_CALLBACK}")


def _once(request: bytes) -> Any:  # noqa: ANN401 - an operation that returns its answer
    answer: Answer = yield request
    return answer
