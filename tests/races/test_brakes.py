"""Two hundred passwords at once, at two server processes: as many are hashed as the limit says."""

from __future__ import annotations

import asyncio
from collections import Counter

import httpx2
import pytest

from doorward.db import open_database, system_clock
from tests.support.browser_forms import Form
from tests.support.clock import ManualClock
from tests.support.places import Place
from tests.support.visits import form_of, go
from tests.support.world import World, make_world

pytestmark = pytest.mark.anyio

FREE = 10


async def page_of(http: httpx2.AsyncClient) -> Form:
    """The sign-in form of a browser, which can be sent again and again."""
    return form_of(await go(http, "signin"), "password")


async def guess(http: httpx2.AsyncClient, form: Form, number: int) -> httpx2.Response:
    """One wrong password, for one of the names of the same account."""
    name = ("anna", "Anna@Example.org")[number % 2]
    data = {**form.fields, "username": name, "password": f"wrong {number}"}
    return await http.post(form.action, data=data)


async def test_two_processes_count_the_same_tries(place: Place) -> None:
    """Ten are looked at and the rest told to wait, whichever process they reach."""
    db = await open_database(place.url, clock=ManualClock(system_clock()))
    world: World = await make_world(db, ManualClock(system_clock()), org_id="river-braked")
    await asyncio.wait_for(db.close(), 10)
    first, second = (server.http(world.org.org_id) for server in place.servers)
    async with first, second:
        forms = [(http, await page_of(http)) for http in (first, second)]
        answers = await asyncio.gather(
            *(guess(*forms[number % 2], number) for number in range(200))
        )
    counted = Counter(each.status_code for each in answers)
    assert counted == {400: FREE, 429: 200 - FREE}
    assert all(each.headers["retry-after"] for each in answers if each.status_code == 429)
