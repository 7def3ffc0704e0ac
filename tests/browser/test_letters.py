"""Letters about applications in a real browser: read in the inbox, and followed to their page."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.conftest import Visit
from tests.browser.mailbox import letters_to, open_letter
from tests.browser.portal import (
    ask_for_consent,
    ask_for_review,
    come_in,
    decide,
    register,
    submit,
)
from tests.browser.visitor import Setting, Visitor
from tests.support.server import DemoServer, Person

SETTINGS = [Setting(), Setting(theme="dark", language="ja-JP", width=320)]


def speak(visitor: Visitor, person: Person) -> None:
    """Come in by the page of personal info, and choose the language that the browser speaks."""
    come_in(visitor, person, "account/profile")
    visitor.page.select_option("[name=locale]", visitor.setting.language[:2])
    form = visitor.page.locator("form", has=visitor.page.locator("[name=locale]"))
    with visitor.page.expect_navigation():
        form.locator("button:not([type=button])").last.click()


def follow(visitor: Visitor, person: Person, letter: Any, *, signed_in: bool) -> None:
    """Open the letter, press its button, and be on its page, after the sign-in if need be."""
    assert letter["language"] == visitor.setting.language[:2]
    link = letter["links"][0]
    assert link in letter["text"]
    open_letter(visitor, letter)
    visitor.press(f"a[href='{link}']")
    if not signed_in:
        assert visitor.is_asked_to_sign_in()
        visitor.judge("sign-in on the way from a letter")
        visitor.sign_in(username=person.username, password=person.password)
    assert visitor.page.url == link
    visitor.judge(f"where {letter['template']} leads")


@pytest.mark.parametrize("setting", SETTINGS, ids=["en", "ja"])
def test_letters_lead_to_their_pages(
    visit: Visit, fresh_demo: DemoServer, setting: Setting
) -> None:
    """Of a review, of an application that was allowed, and of its end; signed in and signed out."""
    demo = fresh_demo
    developer, reviewer, person, elsewhere, phone = (visit(demo, setting) for _ in range(5))
    house = developer.riverbend
    owner, guest = house.constituents
    speak(developer, owner)
    client_id, _secret = register(developer, "Gift Reports")
    ask_for_review(developer, client_id)
    come_in(reviewer, house.staff[0], "admin/review")
    decide(reviewer, client_id, "request_changes", "Say more.")
    (letter,) = letters_to(demo, owner.email, "application_changes_requested")
    assert "> Say more." in letter["text"]
    follow(elsewhere, owner, letter, signed_in=False)
    assert "Say more." in elsewhere.page.locator("main").inner_text()
    submit(elsewhere, "developer/app/review", "button[value=submit]")
    decide(reviewer, client_id, "approve")
    (letter,) = letters_to(demo, owner.email, "application_approved")
    follow(developer, owner, letter, signed_in=True)

    speak(person, guest)
    ask_for_consent(person, client_id)
    person.decide("allow")
    person.page.wait_for_url(lambda url: url.startswith(f"{person.sample}/"))
    (letter,) = letters_to(demo, guest.email, "application_connected")
    follow(phone, guest, letter, signed_in=False)
    item = phone.page.locator("li.item", has_text="Gift Reports")
    with phone.page.expect_navigation():
        item.locator("button[value=ask]").click()
    phone.press("button[name=decision][value=remove]")
    (letter,) = letters_to(demo, guest.email, "access_removed")
    follow(person, guest, letter, signed_in=True)
    assert person.page.locator("li.item", has_text="Gift Reports").count() == 0
