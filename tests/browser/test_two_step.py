"""Two-step verification in a real browser: set up, asked for, lost, recovered, removed."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pyotp
import pytest

from tests.browser.conftest import Visit
from tests.browser.visitor import Setting, Visitor
from tests.support.server import DemoServer

SETTINGS = [
    Setting(theme="light"),
    Setting(theme="dark", language="ja-JP", width=320),
    Setting(javascript=False, width=320),
]


def _name(setting: Setting) -> str:
    script = "" if setting.javascript else "-plain"
    return f"{setting.theme}-{setting.language[:2]}-{setting.width}{script}"


def _look(visitor: Visitor, what: str) -> None:
    """Judge the page, and keep a picture of it where somebody asks for pictures."""
    if visitor.setting.javascript:
        visitor.judge(what)
    folder = os.environ.get("PICTURES")
    if folder:
        name = f"{what.replace(' ', '-')}-{_name(visitor.setting)}.png"
        visitor.page.screenshot(path=Path(folder) / name, full_page=True)


def _set_up(visitor: Visitor) -> tuple[pyotp.TOTP, list[str]]:
    """The key as it is written, proved by its code, and the recovery codes."""
    page = visitor.page
    page.goto(f"{visitor.riverbend.issuer}/account/two-step")
    _look(visitor, "nothing set up")
    visitor.press("main a.button")
    app = pyotp.TOTP(page.locator("#key").inner_text().replace(" ", ""))
    assert page.locator("img.qr").evaluate("e => e.complete && e.naturalWidth > 0")
    _look(visitor, "the key")
    page.fill("#code", "000000")
    visitor.press("main button[type=submit]")
    assert page.locator("#problem").evaluate("e => e === document.activeElement")
    _look(visitor, "a wrong code")
    page.fill("#code", app.now())
    visitor.press("main button[type=submit]")
    codes = page.locator("#codes").inner_text().split()
    assert len(codes) == 10
    _look(visitor, "recovery codes")
    with page.expect_download() as download:
        page.locator("form[action*='two-step/codes'] button").click()
    saved = Path(download.value.path()).read_text(encoding="utf-8")
    assert all(code in saved for code in codes)
    visitor.press("main a.button-main")
    _look(visitor, "set up")
    return app, codes


def _come_back(visitor: Visitor, person: int) -> None:
    """Open the sign-in in a browser that knows nobody, and give the password."""
    visitor.forget_cookies()
    visitor.page.goto(f"{visitor.riverbend.issuer}/signin")
    them = visitor.riverbend.constituents[person]
    visitor.sign_in(username=them.username, password=them.password)
    assert "/signin/second" in visitor.page.url


@pytest.mark.parametrize("setting", SETTINGS, ids=_name)
def test_a_phone_is_set_up_used_and_lost(
    visit: Visit, fresh_demo: DemoServer, setting: Setting
) -> None:
    """In both languages and themes, at 320 pixels and without script."""
    visitor = visit(fresh_demo, setting)
    them = visitor.riverbend.constituents[0]
    page = visitor.page
    page.goto(f"{visitor.riverbend.issuer}/signin")
    visitor.sign_in(username=them.username, password=them.password)
    app, codes = _set_up(visitor)
    _come_back(visitor, 0)
    assert page.locator("#code").evaluate("e => e === document.activeElement")
    assert page.locator("#code").get_attribute("autocomplete") == "one-time-code"
    _look(visitor, "asked for the code")
    # The code of the setup is used up; that of the next half minute is near enough.
    page.fill("#code", app.at(time.time() + 30))
    visitor.press("main button[type=submit]")
    assert page.url.endswith("/account")
    _come_back(visitor, 0)
    page.locator("summary").click()
    _look(visitor, "another way")
    visitor.press("details a[href*='way=code']")
    _look(visitor, "asked for a recovery code")
    page.fill("#code", "not one of them")
    visitor.press("main button[type=submit]")
    _look(visitor, "a wrong recovery code")
    page.fill("#code", codes[0].upper().replace("-", "\u3000"))
    visitor.press("main button[type=submit]")
    assert "9" in page.locator("main").inner_text()
    _look(visitor, "a recovery code was used")
    visitor.press("main a.button-main")
    assert page.url.endswith("/account")
    page.goto(f"{visitor.riverbend.issuer}/account/two-step")
    visitor.press("button[value=off]")
    _look(visitor, "the question before it is removed")
    visitor.press("button[name=decision]")
    assert page.locator("[role=status]").count() == 1
    _look(visitor, "removed")
