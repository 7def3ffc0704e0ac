"""The first thing a newcomer does: the sample application signs a person in and out again."""

from __future__ import annotations

import re

import pytest

from tests.browser.conftest import Visit
from tests.browser.visitor import Setting, Visitor
from tests.support.server import DemoServer


@pytest.mark.parametrize("javascript", [True, False], ids=["with-javascript", "without-javascript"])
def test_consent_is_asked_once_and_sign_out_ends_the_session(
    visit: Visit, fresh_demo: DemoServer, javascript: bool
) -> None:
    """Sign in, allow, see the claims, refresh, sign out; then only the password is asked."""
    visitor = visit(fresh_demo, Setting(javascript=javascript))
    page = visitor.page

    visitor.start()
    assert visitor.is_asked_to_sign_in()
    visitor.sign_in()
    assert visitor.is_asked_for_consent()
    visitor.decide("allow")
    visitor.arrives()
    text = page.locator("main").inner_text()
    assert visitor.riverbend.issuer in text
    assert visitor.person.email in text
    assert 0 < int(page.locator("#seconds-left").inner_text()) <= 3600

    visitor.start(login_hint=visitor.person.username)  # nothing to press: straight back
    visitor.arrives()

    visitor.press("form[action='/refresh'] button")
    assert page.locator("[role=status]").inner_text() == "The token was refreshed."

    visitor.press("form[action='/signout'] button")
    page.wait_for_url(f"{visitor.sample}/")
    assert page.locator("[role=status]").inner_text() == "You are signed out."

    visitor.start()
    assert visitor.is_asked_to_sign_in()
    visitor.sign_in()
    visitor.arrives()
    assert page.locator("form[action='/signout']").count() == 1


@pytest.mark.parametrize("javascript", [True, False], ids=["with-javascript", "without-javascript"])
def test_cancel_tells_the_application_which_says_it_in_words(
    visit: Visit, demo: DemoServer, javascript: bool
) -> None:
    """access_denied reaches the sample, and nothing was shared."""
    visitor = visit(demo, Setting(javascript=javascript))
    visitor.start(prompt="consent")
    visitor.sign_in()
    visitor.decide("deny")
    assert visitor.arrives() == "You did not sign in"
    assert "access_denied" in visitor.page.url
    visitor.page.goto(visitor.sample)
    assert visitor.page.locator("form[action='/signout']").count() == 0


@pytest.mark.parametrize("javascript", [True, False], ids=["with-javascript", "without-javascript"])
def test_two_tabs_sign_in_at_once(visit: Visit, demo: DemoServer, javascript: bool) -> None:
    """Both tabs stand on the sign-in page; each finishes its own request."""
    visitor = visit(demo, Setting(javascript=javascript))
    first, second = visitor.page, visitor.new_tab()
    visitor.start(first)
    visitor.start(second, prompt="consent")
    assert visitor.is_asked_to_sign_in(first)
    assert visitor.is_asked_to_sign_in(second)

    visitor.sign_in(second)
    assert visitor.is_asked_for_consent(second)
    visitor.sign_in(first)
    if visitor.is_asked_for_consent(first):
        visitor.decide("allow", first)
    assert visitor.arrives(first).startswith("Hello")
    visitor.decide("allow", second)
    assert visitor.arrives(second).startswith("Hello")


def test_the_back_button_after_consent_shows_that_the_page_was_used(visitor: Visitor) -> None:
    """Nothing is decided twice, and there is a way to start again."""
    page = visitor.page
    visitor.start(prompt="consent")
    visitor.sign_in()
    visitor.decide("allow")
    visitor.arrives()
    page.go_back()
    if visitor.is_asked_for_consent():  # shown from the browser's memory: pressing it says the same
        visitor.decide("allow")
    page.wait_for_url(lambda url: url.startswith(visitor.server.base_url))
    assert not visitor.is_asked_for_consent()
    assert not visitor.is_asked_to_sign_in()
    visitor.judge("used page")
    visitor.press("main a[href*='/oauth2/auth']")
    if visitor.is_asked_for_consent():
        visitor.decide("allow")
    visitor.arrives()


def test_no_cookie_holds_a_token(visitor: Visitor) -> None:
    """What the browser keeps is random, hidden from scripts and not sent by other sites' forms."""
    visitor.start()
    visitor.sign_in()
    if visitor.is_asked_for_consent():
        visitor.decide("allow")
    visitor.arrives()
    cookies = visitor.cookies()
    assert cookies
    for cookie in cookies:
        value = str(cookie["value"])
        assert not re.search(r"dw_(at|rt|ac|cs)_|eyJ", value)
        assert cookie["sameSite"] in {"Lax", "Strict"}
        assert cookie["httpOnly"] or len(value) < 16, f"{cookie['name']} is open to scripts"
