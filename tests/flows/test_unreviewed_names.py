"""What a stranger called an application is not read on the organization's pages by everybody."""

from __future__ import annotations

import pytest

from doorward.audit import SYSTEM
from doorward.clients import ApplicationStatus
from tests.support.factories import make_account
from tests.support.visits import arrive, authorize, go
from tests.support.world import Known, World

pytestmark = pytest.mark.anyio

NAME = "River Trust Security Team"
SAID = "to continue to an application that has not been reviewed"


async def draft(world: World, *testers: int) -> Known:
    """Somebody's draft, with a name that is not its own."""
    known = await world.register(NAME, status="draft", logo="a" * 64)
    await world.services.ownership.set_testers(
        world.org.org_id, known.client_id, list(testers), SYSTEM
    )
    return known


async def test_the_sign_in_page_does_not_name_what_nobody_reviewed(world: World) -> None:
    """In both languages; nor does it show the logo."""
    request = world.request(client_id=(await draft(world)).client_id)
    for language, said in (("en", SAID), ("ja", "審査を受けていないアプリに進みます")):
        async with world.http(headers={"accept-language": language}) as browser:
            visit = await arrive(browser, request)
            assert visit.path[-1] == "signin"
            assert said in visit.page.text
            assert NAME not in visit.response.text
            assert "/logos/" not in visit.response.text


async def test_an_approved_one_is_named_as_before(world: World) -> None:
    """Also while a change of it waits."""
    known = await world.register("Gift Reports")
    for status in ("change_pending", "change_returned"):
        await world.services.applications.set_status(
            world.org.org_id, known.client_id, ApplicationStatus(status), SYSTEM
        )
        async with world.http() as browser:
            visit = await arrive(browser, world.request(client_id=known.client_id))
            assert "to continue to Gift Reports" in visit.page.text


async def test_a_test_user_who_is_known_here_reads_its_name(world: World) -> None:
    """Signed in already, or after sign-in; the consent page says that it is not reviewed."""
    known = await draft(world, world.person.account_id)
    request = world.request(client_id=known.client_id)
    async with world.http() as browser:
        await authorize(browser, world.request())
        consent = await arrive(browser, request)
        assert NAME in consent.page.text
        assert "Not reviewed by River Trust" in consent.page.text
        again = await arrive(browser, world.request(client_id=known.client_id, prompt="login"))
        assert again.path[-1] == "signin"
        assert NAME in again.page.text
    async with world.http() as browser:
        assert "code" in (await authorize(browser, request)).parameters


async def test_others_who_are_known_here_do_not(world: World) -> None:
    """Where they sign in again, choose an account, or are sent away."""
    known = await draft(world)
    await make_account(world.services.db, "bob", org_id=world.org.org_id)
    async with world.http() as browser:
        await authorize(browser, world.request(), username="bob")
        for prompt in ("login", "select_account"):
            visit = await arrive(browser, world.request(client_id=known.client_id, prompt=prompt))
            assert visit.response.status_code in {200, 400}, prompt
            assert NAME not in visit.response.text


async def test_a_sign_out_does_not_name_it_either(world: World) -> None:
    """Whoever makes the link; an approved one is named."""
    hidden = await draft(world)
    shown = await world.register("Gift Reports")
    async with world.http() as browser:
        await authorize(browser, world.request())
        address = f"{world.issuer}/oauth2/sessions/logout?client_id="
        visit = await go(browser, address + hidden.client_id)
        assert visit.response.status_code == 200
        assert NAME not in visit.response.text
        assert "Gift Reports" in (await go(browser, address + shown.client_id)).page.text


async def test_going_back_does_not_name_it_before_somebody_is_known(world: World) -> None:
    """An answer by form is a page of ours."""
    known = await draft(world)
    request = world.request(client_id=known.client_id, response_mode="form_post", prompt="none")
    async with world.http() as browser:
        visit = await arrive(browser, request)
        assert "Going back to the application" in visit.page.text
        assert NAME not in visit.response.text
