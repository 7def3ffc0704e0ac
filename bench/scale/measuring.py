"""The measurement: an empty server, the large one, and anybody of the large one take turns."""

from __future__ import annotations

import asyncio
import json
import shutil
import statistics
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.measure import Measured, Plan, one_round
from bench.scale.draws import DRAWS, Drawing
from bench.scale.filling import Filled, filled, filled_postgresql, note_used
from bench.scale.world import World
from bench.subjects import LOAD_CORE, SCRATCH, Running, pin
from bench.subjects.doorward import (
    RunningDoorward,
    Served,
    serve,
    service_client,
    web_client,
)
from bench.subjects.postgres import database_pid
from bench.subjects.subject import discover
from bench.target import Person, Target
from bench.works import WORKS, Prepared
from tests.support.ports import free_port

__all__ = ["ANYBODY", "EMPTY", "LARGE", "Wanted", "measure_scale", "ratio_of"]

EMPTY = "empty"
LARGE = "large"
ANYBODY = "large, anybody"
"""The subjects; the last one is the large server, asked by another client each time."""

_ORG = "riverbend"


@dataclass(frozen=True)
class Wanted:
    """The engine, the works, and the world that is wanted."""

    engine: str = "sqlite"
    works: Sequence[str] = tuple(DRAWS)
    world: World | None = None
    rebuild: bool = False


async def measure_scale(wanted: Wanted, plan: Plan) -> dict[str, dict[str, Measured]]:
    """Measure the works; for each, the figures of every subject."""
    figures: dict[str, dict[str, Measured]] = {}
    held = await asyncio.to_thread(_filled, wanted)
    pin(LOAD_CORE)
    large = await _start(held.data, held.database_url)
    empty = await _start(_fresh(held), held.empty_url)
    try:
        for work in wanted.works:
            figures[work] = await _measure(work, held, (large, empty), plan)
    finally:
        for each in (large, empty):
            each.server.stop()
    return figures


def ratio_of(figures: Mapping[str, Measured], subject: str, *, by: str) -> list[float]:
    """The large server's figure by the empty one's, round by round.

    ``by`` is "rate", operations a second, or "work", what its processor did in the time of one.
    """
    one, other = figures[subject], figures[EMPTY]
    if by == "work":
        return [then / now for now, then in zip(one.cpu_us, other.cpu_us, strict=True)]
    pairs = zip(one.rounds, other.rounds, strict=True)
    return [large.per_second / empty.per_second for large, empty in pairs]


async def _measure(
    work: str, held: Filled, servers: tuple[Running, Running], plan: Plan
) -> dict[str, Measured]:
    large, empty = servers
    drawing = Drawing(held.world, large.target, plan.connections, held.used)
    if work == "refresh":
        # Before anything is refreshed: a run that is cut short has used them as well.
        note_used(held, drawing.uses)
    _say(f"scale: {work}: preparing")
    turns: list[tuple[str, Running, Prepared]] = [
        (LARGE, large, await WORKS[work](large.target, plan.connections)),
        (ANYBODY, large, await DRAWS[work](drawing)),
        (EMPTY, empty, await WORKS[work](empty.target, plan.connections)),
    ]
    measured = {name: Measured() for name, _, _ in turns}
    for number in range(plan.rounds):
        _say(f"scale: {work}: round {number + 1} of {plan.rounds}")
        for name, running, prepared in turns:
            await one_round(running, prepared, measured[name], plan)
        for name, each in measured.items():
            rate = statistics.median(one.per_second for one in each.rounds)
            _say(f"  {name}: {rate:.0f}/s, {statistics.median(each.cpu_us):.0f} µs")
    return measured


def _filled(wanted: Wanted) -> Filled:
    if wanted.engine == "sqlite":
        return filled(wanted.world, rebuild=wanted.rebuild)
    return filled_postgresql(wanted.world)


def _fresh(held: Filled) -> Path:
    """A copy of the seeded data, so that every run begins with the same empty server."""
    place = SCRATCH / "scale" / "empty"
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(held.seeded, place)
    return place


async def _start(data: Path, database_url: str | None) -> Running:
    """The server on ``data``, with the clients and people of one organization of the demo."""
    port = free_port()
    server = serve(Served(data, port, database_url, name="scale"))
    organization = json.loads((data / "facts.json").read_text())["organizations"][_ORG]
    issuer = f"http://127.0.0.1:{port}/o/{_ORG}"
    target = Target(
        "doorward",
        issuer,
        await discover(issuer, ("127.0.0.1", port)),
        service=service_client(organization["applications"]),
        web=web_client(organization["applications"]),
        people=tuple(
            Person(each["username"], each["password"]) for each in organization["constituents"]
        ),
    )
    database = None if database_url is None else database_pid()
    return RunningDoorward(target, server, database=database)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
