"""What the rooms count: tokens, introspections, sign-ins, brakes, reuse, letters, the database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, MutableMapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from doorward.app import build_app
from doorward.brakes import TURNED_AWAY, Brake
from doorward.db import BATCHES, Database
from doorward.http import ASGIApp
from doorward.introspect import INTROSPECTIONS
from doorward.metrics import OTHER, Counter, Family, Kind, Place, Sample, render, render_portion
from doorward.sessions import SIGN_INS
from doorward.token import TOKENS_ISSUED, TOKENS_REUSED
from tests.app.test_monitoring import numbers
from tests.mail.letters import make_letter, send
from tests.support.clock import ManualClock
from tests.support.house import House
from tests.support.programs import Program, get_code, get_tokens
from tests.support.raw import raw_request
from tests.support.visits import arrive, authorize, form_of, post
from tests.support.world import World, make_services

pytestmark = pytest.mark.anyio


def growth(counter: Counter, *values: str) -> Callable[[], list[int]]:
    """By how much each of ``values`` has grown since now."""
    before = [counter.count(value) for value in values]
    return lambda: [counter.count(v) - was for v, was in zip(values, before, strict=True)]


async def test_tokens_introspections_and_reuse_are_counted(world: World) -> None:
    """By grant, by what was said, and by what was presented twice; refusals count as nothing."""
    issued = growth(TOKENS_ISSUED, "authorization_code", "refresh_token", "client_credentials")
    asked = growth(INTROSPECTIONS, "active", "inactive")
    reused = growth(TOKENS_REUSED, "authorization_code", "refresh_token")
    program = Program(world, world.web)
    code = await get_code(world)
    tokens = (await program.redeem(code)).json()
    assert await program.is_active(tokens["access_token"])
    await program.refresh(tokens["refresh_token"])
    world.clock.advance(seconds=60)
    await program.refresh(tokens["refresh_token"])
    await program.redeem(code)
    assert not await program.is_active(tokens["access_token"])
    assert issued() == [1, 1, 0]
    assert asked() == [1, 1]
    assert reused() == [1, 1]


async def test_sign_ins_and_brakes_are_counted(world: World) -> None:
    """A right password, wrong ones, and those that were not looked at any more."""
    outcomes = growth(SIGN_INS, "signed_in", "refused", "slowed_down")
    brakes = growth(TURNED_AWAY, Brake.PASSWORD_HERE, OTHER)
    async with world.http() as http:
        await authorize(http, world.request())
    assert outcomes() == [1, 0, 0]
    async with world.http() as http:
        visit = await arrive(http, world.request())
        tries = 0
        while not brakes()[0]:
            visit = await post(http, form_of(visit, "password"), username="anna", password="wrong")
            tries += 1
    assert outcomes() == [1, tries - 1, 1]
    assert brakes() == [1, 0]


async def test_the_text_has_every_number_of_the_rooms(house: House, world: World) -> None:
    """Those that never happened as well, so that an alert sees the first one."""
    await get_tokens(world)
    found = await numbers(world.app)
    names = {name for name, _ in found}
    one = frozenset({("worker", "0")})
    services = world.services
    assert found["doorward_db_units_total", one] == services.db.units_run > 0
    assert found["doorward_db_queue_length", one] == 0
    assert found["doorward_db_batch_size_count", one] == BATCHES.count > 0
    assert found["doorward_tokens_issued_total", one | {("grant", OTHER)}] == 0
    assert ("doorward_db_pool_connections" in names) is services.db.is_far
    for brake in Brake:
        assert ("doorward_brakes_hit_total", one | {("brake", brake.value)}) in found
    assert found["process_resident_memory_bytes", one] > 10_000_000
    assert found["process_cpu_seconds_total", one] > 0
    assert found["doorward_workers", frozenset()] == 1


async def test_two_workers_are_told_together(house: House, tmp_path: Path) -> None:
    """Whichever is asked, each series with the worker that counted it."""
    apps = [build_app(house.services, Place(number, tmp_path)) for number in (0, 1)]
    async with AsyncExitStack() as stack:
        for app in apps:
            await stack.enter_async_context(lifespan(app))
        for number, app in enumerate(apps):
            for _ in range(number + 1):
                await raw_request(app, "GET", "/healthz")
        await until_told(tmp_path, 2)
        for app in apps:
            found = await numbers(app)
            assert found["doorward_workers", frozenset()] == 2
            labels = {("route", "/healthz"), ("method", "GET"), ("status", "2xx")}
            for number in (0, 1):
                of_one = frozenset({*labels, ("worker", str(number))})
                assert found["doorward_http_requests_total", of_one] == number + 1


@asynccontextmanager
async def lifespan(app: ASGIApp) -> AsyncIterator[None]:
    """The server's start and end, around ``app``."""
    asked: asyncio.Queue[dict[str, str]] = asyncio.Queue()
    said: asyncio.Queue[MutableMapping[str, Any]] = asyncio.Queue()
    task = asyncio.ensure_future(app({"type": "lifespan"}, asked.get, said.put))
    for phase in ("startup", "shutdown"):
        asked.put_nowait({"type": f"lifespan.{phase}"})
        assert (await said.get())["type"] == f"lifespan.{phase}.complete"
        if phase == "startup":
            yield
    await task


async def until_told(folder: Path, workers: int) -> None:
    """Wait until as many listen."""
    while len(list(folder.glob("*.metrics"))) < workers:
        await asyncio.sleep(0)


async def test_letters_that_wait_are_counted_once(mail_house: House) -> None:
    """They are the installation's: no worker has them for itself."""
    services = mail_house.services
    before = (await numbers(mail_house.app))["doorward_mail_queue_length", frozenset()]
    for _ in range(2):
        await send(services.outbox, services.db, make_letter())
    found = await numbers(mail_house.app)
    assert found["doorward_mail_queue_length", frozenset()] == before + 2
    assert await services.outbox.count_waiting(1) == 1


async def test_a_database_that_is_away_takes_only_its_own_numbers(
    db: Database, clock: ManualClock
) -> None:
    """The others are wanted then more than ever."""
    app = build_app(make_services(db, clock))
    await db.close()
    names = {name for name, _ in await numbers(app)}
    assert "doorward_workers" in names
    assert "doorward_db_statements_total" in names
    assert "doorward_mail_queue_length" not in names


def test_a_label_cannot_break_the_text() -> None:
    """Quotes, backslashes and ends of lines are told as such."""
    family = Family("x_total", Kind.COUNTER, "One\nline.", ("a",))
    portion = render_portion([(family, Sample((("a", 'q"\\\n'),), 1))], worker=None)
    text = render([family], [portion]).decode()
    assert (
        text == '# HELP x_total One\\nline.\n# TYPE x_total counter\nx_total{a="q\\"\\\\\\n"} 1\n'
    )


def test_a_value_that_is_not_listed_counts_as_other() -> None:
    """Whatever is handed to a counter adds no series."""
    counter = Counter(Family("x_total", Kind.COUNTER, "It.", ("a",)), ("known",))
    for value in ("known", "unheard of", "", "known "):
        counter.add(value)
    assert [(dict(s.labels)["a"], s.value) for s in counter.samples()] == [
        ("known", 1),
        (OTHER, 3),
    ]
