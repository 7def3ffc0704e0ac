"""The addresses of a platform are there under organizations that speak it, and under no other."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from doorward.orgs import DIALECTS
from tests.support.platforms import speak
from tests.support.world import CALLBACK, World

pytestmark = pytest.mark.anyio

ADDRESSES = (
    ("neon_crm", "np/oauth/auth", "np/oauth/nowhere"),
    ("neon_crm", "np/oauth/token", "np/oauth/nowhere"),
    ("neon_crm", "np/logout.do", "np/nowhere"),
    ("neon_crm", "neonws/services/api/common/login", "nowhere/services/api/common/login"),
    ("neon_crm", "neonws/anything", "nowhere/anything"),
    ("neon_crm", "v2/accounts", "v9/accounts"),
    ("neos", "connect/authorize", "connect/nowhere"),
    ("neos", "connect/token", "connect/nowhere"),
    ("neos", "api/user/profiles", "api/user/nowhere"),
    ("neos", "api/user/profile", "api/user/nowhere"),
    ("neon", "api/v2", "api/nowhere"),
    ("neon", "api/v2/projects", "api/nowhere/projects"),
    ("app_connect", "app-connect/isAlive", "app-nowhere/isAlive"),
    ("app_connect", "app-connect/oauth/authorize", "app-nowhere/oauth/authorize"),
)
"""A dialect, an address of it, and one beside it that never was an address."""


@pytest.mark.parametrize("verb", ["GET", "HEAD", "POST", "OPTIONS", "PUT"])
@pytest.mark.parametrize(("dialect", "path", "nowhere"), ADDRESSES)
async def test_an_address_is_not_there_where_its_platform_is_not_spoken(
    world: World, dialect: str, path: str, nowhere: str, verb: str
) -> None:
    """The answer is that of the address beside it, to the letter; where it is spoken, another."""
    await speak(world, dialect)
    assert await ask(world, verb, path) != await ask(world, verb, nowhere)
    await speak(world, *(each for each in DIALECTS if each != dialect))
    answer = await ask(world, verb, path)
    assert answer.startswith("404 ")
    assert answer == await ask(world, verb, nowhere)


async def ask(world: World, verb: str, path: str) -> str:
    """A request at ``path``: all of the answer that does not name it or that address."""
    form = {"client_id": "nobody", "redirect_uri": CALLBACK, "response_type": "code"}
    async with world.http() as http:
        answer = await http.request(verb, path, data=form if verb in {"POST", "PUT"} else None)
    number = answer.headers.pop("x-request-id")
    answer.headers.pop("content-length", None)
    told = f"{answer.status_code} {sorted(answer.headers.items())} {answer.text}"
    return told.replace(number, "").replace(path, "").replace(quote(path, safe=""), "")
