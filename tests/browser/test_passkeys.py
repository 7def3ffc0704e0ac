"""Passkeys in a real browser, with Chromium's own authenticator: added, offered, used, removed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.passkey_device import Device, running_at_a_name
from tests.browser.visitor import Setting, Visitor
from tests.support.databases import SqliteTemplate
from tests.support.server import DemoServer

SETTINGS = [
    Setting(theme="light"),
    Setting(theme="dark", language="ja-JP", width=320),
]
BY_KEY = "form[data-passkey=get] button"
ADD = "form[data-passkey=create] button"


Enter = Callable[..., Visitor]
_NUMBERS = count()


def _name(setting: Setting) -> str:
    return f"{setting.theme}-{setting.language[:2]}-{setting.width}"


@pytest.fixture(scope="module")
def here(
    sqlite_template: SqliteTemplate, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DemoServer]:
    """A server at a name, with people who have no passkey yet."""
    with running_at_a_name(sqlite_template, tmp_path_factory.mktemp("passkeys")) as server:
        yield server


@pytest.fixture
def enter(visit: Visit, here: DemoServer) -> Enter:
    """Opens a browser for somebody whom no other test knows."""

    def open_for(setting: Setting | None = None) -> Visitor:
        visitor = visit(here, setting)
        visitor.person = visitor.riverbend.constituents[next(_NUMBERS)]
        return visitor

    return open_for


def _open_sign_in(visitor: Visitor) -> Page:
    """The sign-in page in a browser that knows nobody."""
    visitor.forget_cookies()
    visitor.page.goto(f"{visitor.riverbend.issuer}/signin")
    return visitor.page


def _open_sign_in_by_button(visitor: Visitor, device: Device) -> Page:
    """The same where the browser offers nothing by itself."""
    device.offer_by_the_button_only()
    return _open_sign_in(visitor)


@pytest.mark.parametrize("setting", SETTINGS, ids=_name)
def test_a_person_adds_a_passkey_and_signs_in_with_nothing_else(
    enter: Enter, setting: Setting
) -> None:
    """Offered after the password, used by the button, then found by the browser itself."""
    visitor = enter(setting)
    device = Device(visitor.page)
    page = _open_sign_in(visitor)
    visitor.judge("sign-in")
    visitor.sign_in()
    visitor.judge("the offer")
    visitor.press(ADD)
    visitor.judge("the recovery codes")
    visitor.press("main a.button-main")
    assert page.url == f"{visitor.riverbend.issuer}/account"
    assert len(device.passkeys) == 1

    page = _open_sign_in(visitor)
    visitor.press(BY_KEY)
    assert page.url == f"{visitor.riverbend.issuer}/account"

    # Where it can wait beside the field for a name, the browser offers it there.
    device.offer_beside_the_name()
    page = _open_sign_in(visitor)
    page.wait_for_url(f"{visitor.riverbend.issuer}/account")
    assert device.passkeys[0]["signCount"] > 1

    # A password alone is not enough any more.
    page = _open_sign_in_by_button(visitor, device)
    visitor.sign_in()
    assert page.url.startswith(f"{visitor.riverbend.issuer}/signin/second/passkey")
    visitor.judge("the second step")
    visitor.press(BY_KEY)
    assert page.url == f"{visitor.riverbend.issuer}/account"


@pytest.mark.parametrize("setting", SETTINGS, ids=_name)
def test_a_person_keeps_passkeys_in_order(enter: Enter, setting: Setting) -> None:
    """Not now; added on the account page, refused twice on one device, renamed, removed."""
    visitor = enter(setting)
    Device(visitor.page)
    page = _open_sign_in(visitor)
    visitor.sign_in()
    visitor.press("form:has(input[value=not_now]) button")
    page.goto(f"{visitor.riverbend.issuer}/account/passkeys")
    visitor.judge("no passkeys")
    visitor.press(ADD)
    visitor.judge("the recovery codes")
    page.goto(f"{visitor.riverbend.issuer}/account/passkeys")
    visitor.judge("one passkey")
    page.locator(ADD).click()
    expect(page.locator("[data-problem=known]")).to_be_visible()
    visitor.judge("the device has one")
    page.locator("summary").click()
    visitor.judge("being renamed")
    page.locator("input[name=name]").fill("電話")
    visitor.press("form:has(input[value=rename]) button")
    assert page.locator("h2").first.inner_text() == "電話"
    visitor.press("a[href*='remove?passkey=']")
    visitor.judge("the question")
    visitor.press("form:has(input[name=passkey]) button")
    visitor.judge("removed")
    assert page.locator("main .item").count() == 0


def test_a_passkey_that_is_not_used_leaves_other_ways(enter: Enter) -> None:
    """A device that does not know its user says so; the password and a recovery code work."""
    visitor = enter()
    device = Device(visitor.page)
    page = _open_sign_in(visitor)
    visitor.sign_in()
    visitor.press(ADD)
    code = page.locator("main code, main pre").first.inner_text().split()[0]
    device.refuse(always=True)
    page = _open_sign_in(visitor)
    page.locator(BY_KEY).click()
    expect(page.locator("form[data-passkey=get] [data-problem=other]")).to_be_visible()
    visitor.judge("no passkey was used")
    visitor.sign_in()
    page.locator(BY_KEY).click()
    expect(page.locator("form[data-passkey=get] [data-problem=other]")).to_be_visible()
    visitor.judge("no passkey was used as second step")
    page.locator("summary").click()
    visitor.press("a[href*='way=code']")
    page.locator("input[name=code]").fill(code)
    visitor.press("form:has(input[name=code]) button")
    page.goto(f"{visitor.riverbend.issuer}/account")
    assert page.url == f"{visitor.riverbend.issuer}/account"


def test_without_javascript_nothing_speaks_of_passkeys_in_vain(enter: Enter) -> None:
    """The password works, nothing is offered, and the account page says what is needed."""
    visitor = enter(Setting(javascript=False))
    page = visitor.page
    page.goto(f"{visitor.riverbend.issuer}/account/passkeys")
    assert not page.locator(BY_KEY).is_visible()
    visitor.sign_in()
    assert page.url == f"{visitor.riverbend.issuer}/account/passkeys"
    assert not page.locator(ADD).is_visible()
    assert page.locator("[data-without-passkeys]").is_visible()
