"""How many statements operations cost. A number that grows here is a decision."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple

import pytest

from doorward.orgs import Permission
from tests.architecture.tree import ROOT
from tests.support.connected import connect, install, running_platform
from tests.support.crm import make_integration
from tests.support.factories import PASSWORD
from tests.support.house import House
from tests.support.programs import Program, get_code, get_tokens
from tests.support.visits import arrive, authorize, form_of
from tests.support.world import World

pytestmark = pytest.mark.anyio


class Cost(NamedTuple):
    """Statements of one operation, once everything that can be cached is."""

    on_postgres: int
    more: int
    """How many more on SQLite: a turn of the loop that uses caches looks at their version first,
    and a gate and what it lets in are a unit of several.
    """
    what: str


COSTS: Final = {
    "discovery": Cost(0, 1, "none"),
    "JWKS": Cost(0, 1, "none"),
    "client credentials": Cost(1, 1, "insert the token"),
    "introspection": Cost(1, 1, "the token with its family and account"),
    "userinfo": Cost(2, 1, "the token with its family and account, what the account tells"),
    "authorize, signed in": Cost(
        3, 2, "the session; the consent; use it and insert the code (SQLite: 2)"
    ),
    "authorize, silently": Cost(3, 2, "the same"),
    "code exchange": Cost(
        2, 5, "find the code; win it and insert family, access and refresh token (SQLite: 4)"
    ),
    "refresh": Cost(
        2, 5, "find the token; keep its family, replace it and insert two tokens (SQLite: 4)"
    ),
    "sign-in by password": Cost(
        20,
        1,
        "browser and flow (2), the password (1), what is braked (7), the account (1), "
        "second steps (2), a session in place of the one before (6), the event (1)",
    ),
    "a staff program reads an account": Cost(2, 1, "the key with its holder, the account"),
    "a staff program reads a connection's token": Cost(
        3, 1, "the key with its holder, the connection with its person, the event"
    ),
}
"""By operation; docs/performance.md shows the same."""

Counting = Callable[[str, Awaitable[object]], Awaitable[None]]


@pytest.fixture
def found() -> dict[str, int]:
    """What each operation cost."""
    return {}


@pytest.fixture
def count(world: World, found: dict[str, int]) -> Counting:
    """Awaits an operation and notes what it cost."""

    async def counting(name: str, operation: Awaitable[object]) -> None:
        await asyncio.sleep(0)  # the next turn of the loop, where a request of its own begins
        before = world.services.db.statements_run
        await operation
        found[name] = world.services.db.statements_run - before

    return counting


async def count_documents(world: World, count: Counting) -> None:
    """What clients read before anything else."""
    async with world.http() as http:
        for path, name in (("openid-configuration", "discovery"), ("jwks.json", "JWKS")):
            await http.get(f".well-known/{path}")
            await count(name, http.get(f".well-known/{path}"))


async def count_tokens(world: World, count: Counting) -> None:
    """What programs ask of the endpoints for tokens."""
    web = Program(world, world.web)
    grants = frozenset({"client_credentials"})
    service = {"kind": "service", "grant_types": grants, "redirect_uris": (), "scopes": ()}
    nightly = Program(world, await world.register("Nightly", **service))
    tokens = await get_tokens(world)
    await nightly.act()
    await web.introspect(tokens["access_token"])
    await web.userinfo(tokens["access_token"])
    code = await get_code(world)
    await count("client credentials", nightly.act())
    await count("code exchange", web.redeem(code))
    await count("refresh", web.refresh(tokens["refresh_token"]))
    await count("introspection", web.introspect(tokens["access_token"]))
    await count("userinfo", web.userinfo(tokens["access_token"]))


async def count_visits(world: World, count: Counting) -> None:
    """What people's browsers ask for."""
    async with world.http() as browser:
        await authorize(browser, world.request())
        await arrive(browser, world.request())
        await count("authorize, signed in", arrive(browser, world.request()))
        await count("authorize, silently", arrive(browser, world.request(prompt="none")))
    async with world.http() as browser:
        form = form_of(await arrive(browser, world.request()), "password")
        typed = {**form.fields, "username": "anna", "password": PASSWORD.reveal()}
        await count("sign-in by password", browser.post(form.action, data=typed))


async def count_calls(world: World, count: Counting) -> None:
    """What programs of staff ask of the management API."""
    running_platform(world.clock)
    connector = await install(world.services, world.org.org_id)
    made = await connect(world.services, connector, world.person.account_id)
    staff = await make_integration(world, (str(each) for each in Permission))
    paths = {
        "a staff program reads an account": f"accounts/{world.person.subject}",
        "a staff program reads a connection's token": f"connections/{made.connection_id}/token",
    }
    async with world.http(headers={"authorization": f"Bearer {staff.key}"}) as http:
        for name, path in paths.items():
            answer = await http.get(f"api/{path}")
            assert answer.status_code == 200, answer.text
            await count(name, http.get(f"api/{path}"))


async def test_operations_cost_what_they_did(
    house: House, world: World, count: Counting, found: dict[str, int]
) -> None:
    """Every statement is one that the table names."""
    await count_documents(world, count)
    await count_tokens(world, count)
    await count_visits(world, count)
    await count_calls(world, count)
    is_near = house.url.startswith("sqlite")
    assert found == {
        name: cost.on_postgres + (cost.more if is_near else 0) for name, cost in COSTS.items()
    }


def test_the_documents_say_what_operations_cost() -> None:
    """The table of docs/performance.md is this one."""
    rows = [
        f"| {name} | {cost.on_postgres} | {cost.on_postgres + cost.more} | {cost.what} |"
        for name, cost in COSTS.items()
    ]
    assert "\n".join(rows) in (ROOT / "docs/performance.md").read_text()
