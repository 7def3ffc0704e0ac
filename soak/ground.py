"""The server that is soaked: the demo's data with some people more, served alone on its core."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from bench.load import Operation, run_script
from bench.subjects import SCRATCH
from bench.subjects.doorward import Served, seed, serve, service_client, web_client
from bench.subjects.postgres import new_database
from bench.subjects.process import Server
from bench.subjects.subject import discover
from bench.target import Person, Target
from bench.vault.filling import Holdings, fill_postgresql, fill_sqlite
from bench.wire import Answer, get, post_json
from bench.works.prepared import expect
from doorward.config import decode_key
from doorward.crypto import KeyRing, Secret
from soak.windows import Held
from tests.support.ports import free_port

__all__ = ["CONNECTIONS", "FOLDER", "Ground", "prepare"]

FOLDER = SCRATCH.parent / "soak"
_ORG = "riverbend"
_CONNECTOR = "calendly"
_PASSWORD = "correct horse battery soak"  # noqa: S105 - of everybody in the run
PEOPLE = 16
"""Each of them allows the application before the run begins."""
CONNECTIONS = 500
"""Connections in the vault."""
_MB = 1e6
_QUEUE = re.compile(rb"^doorward_db_queue_length(?:\{[^}]*\})? ([0-9.e+]+)$", re.MULTILINE)


@dataclass(frozen=True)
class Ground:
    """A running server, who can use it, and where its data lie."""

    target: Target
    server: Server
    api_key: str
    data: Path
    database_url: str | None

    def resident_mb(self) -> float:
        """Its resident memory now."""
        return self.server.resident_mb()

    async def held(self) -> Held:
        """What it holds now."""
        process = psutil.Process(self.server.process.pid)
        database = self.data / "demo.sqlite"
        return Held(
            resident_mb=self.resident_mb(),
            cpu_s=self.server.cpu_seconds(),
            open_files=process.num_fds(),
            threads=process.num_threads(),
            database_mb=_size_mb(database),
            log_mb=_size_mb(database.with_name(database.name + "-wal")),
            queue=await self._queue(),
        )

    async def _queue(self) -> int:
        url = f"{self.target.issuer.partition('/o/')[0]}/metrics"
        answer = await run_script(self.target.address, _answer_to(get(url)))
        found = _QUEUE.search(answer.body)
        return int(float(found[1])) if found else 0


async def prepare(engine: str) -> Ground:
    """Seed new data, add people and connections, and serve them."""
    data = FOLDER / "data"
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(parents=True)
    url = None if engine == "sqlite" else new_database("soak")
    seeding = await asyncio.to_thread(seed, free_port(), data, data / "facts.json", url)
    organization = json.loads((data / "facts.json").read_text())["organizations"][_ORG]
    api_key = str(organization["staff"][0]["api_key"])
    issuer = str(organization["issuer"])
    try:
        people = [await _add_person(issuer, api_key, number) for number in range(PEOPLE)]
        await _switch_on(issuer, api_key)
    finally:
        seeding.stop()
    await _fill_vault(data, url)
    port = free_port()
    settings = {"DOORWARD_TRUSTED_PROXIES": "127.0.0.1"}
    server = serve(Served(data, port, url, name="soak", settings=settings))
    issuer = f"http://127.0.0.1:{port}/o/{_ORG}"
    target = Target(
        "doorward",
        issuer,
        await discover(issuer, ("127.0.0.1", port)),
        service=service_client(organization["applications"]),
        web=web_client(organization["applications"]),
        people=tuple(people),
    )
    return Ground(target, server, api_key, data, url)


async def _add_person(issuer: str, api_key: str, number: int) -> Person:
    person = Person(f"soak{number:03}", _PASSWORD)
    document = {
        "username": person.username,
        "email": f"{person.username}@example.org",
        "name": f"Somebody {number}",
        "password": person.password,
    }
    request = post_json(f"{issuer}/api/accounts", document, {"X-API-Key": api_key})
    await _perform(issuer, request, 201)
    return person


async def _switch_on(issuer: str, api_key: str) -> None:
    """Let people connect by the catalogue's entry, or nothing of theirs is handed out."""
    url = f"{issuer}/api/connectors/{_CONNECTOR}/enabled"
    request = post_json(url, {"enabled": True}, {"X-API-Key": api_key})
    await _perform(issuer, b"PUT" + request.removeprefix(b"POST"), 200)


async def _fill_vault(data: Path, url: str | None) -> None:
    keys = [line for line in (data / "master.keys").read_text().split() if line]
    ring = KeyRing(tuple(Secret(decode_key(key)) for key in keys))
    holdings = Holdings(CONNECTIONS, due=False, org_id=_ORG, connector=_CONNECTOR, sealed_by=ring)
    if url is None:
        await asyncio.to_thread(fill_sqlite, data / "demo.sqlite", holdings)
    else:
        await fill_postgresql(url, holdings)


async def _perform(issuer: str, request: bytes, status: int) -> None:
    parts = urlsplit(issuer)
    answer = await run_script((parts.hostname or "", parts.port or 80), _answer_to(request))
    expect(answer, status, "preparing")


def _answer_to(request: bytes) -> Operation[Answer]:
    answer = yield request
    return answer


def _size_mb(path: Path) -> float:
    return path.stat().st_size / _MB if path.is_file() else 0.0
