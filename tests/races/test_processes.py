"""Two server processes on one database, and one that is killed in the middle of its work."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from itertools import count
from typing import Any

import httpx2
import pytest

from doorward.audit import SYSTEM
from doorward.clients import ApplicationStatus
from doorward.db import open_database, system_clock
from tests.support.attacks import attack
from tests.support.clock import ManualClock
from tests.support.places import Place
from tests.support.programs import get_code
from tests.support.servers import ServerProcess, start_server
from tests.support.spec import spec
from tests.support.world import CALLBACK, VERIFIER, World, make_world

pytestmark = pytest.mark.anyio
_NUMBERS = count(1)


@pytest.fixture
async def world(place: Place) -> AsyncIterator[World]:
    """An organization in that database, made by this process."""
    clock = ManualClock(system_clock())
    db = await open_database(place.url, clock=clock)
    yield await make_world(db, clock, org_id=f"river-{next(_NUMBERS)}")
    await asyncio.wait_for(db.close(), 10)


async def ask(server: ServerProcess, world: World, path: str, **form: str) -> httpx2.Response:
    """Post a form to one of the servers."""
    async with server.http(world.org.org_id) as http:
        return await http.post(path, data=form, auth=world.web.basic)


async def both(place: Place, world: World, times: int, **form: str) -> list[httpx2.Response]:
    """The same token request, ``times`` at each server at once."""
    first, second = (server.http(world.org.org_id) for server in place.servers)
    async with first, second:
        work = [
            http.post("oauth2/token", data=form, auth=world.web.basic)
            for _ in range(times)
            for http in (first, second)
        ]
        return list(await asyncio.gather(*work))


async def are_active(place: Place, world: World, *tokens: str) -> set[bool]:
    """What the two servers say of ``tokens``."""
    found = set()
    for token in tokens:
        for server in place.servers:
            answer = await ask(server, world, "oauth2/introspect", token=token)
            found.add(bool(answer.json()["active"]))
    return found


async def redemption(world: World) -> dict[str, str]:
    """The form that redeems a fresh code."""
    return {
        "grant_type": "authorization_code",
        "code": await get_code(world),
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
    }


async def bought(place: Place, world: World) -> dict[str, Any]:
    """Tokens that the first server sold."""
    answer = await ask(place.servers[0], world, "oauth2/token", **await redemption(world))
    assert answer.status_code == 200, answer.text
    tokens: dict[str, Any] = answer.json()
    return tokens


@attack("GHSA-7w99-5wm4-3g79")
@spec("RFC 9700", "4.13", "of parallel redemptions at two servers exactly one succeeds")
async def test_v_co_fifty_redemptions_at_two_servers_buy_once(place: Place, world: World) -> None:
    """And the replays have ended it, at both."""
    form = await redemption(world)
    answers = await both(place, world, 25, **form)
    assert Counter(a.status_code for a in answers) == {200: 1, 400: 49}
    tokens = next(a.json() for a in answers if a.status_code == 200)
    assert await are_active(place, world, tokens["access_token"], tokens["refresh_token"]) == {
        False
    }


async def test_v_co_a_replay_at_the_other_server_ends_what_was_bought(
    place: Place, world: World
) -> None:
    """Nothing of a code is remembered by one process alone."""
    form = await redemption(world)
    first, second = place.servers
    tokens = (await ask(first, world, "oauth2/token", **form)).json()
    assert await are_active(place, world, tokens["access_token"]) == {True}
    assert (await ask(second, world, "oauth2/token", **form)).status_code == 400
    assert await are_active(place, world, tokens["access_token"], tokens["refresh_token"]) == {
        False
    }


@attack("CVE-2026-1035")
@spec("RFC 9700", "4.14.2", "parallel refreshes at two servers leave one live token")
async def test_v_rt_fifty_refreshes_at_two_servers_leave_one_tip(
    place: Place, world: World
) -> None:
    """Everybody gets the same pair, at whichever server."""
    tokens = await bought(place, world)
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    answers = await both(place, world, 25, **form)
    assert Counter(a.status_code for a in answers) == {200: 50}
    pairs = {(a.json()["access_token"], a.json()["refresh_token"]) for a in answers}
    assert len(pairs) == 1
    assert await are_active(place, world, *pairs.pop()) == {True}


async def test_v_rt_a_revocation_at_one_server_beside_refreshes_at_the_other(
    place: Place, world: World
) -> None:
    """Ends revoked at both."""
    first, second = place.servers
    for _ in range(3):
        tokens = await bought(place, world)
        token = tokens["refresh_token"]
        form = {"grant_type": "refresh_token", "refresh_token": token}
        answers = await asyncio.gather(
            *(ask(second, world, "oauth2/token", **form) for _ in range(8)),
            ask(first, world, "oauth2/revoke", token=token),
        )
        held = [tokens["access_token"], token]
        for answer in answers[:-1]:
            if answer.status_code == 200:
                held += [answer.json()["access_token"], answer.json()["refresh_token"]]
        assert await are_active(place, world, *held) == {False}


async def test_what_one_process_switches_off_the_others_refuse(place: Place, world: World) -> None:
    """A withdrawal at once; a suspended application as soon as its news arrives."""
    tokens = await bought(place, world)
    assert await are_active(place, world, tokens["access_token"]) == {True}
    (consent,) = await world.services.consents.list_of_account(
        world.org.org_id, world.person.account_id
    )
    await world.services.consents.withdraw(world.org.org_id, consent.consent_id, SYSTEM)
    assert await are_active(place, world, tokens["access_token"]) == {False}
    await world.services.applications.set_status(
        world.org.org_id, world.web.client_id, ApplicationStatus.SUSPENDED, SYSTEM
    )
    for server in place.servers:
        async with asyncio.timeout(5):
            while (await ask(server, world, "oauth2/introspect", token="x")).status_code != 401:
                await asyncio.sleep(0.02)


async def test_a_killed_server_loses_no_token_that_it_answered_with(
    place: Place, world: World
) -> None:
    """Kill -9 in the middle of load: every token that a client holds is known afterwards."""
    nightly = await world.register(
        "Nightly",
        kind="service",
        grant_types=frozenset({"client_credentials"}),
        redirect_uris=(),
        scopes=(),
    )
    victim = start_server(place.url, place.directory)
    answered: list[str] = []
    enough = asyncio.Event()

    async def load(http: httpx2.AsyncClient) -> None:
        while True:
            form = {"grant_type": "client_credentials"}
            answer = await http.post("oauth2/token", data=form, auth=nightly.basic)
            assert answer.status_code == 200
            answered.append(answer.json()["access_token"])
            if len(answered) >= 300:
                enough.set()

    async with victim.http(world.org.org_id) as http:
        workers = [asyncio.ensure_future(load(http)) for _ in range(16)]
        try:
            await asyncio.wait_for(enough.wait(), 60)
        finally:
            victim.kill()
        ends = await asyncio.gather(*workers, return_exceptions=True)
    assert all(isinstance(end, httpx2.TransportError) for end in ends), ends
    first, second = (server.http(world.org.org_id) for server in place.servers)
    async with first, second:
        answers = await asyncio.gather(
            *(
                (first, second)[n % 2].post(
                    "oauth2/introspect", data={"token": token}, auth=nightly.basic
                )
                for n, token in enumerate(answered)
            )
        )
    assert {a.json()["active"] for a in answers} == {True}


@attack("CVE-2026-9802")
async def test_v_rt_a_restart_brings_no_rotated_token_back(place: Place, world: World) -> None:
    """Rotated at a server that is killed, replayed at the one that comes after it."""
    victim = start_server(place.url, place.directory)
    tokens = await bought(place, world)
    form = {"grant_type": "refresh_token"}
    held = [tokens["refresh_token"]]
    for _ in range(3):
        answer = await ask(victim, world, "oauth2/token", **form, refresh_token=held[-1])
        held.append(answer.json()["refresh_token"])
    victim.kill()
    after = start_server(place.url, place.directory)
    try:
        replay = await ask(after, world, "oauth2/token", **form, refresh_token=held[0])
        assert (replay.status_code, replay.json()["error"]) == (400, "invalid_grant")
        for old in reversed(held):
            answer = await ask(after, world, "oauth2/token", **form, refresh_token=old)
            assert answer.status_code == 400
    finally:
        assert after.stop() == 0
    assert await are_active(place, world, *held) == {False}
