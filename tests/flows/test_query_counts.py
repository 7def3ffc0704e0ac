"""How many statements the hot endpoints cost. A number that grows here is a decision."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

import pytest

from tests.support.house import House
from tests.support.programs import Program, get_code, get_tokens
from tests.support.visits import arrive, authorize
from tests.support.world import World

pytestmark = pytest.mark.anyio

ON_POSTGRES = {
    "client_credentials": 1,  # insert the token
    "authorization_code": 5,  # find the code, win it, insert family, access and refresh token
    "refresh_token": 5,  # find it, keep its family, replace it, insert access and refresh token
    "introspect": 1,
    "userinfo": 2,  # the token, the account
    "auth with a session": 4,  # browser, consent, use the consent, insert the code
    "auth, silently": 4,
}
LOOKS = {
    "client_credentials": 1,
    "authorization_code": 2,
    "refresh_token": 2,
    "introspect": 1,
    "userinfo": 1,
    "auth with a session": 1,
    "auth, silently": 1,
}
"""On SQLite a turn of the loop that uses caches looks at their version first."""


async def counted(world: World) -> dict[str, int]:
    """Every hot request once, after everything that can be cached is."""
    web = Program(world, world.web)
    nightly = Program(
        world,
        await world.register(
            "Nightly",
            kind="service",
            grant_types=frozenset({"client_credentials"}),
            redirect_uris=(),
            scopes=(),
        ),
    )
    tokens = await get_tokens(world)
    await nightly.act()
    await web.introspect(tokens["access_token"])
    await web.userinfo(tokens["access_token"])
    code = await get_code(world)
    found: dict[str, int] = {}

    async def count(name: str, request: Awaitable[object]) -> None:
        await asyncio.sleep(0)  # the next turn of the loop, where a request of its own begins
        before = world.services.db.statements_run
        await request
        found[name] = world.services.db.statements_run - before

    await count("client_credentials", nightly.act())
    await count("authorization_code", web.redeem(code))
    await count("refresh_token", web.refresh(tokens["refresh_token"]))
    await count("introspect", web.introspect(tokens["access_token"]))
    await count("userinfo", web.userinfo(tokens["access_token"]))
    async with world.http() as browser:
        await authorize(browser, world.request())
        await arrive(browser, world.request())
        await count("auth with a session", arrive(browser, world.request()))
        await count("auth, silently", arrive(browser, world.request(prompt="none")))
    return found


async def test_hot_endpoints_cost_what_they_did(house: House, world: World) -> None:
    """Every statement is one that the comment above names."""
    found = await counted(world)
    if house.url.startswith("sqlite"):
        found = {name: number - LOOKS[name] for name, number in found.items()}
    assert found == ON_POSTGRES
