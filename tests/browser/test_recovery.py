"""Signing up, a forgotten password and a new address in a real browser, letters and all."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from tests.browser.conftest import Visit
from tests.browser.mailbox import letters_to
from tests.browser.visitor import Setting, Visitor
from tests.support.server import DemoServer

SETTINGS = [
    Setting(),
    Setting(theme="dark", language="ja-JP", width=320),
    Setting(javascript=False, width=320),
]
NAMES = ["en", "ja-dark-narrow", "no-js"]
PASSWORD = "lantern pebble orchard"
NEW = "another orchard of pebbles"


def look(visitor: Visitor, where: str) -> None:
    """What holds on every page; the judge himself needs scripts."""
    if visitor.setting.javascript:
        visitor.judge(where)


def path_of(visitor: Visitor) -> str:
    """Where the browser is, below the organization."""
    return urlsplit(visitor.page.url).path.removeprefix("/o/riverbend")


def code_of(letter: dict[str, str]) -> str:
    """The code that stands on a line of its own."""
    lines = letter["text"].splitlines()
    return next(each for each in lines if each.replace(" ", "").isdigit() and len(each) == 9)


def sign_up(visitor: Visitor, address: str) -> None:
    """From the sign-in of an application to the page that waits for the letter."""
    page = visitor.page
    visitor.start()
    visitor.press("a[href*='/signup']")
    look(visitor, "sign-up")
    page.fill("[name=email]", address)
    page.fill("[name=name]", "Ingrid Solberg")
    page.fill("[name=password]", "ingrid solberg 1")
    if visitor.setting.javascript:
        page.wait_for_selector("[data-rule=length].kept")
        assert page.locator("[data-rule=personal].kept").count() == 0
    visitor.press("button.button-main")
    look(visitor, "sign-up, refused")
    assert page.locator("#problem").count() == 1
    page.fill("[name=password]", PASSWORD)
    if visitor.setting.javascript:
        page.wait_for_selector("[data-rule=easy].kept")
        assert page.locator(".guide .kept").count() == 3
    visitor.press("button.button-main")
    assert path_of(visitor) == "/signup/sent"
    look(visitor, "sign-up, sent")


def forget(visitor: Visitor, address: str) -> None:
    """From the sign-in to a letter, a new password, and in by it."""
    page, issuer, demo = visitor.page, visitor.riverbend.issuer, visitor.server
    page.goto(f"{issuer}/signin")
    visitor.press("a[href*='/forgot']")
    look(visitor, "forgot")
    page.fill("[name=email]", address)
    visitor.press("button.button-main")
    assert path_of(visitor) == "/forgot/sent"
    look(visitor, "forgot, sent")
    (letter,) = letters_to(demo, address, "password_reset")
    page.goto(letter["links"][0])
    look(visitor, "reset")
    page.fill("[name=password]", NEW)
    page.fill("[name=again]", NEW)
    visitor.press("button.button-main")
    assert path_of(visitor) == "/reset/done"
    look(visitor, "reset, done")
    page.goto(letter["links"][0])
    look(visitor, "reset, used")
    page.goto(f"{issuer}/signin")
    visitor.sign_in(username=address, password=NEW)


@pytest.mark.parametrize("setting", SETTINGS, ids=NAMES)
def test_somebody_signs_up_and_forgets_the_password(
    visit: Visit, demo: DemoServer, setting: Setting
) -> None:
    """By the code, on to the application; then a new password by a letter."""
    visitor, address = visit(demo, setting), f"ingrid-{NAMES[SETTINGS.index(setting)]}@mail.example"
    page, issuer = visitor.page, visitor.riverbend.issuer
    sign_up(visitor, address)
    (letter,) = letters_to(demo, address)
    assert letter["language"] == setting.language[:2]
    page.fill("[name=code]", "0000 0000")
    visitor.press("button[value=code]")
    look(visitor, "sign-up, wrong code")
    page.fill("[name=code]", code_of(letter))
    visitor.press("button[value=code]")
    assert visitor.is_asked_for_consent()
    visitor.forget_cookies()
    forget(visitor, address)
    page.goto(f"{issuer}/account/email")
    look(visitor, "own email")
    page.fill("[name=email]", f"new-{address}")
    page.locator("form", has=page.locator("[name=email]")).locator("button.button-main").click()
    page.wait_for_selector("[name=code]")
    look(visitor, "own email, waiting")
    (letter,) = letters_to(demo, f"new-{address}", "email_confirm")
    page.goto(letter["links"][0])
    look(visitor, "email link")
    visitor.press("button.button-main")
    look(visitor, "email, confirmed")
    (told,) = letters_to(demo, address, "email_changed")
    page.goto(told["links"][0])
    look(visitor, "email undo")
    page.goto(f"{issuer}/account/password")
    look(visitor, "own password")


def test_a_link_in_another_browser_asks_for_the_password(visit: Visit, demo: DemoServer) -> None:
    """And signs in there; the first browser is told where to go on."""
    first, second = visit(demo), visit(demo, Setting(width=320))
    sign_up(first, "tove@mail.example")
    (letter,) = letters_to(demo, "tove@mail.example")
    second.page.goto(letter["links"][0])
    look(second, "confirm elsewhere")
    second.page.fill("[name=password]", PASSWORD)
    second.press("button.button-main")
    assert path_of(second) == "/account"
    look(second, "welcome")
    first.page.reload()
    look(first, "sign-up, over")
    first.press("a[href*='/signin']")
    assert first.is_asked_to_sign_in()
