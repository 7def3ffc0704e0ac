"""A person's own pages: where they are signed in, and what they allowed."""

from __future__ import annotations

import pytest

from doorward.accounts import AccountKind
from doorward.audit import SYSTEM
from doorward.crypto import Secret
from tests.support.factories import PASSWORD, make_account
from tests.support.programs import Program, get_code
from tests.support.visits import arrive, authorize, form_of, go, post
from tests.support.world import World

pytestmark = pytest.mark.anyio

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


async def test_devices_are_listed_and_ended(world: World) -> None:
    """This one is marked; the other one is signed out by its button."""
    async with world.http() as here, world.http(headers={"user-agent": FIREFOX}) as there:
        await authorize(here, world.request())
        await authorize(there, world.request())
        visit = await go(here, "account/sessions")
        assert "Firefox" in visit.page.text
        form, ended = next(
            (form, button.value)
            for form in visit.page.forms
            for button in form.buttons
            if button.name == "session" and button.value.isdigit()
        )
        await post(here, form, session=ended)
        assert (await arrive(there, world.request())).path[-1] == "signin"
        assert "code" in (await arrive(here, world.request())).parameters


async def test_everywhere_else_is_one_button(world: World) -> None:
    """This browser stays signed in."""
    async with world.http() as here, world.http() as there, world.http() as third:
        for browser in (here, there, third):
            await authorize(browser, world.request())
        visit = await go(here, "account/sessions")
        form = visit.page.form_with_button("session", "others")
        assert form is not None
        await post(here, form, session="others")
        for browser in (there, third):
            assert (await arrive(browser, world.request())).path[-1] == "signin"
        assert "code" in (await arrive(here, world.request())).parameters


async def test_nobody_ends_another_persons_session(world: World) -> None:
    """Its number means nothing to other people."""
    await make_account(world.services.db, "ben", org_id=world.org.org_id)
    async with world.http() as hers, world.http() as his:
        await authorize(hers, world.request())
        await authorize(his, world.request(), username="ben")
        (session,) = await world.services.sessions.list_live(world.org, world.person.account_id)
        visit = await go(his, "account/sessions")
        csrf = visit.page.forms[0].fields["csrf"]
        data = {"csrf": csrf, "session": str(session.session_id)}
        await his.post("account/sessions", data=data)
        assert "code" in (await arrive(hers, world.request())).parameters


async def test_the_pages_need_a_sign_in_and_their_forms_a_token(world: World) -> None:
    """Without a session they lead to the sign-in page; a forged form changes nothing."""
    async with world.http() as browser:
        for path in ("account", "account/sessions", "account/apps"):
            assert (await go(browser, path)).path[-1] == "signin"
        await authorize(browser, world.request())
        for path in ("account/sessions", "account/apps"):
            data = {"session": "others", "client_id": world.web.client_id, "decision": "remove"}
            assert (await browser.post(path, data=data)).status_code == 403
            data["csrf"] = "A" * 43
            assert (await browser.post(path, data=data)).status_code == 403
    assert (await Program(world, world.web).redeem(await get_code(world))).status_code == 200


async def test_a_session_ends_when_idle_and_in_any_case(world: World) -> None:
    """Fourteen days without a visit, thirty days with them."""
    day = 86_400
    async with world.http() as browser:
        await authorize(browser, world.request())
        for _ in range(2):
            world.clock.advance(seconds=13 * day)
            assert "code" in (await arrive(browser, world.request())).parameters
        world.clock.advance(seconds=4 * day)
        assert (await arrive(browser, world.request())).path[-1] == "signin"
    async with world.http() as browser:
        await authorize(browser, world.request())
        world.clock.advance(seconds=14 * day)
        assert (await arrive(browser, world.request())).path[-1] == "signin"


@pytest.mark.parametrize("path", ["account", "account/sessions", "account/apps", "account/profile"])
async def test_a_sign_in_leads_to_the_page_that_was_asked_for(world: World, path: str) -> None:
    """As somebody expects who follows the link of a letter."""
    async with world.http() as browser:
        asked = await go(browser, f"{path}?next=https://evil.example")
        form = form_of(asked, "password")
        visit = await post(browser, form, username="anna", password=PASSWORD.reveal())
    assert visit.path[-1] == path
    assert visit.response.status_code == 200


async def test_staff_who_follow_a_letter_sign_in_as_staff(world: World) -> None:
    """What the address says chooses the form and nothing else."""
    staff = await make_account(
        world.services.db, "rita", org_id=world.org.org_id, kind=AccountKind.SYSTEM
    )
    for query in ("", "?sign_in=", "?sign_in=operators", "?sign_in=staff"):
        async with world.http() as browser:
            form = form_of(await go(browser, f"account/apps{query}"), "password")
            visit = await post(browser, form, username=staff.username, password=PASSWORD.reveal())
        assert visit.path[-1] == ("account/apps" if query.endswith("staff") else "signin")


async def test_a_new_password_ends_every_sign_in(world: World) -> None:
    """Whoever knew the old one is out."""
    async with world.http() as browser:
        await authorize(browser, world.request())
        world.clock.advance(seconds=1)
        await world.services.accounts.set_password(
            world.org.org_id, world.person.account_id, Secret("another long password"), SYSTEM
        )
        visit = await arrive(browser, world.request())
    assert visit.path[-1] == "signin"
    live = await world.services.sessions.list_live(world.org, world.person.account_id)
    assert live == []


async def test_a_page_shown_for_one_person_never_acts_for_another(world: World) -> None:
    """Ben signs in beside Anna while her page is still open: her form is refused."""
    ben = await make_account(world.services.db, "ben", org_id=world.org.org_id)
    async with world.http() as browser:
        await authorize(browser, world.request())
        hers = (await go(browser, "account/apps")).page.form_with_button("decision", "ask")
        assert hers is not None
        world.clock.advance(seconds=1)
        sign_in = await go(browser, "signin")
        await post(
            browser, form_of(sign_in, "password"), username="ben", password=PASSWORD.reveal()
        )
        await authorize(browser, world.request(prompt="login", login_hint="ben"), username="ben")
        refused = await post(browser, hers, client_id=world.web.client_id, decision="remove")
    assert refused.response.status_code == 403
    for account_id in (world.person.account_id, ben.account_id):
        kept = await world.services.consents.list_of_account(world.org.org_id, account_id)
        assert [each.client_id for each in kept] == [world.web.client_id]
