"""The sign-in page, as the people meet it who make mistakes, paste, or read Japanese."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Visit
from tests.browser.visitor import Setting, Visitor
from tests.support.server import DemoServer


def test_a_wrong_password_moves_the_focus_to_a_summary(visitor: Visitor) -> None:
    """The title says Error, the summary has the focus, the name is kept and the password is not."""
    page = visitor.page
    visitor.start()
    visitor.sign_in(password="not the password")
    assert page.title().startswith("Error: ")
    page.wait_for_function("document.activeElement !== document.body")
    focused = str(page.evaluate("document.activeElement.textContent"))
    assert "There is a problem" in focused
    assert page.locator("input[name=username]").input_value() == visitor.person.username
    assert page.locator("input[name=password]").input_value() == ""
    visitor.judge("sign-in with an error")


def test_unknown_people_and_wrong_passwords_see_the_same_page(visitor: Visitor) -> None:
    """The page does not tell whether an account exists."""
    page = visitor.page
    said = []
    for name in (visitor.person.username, "nobody-of-this-name"):
        visitor.start()
        page.locator("input[name=username]").fill(name)
        page.locator("input[name=password]").fill("not the password")
        with page.expect_navigation():
            page.locator("input[name=password]").press("Enter")
        assert page.title().startswith("Error: ")
        said.append(page.locator("main").inner_text())
    assert said[0] == said[1]


def test_a_password_can_be_pasted(visitor: Visitor) -> None:
    """Nobody has to type by hand what a password manager knows (WCAG 2.2, 3.3.8)."""
    page = visitor.page
    visitor.allow_clipboard()
    visitor.start()
    for name, value in (
        ("username", visitor.person.username),
        ("password", visitor.person.password),
    ):
        page.evaluate("text => navigator.clipboard.writeText(text)", value)
        page.locator(f"input[name={name}]").focus()
        page.keyboard.press("Control+V")
        assert page.locator(f"input[name={name}]").input_value() == value
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert not visitor.is_asked_to_sign_in()


def test_fields_tell_password_managers_what_they_are(visitor: Visitor) -> None:
    """Both fields say by autocomplete what belongs in them (WCAG 2.2, 1.3.5)."""
    visitor.start()
    username = visitor.page.locator("input[name=username]")
    assert "username" in (username.get_attribute("autocomplete") or "").split()
    password = visitor.page.locator("input[name=password]")
    assert password.get_attribute("autocomplete") == "current-password"


def test_japanese_readers_get_japanese_pages(visit: Visit, demo: DemoServer) -> None:
    """Accept-Language decides until somebody chooses; the buttons say what the wording says."""
    visitor = visit(demo, Setting(language="ja-JP"))
    page = visitor.page
    visitor.start(prompt="consent")
    assert page.locator("html").get_attribute("lang") == "ja"
    visitor.sign_in()
    assert page.locator("button[name=decision][value=allow]").inner_text().strip() == "許可する"
    assert page.locator("button[name=decision][value=deny]").inner_text().strip() == "キャンセル"
    visitor.decide("allow")
    visitor.arrives()


@pytest.mark.parametrize("javascript", [True, False], ids=["with-javascript", "without-javascript"])
def test_the_language_switch_keeps_the_request(
    visit: Visit, demo: DemoServer, javascript: bool
) -> None:
    """Choosing Japanese on the way does not lose where the person was going."""
    visitor = visit(demo, Setting(javascript=javascript))
    visitor.start()
    visitor.press("a[href*='lang=ja']")
    assert visitor.page.locator("html").get_attribute("lang") == "ja"
    visitor.sign_in()
    if visitor.is_asked_for_consent():
        assert visitor.page.locator("html").get_attribute("lang") == "ja"
        visitor.decide("allow")
    assert visitor.arrives().startswith("Hello")


def test_ui_locales_of_the_application_wins_over_the_browser(visitor: Visitor) -> None:
    """An application that is itself in Japanese asks for Japanese pages."""
    visitor.start(ui_locales="ja")
    assert visitor.page.locator("html").get_attribute("lang") == "ja"
    visitor.sign_in(password="not the password")
    assert visitor.page.locator("html").get_attribute("lang") == "ja"


@pytest.mark.parametrize("javascript", [True, False], ids=["with-javascript", "without-javascript"])
def test_a_chosen_theme_wins_over_the_system_s(
    visit: Visit, demo: DemoServer, javascript: bool
) -> None:
    """Choosing dark on one page makes the next page dark, and the request goes on."""
    visitor = visit(demo, Setting(javascript=javascript))
    visitor.start(prompt="consent")
    visitor.press("a[href*='theme=dark']")
    assert sum(visitor.ground()) / 3 < 96
    visitor.sign_in()
    assert visitor.is_asked_for_consent()
    assert sum(visitor.ground()) / 3 < 96
    visitor.decide("allow")
    assert visitor.arrives().startswith("Hello")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_page_follows_the_system_s_theme(visit: Visit, demo: DemoServer, theme: str) -> None:
    """Dark means a dark ground, before any script has run."""
    visitor = visit(demo, Setting(theme="dark" if theme == "dark" else "light", javascript=False))
    visitor.start()
    assert (sum(visitor.ground()) / 3 < 96) is (theme == "dark")
