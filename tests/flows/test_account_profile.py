"""Personal info: what people change themselves, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorward.accounts import PatreonLink
from doorward.audit import SYSTEM
from doorward.console.account.profile import parse_cents
from tests.support.house import house, world
from tests.support.platforms import speak
from tests.support.visits import authorize, go, post
from tests.support.world import World

__all__ = ["house", "world"]

pytestmark = pytest.mark.anyio


async def test_names_language_and_picture_are_kept(world: World) -> None:
    """Post, redirect, get; the address stays as it was."""
    async with world.http() as browser:
        await authorize(browser, world.request())
        visit = await go(browser, "account/profile")
        form = visit.page.form_with("given_name")
        assert form is not None
        done = await post(
            browser,
            form,
            name="Anna of the River",
            given_name="Anna",
            family_name="Rivers",
            locale="ja",
            picture_url="https://pictures.example/a.png",
        )
        assert done.response.status_code == 200
        assert "Your personal info is saved." in done.page.text
    account = await world.services.accounts.get(world.org.org_id, world.person.account_id)
    assert account.name == "Anna of the River"
    assert account.picture_url == "https://pictures.example/a.png"
    assert (account.locale, account.email) == ("ja", "anna@example.org")


@pytest.mark.parametrize(
    "changes",
    [
        {"picture_url": "http://pictures.example/a.png"},
        {"picture_url": "javascript:alert(1)"},
        {"name": "x" * 300},
        {"locale": "not a language"},
    ],
)
async def test_what_cannot_be_kept_is_said_and_stays_typed(
    world: World, changes: dict[str, Any]
) -> None:
    """422, the title says Error, nothing is changed."""
    async with world.http() as browser:
        await authorize(browser, world.request())
        visit = await go(browser, "account/profile")
        form = visit.page.form_with("given_name")
        assert form is not None
        answer = await post(browser, form, **{"given_name": "Typed", **changes})
        assert answer.response.status_code == 422
        assert "There is a problem" in answer.page.text
        assert "<title>Error: " in answer.response.text
        assert 'value="Typed"' in answer.response.text
    account = await world.services.accounts.get(world.org.org_id, world.person.account_id)
    assert account.given_name == "Anna"


async def test_a_patreon_account_is_entered_unverified_and_removed(world: World) -> None:
    """Changing what staff confirmed makes it unconfirmed; saving it unchanged does not."""
    await speak(world, "neos")
    whose, profiles = (world.org.org_id, world.person.account_id), world.services.platform_profiles
    async with world.http() as browser:
        await authorize(browser, world.request())
        form = (await go(browser, "account/profile")).page.form_with("user_id")
        assert form is not None
        wrong = await post(browser, form, user_id="me", pledge="5")
        assert wrong.response.status_code == 422
        await post(browser, form, user_id="4711", tier="Lantern", pledge="5,50")
        link = (await profiles.get(*whose)).patreon
        assert link is not None
        assert (link.user_id, link.pledge_cents, link.verified) == ("4711", 550, False)
        await profiles.link_patreon(
            *whose, PatreonLink(user_id="4711", tier="Lantern", verified=True), SYSTEM
        )
        page = (await go(browser, "account/profile")).page
        form = page.form_with("user_id")
        assert form is not None
        await post(browser, form)
        kept = (await profiles.get(*whose)).patreon
        assert kept is not None
        assert kept.verified
        await post(browser, form, tier="Sun")
        changed = (await profiles.get(*whose)).patreon
        assert changed is not None
        assert not changed.verified
        await post(browser, page.forms[-1])
        assert (await profiles.get(*whose)).patreon is None


async def test_a_forged_form_changes_nothing(world: World) -> None:
    """Without the page's own token; and without a sign-in there is no page."""
    async with world.http() as browser:
        assert (await go(browser, "account/profile")).path[-1] == "signin"
        await authorize(browser, world.request())
        for data in ({"part": "personal", "name": "X"}, {"part": "unlink", "csrf": "A" * 43}):
            assert (await browser.post("account/profile", data=data)).status_code == 403


@given(st.text(max_size=20))
def test_an_amount_is_cents_or_nothing(text: str) -> None:
    """Whatever is typed."""
    cents = parse_cents(text)
    assert cents is None or 0 <= cents < 1_000_000_000


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("5", 500),
        ("5.5", 550),
        ("5,05", 505),
        ("\uff15", 500),
        ("-1", None),
        ("1e3", None),
        ("", None),
    ],
)
def test_amounts_in_the_ways_that_people_write(text: str, cents: int | None) -> None:
    """With a point or a comma, in either width."""
    assert parse_cents(text) == cents
