"""What an organization lets one application do in a minute, and that it lets the others alone."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import httpx2
import pytest

from doorward.app import build_app
from doorward.audit import SYSTEM
from doorward.clients import ApplicationChange
from doorward.db import open_database
from tests.support.house import House
from tests.support.platforms import speak
from tests.support.programs import Program, error_of, get_tokens
from tests.support.world import BASE_URL, Known, World, make_services

pytestmark = pytest.mark.anyio

Ask = Callable[[Program], Awaitable[httpx2.Response]]


async def limit(world: World, known: Known, quota: int | None) -> None:
    """Give the application ``quota`` requests a minute."""
    change = ApplicationChange(quota_a_minute=quota)
    await world.services.applications.update(world.org.org_id, known.client_id, change, SYSTEM)


async def service(world: World, quota: int | None = None, **fields: Any) -> Program:
    """An application that acts for itself."""
    known = await world.register(
        "Nightly",
        kind="service",
        grant_types=frozenset({"client_credentials"}),
        redirect_uris=(),
        scopes=(),
        **fields,
    )
    if quota is not None:
        await limit(world, known, quota)
    return Program(world, known)


async def statuses(ask: Callable[[], Awaitable[httpx2.Response]], times: int) -> list[int]:
    """What so many requests were answered, one after the other."""
    return [(await ask()).status_code for _ in range(times)]


async def test_so_many_pass_and_the_next_waits_for_the_next_minute(
    house: House, world: World
) -> None:
    """It is told for how long, in the words of the endpoint, and gets no token."""
    nightly = await service(world, 3)
    assert await statuses(nightly.act, 3) == [200] * 3
    house.clock.advance(seconds=20)
    answer = await nightly.act()
    assert error_of(answer, 429) == "temporarily_unavailable"
    assert answer.headers["retry-after"] == "40"
    house.clock.advance(seconds=39)
    assert (await nightly.act()).status_code == 429
    house.clock.advance(seconds=1)
    assert await statuses(nightly.act, 4) == [200, 200, 200, 429]


async def test_nobody_else_is_slowed(house: House, world: World) -> None:
    """Not the application beside it, and not the one of the same client id elsewhere."""
    elsewhere = await house.new_world()
    nightly, beside = await service(world, 1), await service(world, 1)
    twin = await service(elsewhere, 1, client_id=nightly.known.client_id)
    assert await statuses(nightly.act, 2) == [200, 429]
    assert await statuses(beside.act, 2) == [200, 429]
    assert await statuses(twin.act, 2) == [200, 429]


async def at(program: Program, url: str) -> httpx2.Response:
    """A code that never was, presented with the right secret at a platform's address."""
    form = {
        "grant_type": "authorization_code",
        "code": "never",
        "redirect_uri": "http://127.0.0.1:8765/callback",
    }
    return await program.post(url, form)


@pytest.mark.parametrize(
    ("ask", "passed"),
    [
        (lambda program: program.refresh("never"), 400),
        (lambda program: program.redeem("never"), 400),
        (lambda program: program.post("oauth2/introspect", {"token": "never"}), 200),
        (lambda program: program.revoke("never"), 200),
        (lambda program: at(program, "np/oauth/token"), 400),
        (lambda program: at(program, f"{BASE_URL}/np/oauth/token"), 400),
        (lambda program: at(program, "connect/token"), 400),
        (lambda program: at(program, f"{BASE_URL}/connect/token"), 400),
    ],
    ids=["refresh", "code", "introspect", "revoke", "crm", "crm root", "neos", "neos root"],
)
async def test_every_endpoint_where_a_secret_is_proved_counts(
    world: World, ask: Ask, passed: int
) -> None:
    """Once for each request, before anything of its work is done."""
    await speak(world, "neos", "neon_crm")
    program = Program(world, world.web)
    await limit(world, world.web, 2)
    answers = [await ask(program) for _ in range(3)]
    assert [each.status_code for each in answers] == [passed, passed, 429]
    assert error_of(answers[-1], 429) == "temporarily_unavailable"


async def test_what_is_refused_does_nothing(house: House, world: World) -> None:
    """A refresh token is not used up, and a token that was not revoked is good."""
    tokens = await get_tokens(world)
    program = Program(world, world.web)
    await limit(world, world.web, 1)
    assert await program.is_active(tokens["access_token"])
    assert (await program.refresh(tokens["refresh_token"])).status_code == 429
    assert (await program.revoke(tokens["access_token"])).status_code == 429
    await limit(world, world.web, None)
    house.clock.advance(seconds=60)
    assert await program.is_active(tokens["access_token"])
    assert (await program.refresh(tokens["refresh_token"])).status_code == 200


async def test_a_wrong_secret_uses_nothing_up(world: World) -> None:
    """Who knows the client id alone slows nobody."""
    nightly = await service(world, 1)
    client_id = nightly.known.client_id

    async def guess() -> httpx2.Response:
        form = {"grant_type": "client_credentials"}
        return await nightly.post("oauth2/token", form, auth=(client_id, "wrong"))

    assert await statuses(guess, 5) == [401] * 5
    assert await statuses(nightly.act, 2) == [200, 429]


async def test_without_a_quota_nobody_is_slowed(world: World) -> None:
    """However often it comes; also once its quota was taken away."""
    nightly = await service(world)
    assert await statuses(nightly.act, 40) == [200] * 40
    await limit(world, nightly.known, 1)
    assert await statuses(nightly.act, 2) == [200, 429]
    await limit(world, nightly.known, None)
    assert await statuses(nightly.act, 10) == [200] * 10


async def test_fifty_at_once_are_never_more_than_the_quota(house: House, world: World) -> None:
    """Half of them at another process of the same installation."""
    nightly = await service(world, 7)
    other = await open_database(house.url, clock=house.clock, pool_size=8)
    services = make_services(other, house.clock)
    changes: dict[str, Any] = {"services": services, "app": build_app(services)}
    there = replace(nightly, world=replace(world, **changes))
    answers = await asyncio.gather(*((nightly, there)[n % 2].act() for n in range(50)))
    await asyncio.wait_for(other.close(), 10)
    assert Counter(each.status_code for each in answers) == {200: 7, 429: 43}
    assert all(int(each.headers["retry-after"]) == 60 for each in answers if each.is_error)
