"""What a person's home page says about the safety of their account."""

from __future__ import annotations

import httpx2
import pytest

from tests.support.connected import connect, install, running_platform
from tests.support.factories import PASSWORD, make_account
from tests.support.second_steps import phone_of
from tests.support.visits import Visit, authorize, form_of, go, post
from tests.support.world import World

pytestmark = pytest.mark.anyio


async def come_home(browser: httpx2.AsyncClient) -> Visit:
    """Open the page, and prove who it is by a password."""
    visit = await go(browser, "account")
    return await post(
        browser, form_of(visit, "password"), username="anna", password=PASSWORD.reveal()
    )


async def test_the_home_page_says_what_could_be_better(world: World) -> None:
    """Each matter with its state in words and one way on."""
    async with world.http() as browser:
        await authorize(browser, world.request())
        text = (await go(browser, "account")).page.text
        japanese = (await go(browser, "account?lang=ja")).page.text
    assert "It is off: whoever learns your password" in text
    assert "Worth a look" in text
    assert "Devices where you are signed in: 1." in text
    assert "Apps that may use your account: 1." in text
    assert "Connected accounts that" not in text
    assert "セキュリティの確認" in japanese


async def test_access_that_nobody_used_for_half_a_year_is_pointed_out(world: World) -> None:
    """And goes back to rest once it is used or removed."""
    async with world.http() as browser:
        await authorize(browser, world.request())
        world.clock.advance(seconds=181 * 86_400)
        text = (await come_home(browser)).page.text
    assert "Apps that have not used their access for half a year: 1." in text


async def test_a_connection_that_broke_and_few_codes_need_the_person(world: World) -> None:
    """They stand before what is in order."""
    use, org_id = world.services, world.org.org_id
    running_platform(world.clock)
    connection = await connect(use, await install(use, org_id), world.person.account_id)
    phone = await phone_of(world)
    async with world.http() as browser:
        code = await come_home(browser)
        calm = (await post(browser, form_of(code, "code"), code=phone.next_code())).page.text
        await use.factors.forget_codes(org_id, world.person.account_id)
        text = (await go(browser, "account")).page.text
    assert connection.is_connected
    assert "It is on: a stolen password is not enough." in calm
    assert "Accounts on other platforms: 1." in calm
    assert "Left: 0." in text
    assert "Something needs you" in text
    assert text.index("Left: 0.") < text.index("It is on:")


async def test_the_page_is_about_whoever_looks(world: World) -> None:
    """No parameter makes it another person's."""
    ben = await make_account(world.services.db, "ben", org_id=world.org.org_id)
    async with world.http() as browser:
        await authorize(browser, world.request())
        answer = await go(browser, f"account?account_id={ben.account_id}&id={ben.account_id}")
    assert "anna" in answer.page.text
    assert "ben" not in answer.page.text.split()
