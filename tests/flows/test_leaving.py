"""Taking one's data along, deleting one's account, and changing one's mind, on the pages."""

from __future__ import annotations

import json

import httpx2
import pytest

from doorward.orgs import Policy
from tests.belongings.leaver import GRACE_S, leaver_of
from tests.support.factories import PASSWORD
from tests.support.house import House
from tests.support.second_steps import phone_of
from tests.support.visits import Visit, authorize, form_of, go, post
from tests.support.world import World

pytestmark = pytest.mark.anyio


async def enter(browser: httpx2.AsyncClient, path: str) -> Visit:
    """Open a page, and prove who it is by a password."""
    visit = await go(browser, path)
    return await post(
        browser, form_of(visit, "password"), username="anna", password=PASSWORD.reveal()
    )


async def delete(browser: httpx2.AsyncClient, name: str = "anna") -> Visit:
    """Fill in the page that deletes."""
    visit = await go(browser, "account/delete")
    return await post(browser, form_of(visit, "name"), name=name, decision="delete")


async def test_a_person_deletes_their_account_and_keeps_it_after_all(world: World) -> None:
    """Signed out everywhere at once; who signs in again finds the way back."""
    async with world.http() as browser, world.http() as other:
        await enter(browser, "account")
        await enter(other, "account")
        world.clock.advance(seconds=1)
        gone = await delete(browser, "ANNA@example.org")
        assert gone.path[-1] == "account/delete/scheduled"
        assert "14 days" in gone.page.text
        assert (await go(other, "account")).path[-1] == "signin"
        home = await enter(browser, "account")
        assert "Everything here will be deleted" in home.page.text
        page = await go(browser, "account/delete")
        kept = await post(browser, form_of(page, "decision"), decision="keep")
        assert "Your account is kept." in kept.page.text
        assert "will be deleted" not in (await go(browser, "account")).page.text


async def test_after_that_nobody_signs_in(world: World) -> None:
    """It is as if the account had never been."""
    async with world.http() as browser:
        await enter(browser, "account")
        await delete(browser)
        world.clock.advance(seconds=GRACE_S)
        await world.services.eraser.erase_due()
        again = await enter(browser, "account")
    assert again.path[-1] == "signin"
    assert again.page.form_with("password") is not None


async def test_another_name_deletes_nothing(world: World) -> None:
    """The page says so beside the field."""
    async with world.http() as browser:
        await enter(browser, "account")
        assert (await delete(browser, "anna\x00")).response.status_code == 400
        for wrong in ("", "ben", "x" * 5000):
            answer = await delete(browser, wrong)
            assert answer.response.status_code == 422
            assert "This is not your user name." in answer.page.text
    assert await world.services.deletions.find(world.org.org_id, world.person.account_id) is None


async def test_where_staff_decide_the_page_says_so(house: House) -> None:
    """The person stays signed in, and may take the request back."""
    world = await house.new_world(Policy(deletion="staff"))
    async with world.http() as browser:
        await enter(browser, "account")
        asked = await delete(browser)
        assert asked.path[-1] == "account/delete"
        assert "Its staff decide" in asked.page.text
        kept = await post(browser, form_of(asked, "decision"), decision="keep")
        assert "Your account is kept." in kept.page.text


async def test_the_file_holds_all_of_it_and_no_secret(world: World) -> None:
    """Every section has its rows; what was handed out once is nowhere in it."""
    leaver = await leaver_of(world)
    async with world.http() as browser:
        visit = await authorize_again(browser, world)
        assert "Apps that you allowed" in visit.page.text
        form = form_of(visit, "csrf")
        answer = await browser.post(form.action, data=form.fields)
        if answer.status_code == 303:
            pytest.fail("a fresh sign-in was not enough")
    told = json.loads(answer.content)
    assert answer.headers["content-disposition"] == 'attachment; filename="my-data.json"'
    assert answer.headers["cache-control"] == "no-store"
    assert told["account"]["email"] == "anna@example.org"
    for section in (
        *("details", "sessions", "connected_apps", "connected_accounts", "personal_api_keys"),
        *("passkeys", "authenticator_apps", "recovery_codes", "applications", "projects"),
        "security_log",
    ):
        assert told[section], section
    text = answer.text
    handed_out = (leaver.tokens[name] for name in ("access_token", "refresh_token", "id_token"))
    for secret in (*handed_out, leaver.key.reveal(), PASSWORD.reveal()):
        assert secret not in text
    for word in ("digest", "sealed", "password_hash", "$argon2", "public_key"):
        assert word not in text


async def authorize_again(browser: httpx2.AsyncClient, world: World) -> Visit:
    """Sign in with both steps, and open the page of the data."""
    phone = await phone_of(world)
    visit = await enter(browser, "account/data")
    # Her passkey is for another host: the page offers her app as well.
    visit = await go(browser, next(link for link in visit.page.links if "way=app" in link))
    return await post(browser, form_of(visit, "code"), code=phone.next_code())


async def test_the_summary_counts_what_there_is(world: World) -> None:
    """Only what there is any of."""
    async with world.http() as browser:
        await authorize(browser, world.request())
        text = (await go(browser, "account/data")).page.text
        japanese = (await go(browser, "account/data?lang=ja")).page.text
    assert "Apps that you allowed" in text
    assert "Passkeys, by name" not in text
    assert "あなたのデータ" in japanese
