"""An application that nobody approved: for its owner and its test users, and for nobody else."""

from __future__ import annotations

import pytest

from doorward.audit import SYSTEM
from doorward.clients import ApplicationStatus
from tests.support.factories import make_account
from tests.support.programs import Program, error_of, get_tokens
from tests.support.visits import arrive, authorize
from tests.support.world import World

pytestmark = pytest.mark.anyio


async def test_a_test_user_is_asked_each_time_and_told_that_nobody_reviewed_it(
    world: World,
) -> None:
    """Consent is given anew at every visit, and never silently."""
    known = await world.register("Draft", status="draft")
    ownership, org_id = world.services.ownership, world.org.org_id
    await ownership.set_testers(org_id, known.client_id, [world.person.account_id], SYSTEM)
    request = world.request(client_id=known.client_id)
    async with world.http() as browser:
        assert "code" in (await authorize(browser, request)).parameters
        again = await arrive(browser, request)
        assert again.path[-1] == "consent"
        assert "Not reviewed by River Trust" in again.page.text
        silent = await arrive(browser, world.request(client_id=known.client_id, prompt="none"))
        assert silent.parameters["error"] == "consent_required"


async def test_tokens_of_a_test_user_end_when_they_are_taken_off_the_list(world: World) -> None:
    """Introspection, userinfo and refresh: none of them goes on."""
    known = await world.register("Draft", status="draft")
    use, org_id = world.services, world.org.org_id
    await use.ownership.set_testers(org_id, known.client_id, [world.person.account_id], SYSTEM)
    program = Program(world, known)
    tokens = await get_tokens(world, known=known)
    assert await program.is_active(tokens["access_token"])
    await use.ownership.set_testers(org_id, known.client_id, [], SYSTEM)
    for name in ("access_token", "refresh_token"):
        assert await program.introspect(tokens[name]) == {"active": False}
    assert (await program.userinfo(tokens["access_token"])).status_code == 401
    assert error_of(await program.refresh(tokens["refresh_token"])) == "invalid_grant"


async def test_anybody_else_sees_that_it_may_not_be_used(world: World) -> None:
    """A page after sign-in, and an error that may be sent where nobody looks."""
    known = await world.register("Draft", status="draft")
    await make_account(world.services.db, "bob", org_id=world.org.org_id)
    request = world.request(client_id=known.client_id)
    async with world.http() as browser:
        await authorize(browser, world.request(), username="bob")
        visit = await arrive(browser, request)
        assert (visit.response.status_code, "location" in visit.response.headers) == (400, False)
        silent = await arrive(browser, world.request(client_id=known.client_id, prompt="none"))
        assert silent.parameters["error"] == "access_denied"


@pytest.mark.parametrize("status", ["draft", "submitted"])
async def test_a_service_acts_for_itself_only_once_it_is_approved(
    world: World, status: str
) -> None:
    """Client credentials have no test users."""
    known = await world.register(
        "Nightly",
        kind="service",
        grant_types=frozenset({"client_credentials"}),
        redirect_uris=(),
        scopes=(),
        status=status,
    )
    program, services = Program(world, known), world.services
    assert error_of(await program.act()) == "unauthorized_client"
    await services.applications.set_status(
        world.org.org_id, known.client_id, ApplicationStatus("approved"), SYSTEM
    )
    assert (await program.act()).status_code == 200


async def test_use_is_counted_and_told_by_day(world: World) -> None:
    """Grants, tokens and errors; nothing is kept before the batch, and everything after it."""
    use, org_id, program = world.services, world.org.org_id, Program(world, world.web)
    tokens = await get_tokens(world)
    await program.refresh(tokens["refresh_token"])
    error_of(await program.refresh("nonsense"))
    await use.usage.flush()
    world.clock.advance(seconds=86_400)
    await program.refresh(tokens["refresh_token"])
    await use.usage.flush()
    first, second = await use.usage.of(org_id, world.web.client_id, 2)
    assert (first.grants, first.tokens, first.errors) == (1, 2, {"invalid_grant": 1})
    assert (second.grants, second.tokens, second.errors) == (0, 0, {"invalid_grant": 1})
    assert await use.usage.flush() == 0
    assert [day.tokens for day in await use.usage.of("lake", world.web.client_id, 2)] == [0, 0]
