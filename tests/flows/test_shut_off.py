"""What is switched off is off everywhere and at once: people, applications, organizations."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import httpx2
import pytest

from doorward.audit import SYSTEM
from doorward.clients import ApplicationStatus
from tests.support.attacks import asvs, attack
from tests.support.programs import Program, error_of, get_code, get_tokens
from tests.support.visits import arrive, authorize
from tests.support.world import Known, World

pytestmark = pytest.mark.anyio

Switch = Callable[[World], Awaitable[object]]


@dataclass(frozen=True)
class Held:
    """Everything that the Donor Portal and a service hold when the switch is thrown."""

    access: str
    refresh: str
    code: str
    own: str
    service: Known


async def hold(world: World) -> Held:
    """One of each, all of them good."""
    tokens = await get_tokens(world)
    service = await world.register(
        "Nightly",
        kind="service",
        grant_types=frozenset({"client_credentials"}),
        redirect_uris=(),
        scopes=(),
    )
    own = (await Program(world, service).act()).json()["access_token"]
    code = await get_code(world)
    return Held(tokens["access_token"], tokens["refresh_token"], code, own, service)


async def disable_person(world: World) -> None:
    await world.services.accounts.disable(world.org.org_id, world.person.account_id, SYSTEM)


async def enable_person(world: World) -> None:
    await world.services.accounts.enable(world.org.org_id, world.person.account_id, SYSTEM)


async def suspend_application(world: World) -> None:
    await world.services.applications.set_status(
        world.org.org_id, world.web.client_id, ApplicationStatus.SUSPENDED, SYSTEM
    )


async def resume_application(world: World) -> None:
    await world.services.applications.set_status(
        world.org.org_id, world.web.client_id, ApplicationStatus.APPROVED, SYSTEM
    )


async def suspend_organization(world: World) -> None:
    await world.services.organizations.suspend(world.org.org_id, SYSTEM)


async def resume_organization(world: World) -> None:
    await world.services.organizations.resume(world.org.org_id, SYSTEM)


@attack("DOT 1510")
@asvs("7.4.2")
async def test_a_disabled_person_is_out_everywhere(world: World) -> None:
    """Refresh, introspection, userinfo, code, sign-in; what acts for nobody goes on."""
    held, program = await hold(world), Program(world, world.web)
    async with world.http() as browser:
        await authorize(browser, world.request())
        await disable_person(world)
        assert error_of(await program.refresh(held.refresh)) == "invalid_grant"
        assert not await program.is_active(held.access)
        assert not await program.is_active(held.refresh)
        assert error_of(await program.userinfo(held.access), 401) == "invalid_token"
        assert error_of(await program.redeem(held.code)) == "invalid_grant"
        assert (await arrive(browser, world.request())).path[-1] == "signin"
        with pytest.raises(AssertionError, match="never arrived"):
            await authorize(browser, world.request())
    assert (await Program(world, held.service).act()).status_code == 200


async def test_what_was_given_back_while_disabled_stays_dead(world: World) -> None:
    """Also when the person returns."""
    held, program = await hold(world), Program(world, world.web)
    await disable_person(world)
    assert (await program.revoke(held.access)).status_code == 200
    await enable_person(world)
    assert not await program.is_active(held.access)
    assert await program.is_active(held.refresh)


@attack("DOT 1510")
async def test_a_suspended_application_is_out_everywhere(world: World) -> None:
    """It cannot prove who it is, nothing it holds opens anything, and nobody is sent to it."""
    held, program = await hold(world), Program(world, world.web)
    await suspend_application(world)
    answers = (
        await program.refresh(held.refresh),
        await program.redeem(held.code),
        await program.post("oauth2/introspect", {"token": held.access}),
        await program.act(),
        await program.revoke(held.access),
    )
    assert {error_of(answer, 401) for answer in answers} == {"invalid_client"}
    assert error_of(await program.userinfo(held.access), 401) == "invalid_token"
    for silent in ("none", None):
        async with world.http() as browser:
            visit = await arrive(browser, world.request(prompt=silent))
        assert visit.response.status_code == 400
        assert "location" not in visit.response.headers
    assert (await Program(world, held.service).act()).status_code == 200


async def test_an_api_learns_that_the_application_was_suspended(world: World) -> None:
    """A token of a suspended application is inactive to its audience, too."""
    from tests.support.programs import add_api

    api = Program(world, await world.register("Gifts API"))
    await add_api(world, "urn:gifts", "gifts.read", resource_client_ids=(api.known.client_id,))
    known = await world.register("Ledger", scopes=("openid", "gifts.read"))
    token = (await get_tokens(world, known=known, scope="openid gifts.read"))["access_token"]
    assert await api.is_active(token)
    await world.services.applications.set_status(
        world.org.org_id, known.client_id, ApplicationStatus.SUSPENDED, SYSTEM
    )
    assert await api.introspect(token) == {"active": False}


@attack("DOT 1510")
async def test_a_suspended_organization_answers_nobody(world: World) -> None:
    """Every endpoint refuses, with a page or an error, and nothing leads away."""
    held, program = await hold(world), Program(world, world.web)
    async with world.http() as browser:
        await authorize(browser, world.request())
        await suspend_organization(world)
        told: list[httpx2.Response] = [
            await program.refresh(held.refresh),
            await program.redeem(held.code),
            await program.post("oauth2/introspect", {"token": held.access}),
            await program.userinfo(held.access),
            await Program(world, held.service).act(),
        ]
        seen: list[httpx2.Response] = [
            await browser.get("oauth2/auth", params=world.request()),
            await browser.get("account"),
        ]
    assert {error_of(answer) for answer in told} == {"unauthorized_client"}
    assert {answer.status_code for answer in seen} == {403}
    for answer in (*told, *seen):
        assert "location" not in answer.headers
        assert "dw_" not in answer.text


@pytest.mark.parametrize(
    ("off", "on"),
    [
        (disable_person, enable_person),
        (suspend_application, resume_application),
        (suspend_organization, resume_organization),
    ],
)
async def test_what_is_switched_on_again_works_again(world: World, off: Switch, on: Switch) -> None:
    """A pause loses nothing that had not expired."""
    held, program = await hold(world), Program(world, world.web)
    await off(world)
    await on(world)
    assert await program.is_active(held.access)
    assert (await program.redeem(held.code)).status_code == 200
    assert (await program.refresh(held.refresh)).status_code == 200
