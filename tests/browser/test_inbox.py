"""An invitation by mail in a real browser: invite, open the inbox, read the letter, follow it."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Visit
from tests.browser.mailbox import letters_to, open_letter
from tests.browser.visitor import Setting, Visitor
from tests.support.server import DemoServer

SETTINGS = [
    Setting(theme="light"),
    Setting(theme="dark", language="ja-JP", width=320),
]


def _name(setting: Setting) -> str:
    return f"{setting.theme}-{setting.language[:2]}-{setting.width}"


def invite(visitor: Visitor, address: str) -> None:
    """Sign in as staff, and send the invitation."""
    staff = visitor.riverbend.staff[0]
    visitor.page.goto(f"{visitor.riverbend.issuer}/admin/constituents/invite")
    visitor.page.fill("input[name=username]", staff.username)
    visitor.page.fill("input[name=password]", staff.password)
    visitor.press("form:has(input[name=password]) button[type=submit]")
    visitor.judge("the invitation form")
    visitor.page.fill("#email", address)
    visitor.page.select_option("#locale", visitor.setting.language[:2])
    visitor.press("form.panel button[type=submit]")
    assert visitor.page.locator(".notice-green").inner_text().count(address) == 1
    visitor.judge("the link, sent")


@pytest.mark.parametrize("setting", SETTINGS, ids=_name)
def test_an_invitation_is_read_in_the_inbox_and_followed(
    visit: Visit, demo: DemoServer, setting: Setting
) -> None:
    """Every page of it is accessible and fits; the letter itself can do nothing but lead on."""
    visitor = visit(demo, setting)
    address = f"{_name(setting)}@mail.example".lower()
    invite(visitor, address)
    (letter,) = letters_to(demo, address)
    assert letter["language"] == setting.language[:2]
    visitor.page.goto(demo.facts["mailbox_url"])
    visitor.judge("the inbox")
    visitor.press(f"li:has-text('{address}') h2 a")
    visitor.judge("the letter")
    link = letter["links"][0]
    assert visitor.page.locator(f"a[href='{link}']").count() == 1
    open_letter(visitor, letter)
    visitor.press(f"a[href='{link}']")
    assert visitor.page.url == link
    assert visitor.page.locator("input[name=again]").is_visible()
