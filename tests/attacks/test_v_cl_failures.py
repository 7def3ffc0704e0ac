"""V-CL: who fails to prove an application is slowed down; the application itself is not.

That what succeeds asks no counter is in the numbers of ``tests/flows/test_query_counts.py``.
"""

from __future__ import annotations

import httpx2
import pytest

from doorward.protocol import AuthMethod
from tests.support.programs import Program
from tests.support.world import World

pytestmark = pytest.mark.anyio

FREE = 100
HERE, THERE = "203.0.113.9", "198.51.100.7"
PATHS = ("oauth2/token", "oauth2/introspect", "oauth2/revoke")


def at(world: World, address: str = HERE) -> httpx2.AsyncClient:
    """A program at ``address``."""
    transport = httpx2.ASGITransport(app=world.app, client=(address, 4711))
    return httpx2.AsyncClient(transport=transport, base_url=world.issuer)


async def fail(http: httpx2.AsyncClient, world: World, path: str) -> httpx2.Response:
    """One request with a wrong secret."""
    form = {"grant_type": "client_credentials", "token": "x"}
    return await http.post(path, data=form, auth=(world.web.client_id, "wrong"))


@pytest.mark.parametrize("path", PATHS)
async def test_v_cl_wrong_secrets_are_slowed_down_at_every_endpoint(
    world: World, path: str
) -> None:
    """After a hundred from one network the answer is 429 and says for how long."""
    async with at(world) as http:
        answers = [await fail(http, world, path) for _ in range(FREE + 2)]
    assert [each.status_code for each in answers] == [401] * FREE + [429] * 2
    last = answers[-1]
    assert last.headers["retry-after"] == "5"
    assert last.headers["cache-control"] == "no-store"
    assert last.json()["error"] == "temporarily_unavailable"


async def test_v_cl_the_endpoints_count_together_and_the_application_goes_on(
    world: World,
) -> None:
    """From the very network where somebody guesses, and from every other one."""
    form = {"grant_type": "client_credentials"}
    async with at(world) as http, at(world, THERE) as elsewhere:
        for number in range(FREE):
            await fail(http, world, PATHS[number % 3])
        assert (await fail(http, world, PATHS[0])).status_code == 429
        for client in (http, elsewhere):
            answer = await client.post(PATHS[0], data=form, auth=world.web.basic)
            assert answer.status_code != 429
            asked = await client.post(PATHS[1], data={"token": "x"}, auth=world.web.basic)
            assert asked.json() == {"active": False}
        assert (await fail(elsewhere, world, PATHS[0])).status_code == 401


async def test_v_cl_a_proved_application_is_not_slowed_by_what_it_presents(world: World) -> None:
    """A thousand people's tokens may have ended at once; each is answered as it is."""
    program = Program(world, world.web)
    answers = [await program.refresh("dw_rt_" + "A" * 48) for _ in range(FREE + 5)]
    assert {each.json()["error"] for each in answers} == {"invalid_grant"}


async def test_v_cl_codes_without_a_secret_are_slowed_down(world: World) -> None:
    """What a public client presents is all the proof there is."""
    program = Program(
        world, await world.register("Pocket", kind="native", auth_method=AuthMethod.NONE)
    )
    answers = [await program.redeem("dw_ac_" + "A" * 48) for _ in range(FREE + 1)]
    assert [each.status_code for each in answers] == [400] * FREE + [429]


async def test_v_cl_made_up_clients_are_slowed_down_too(world: World) -> None:
    """Also those that do not say who they are."""
    async with at(world) as http:
        form = {"grant_type": "client_credentials"}
        answers = [await http.post(PATHS[0], data=form) for _ in range(FREE + 1)]
        assert answers[-1].status_code == 429
        known = await http.post(PATHS[0], data=form, auth=world.web.basic)
        assert known.status_code != 429
