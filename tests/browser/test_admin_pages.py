"""The staff console in a real browser: every page, both themes, both languages, wide and narrow."""

from __future__ import annotations

import re

import httpx2
import pytest

from tests.browser.conftest import Visit
from tests.browser.visitor import Setting, Visitor
from tests.support.server import DemoServer

SETTINGS = [
    Setting(theme="light"),
    Setting(theme="dark", language="ja-JP", width=320),
    Setting(theme="light", javascript=False),
]
LABEL = "Mailing list"


def _name(setting: Setting) -> str:
    script = "" if setting.javascript else "-without-javascript"
    return f"{setting.theme}-{setting.language[:2]}-{setting.width}{script}"


def come_in(visitor: Visitor) -> None:
    """Sign in as the first member of the staff, by way of the page that was asked for."""
    visitor.person = visitor.riverbend.staff[0]
    visitor.page.goto(f"{visitor.riverbend.issuer}/admin/users")
    assert visitor.is_asked_to_sign_in()
    visitor.sign_in()
    assert visitor.page.url == f"{visitor.riverbend.issuer}/admin/users"


def judge(visitor: Visitor, where: str) -> None:
    """What holds on every page; axe needs JavaScript."""
    if visitor.setting.javascript:
        visitor.judge(where)
    else:
        assert visitor.page.locator("h1").count() == 1, where


def submit(visitor: Visitor, action: str) -> None:
    """Press the last button of the form that posts to ``action``: the way on."""
    form = visitor.page.locator(f"form[action$='/admin/{action}']")
    with visitor.page.expect_navigation():
        form.locator("button:not([type=button])").last.click()


def _make_integration(visitor: Visitor, name: str) -> str:
    """The second document's steps: a user, the switch, the key. Answers the key."""
    page, issuer = visitor.page, visitor.riverbend.issuer
    page.goto(f"{issuer}/admin/users/new?for=integration")
    judge(visitor, "new integration")
    submit(visitor, "users/new")
    assert page.locator("#problem").count() == 1
    judge(visitor, "new integration with an error")
    page.locator("input[name=username]").fill(name)
    page.locator("input[name=name]").fill("Mailing list")
    submit(visitor, "users/new")
    judge(visitor, "new user's page")
    page.locator("input[name='permission.accounts.read']").check()
    submit(visitor, "users/permissions")
    submit(visitor, "users/access")
    judge(visitor, "user with API access")
    submit(visitor, "users/keys")
    judge(visitor, "key with an error")
    page.locator("input[name=label]").fill(LABEL)
    submit(visitor, "users/keys")
    judge(visitor, "key shown once")
    key = page.locator("#made-key").inner_text()
    visitor.press("main a.button-main")
    judge(visitor, "user with a key")
    return key


def _key_pages(visitor: Visitor) -> None:
    """The key's own page, its replacement, the question before it is revoked."""
    page = visitor.page
    user = page.url.partition("#")[0]
    visitor.press("a[href*='/admin/users/key?']")
    judge(visitor, "key")
    submit(visitor, "users/key/replace")
    judge(visitor, "key replaced")
    page.goto(user)
    judge(visitor, "user with a replaced key")
    visitor.press("a[href*='/admin/users/key?']")
    submit(visitor, "users/key/revoke")
    judge(visitor, "question before a revocation")
    submit(visitor, "users/key/revoke")
    assert page.locator("[role=status]").count() == 1


def _other_pages(visitor: Visitor, name: str) -> None:
    """Overview, organization, applications, a secret, the account that may not change itself."""
    page, issuer = visitor.page, visitor.riverbend.issuer
    for path in ("", "/organization", "/oauth", "/users?q=nobody-at-all", "/users/user?id=1"):
        page.goto(f"{issuer}/admin{path}")
        judge(visitor, path or "overview")
    page.goto(f"{issuer}/admin/organization")
    page.locator("input[name=accent]").fill("mauve")
    submit(visitor, "organization")
    judge(visitor, "organization with an error")
    page.goto(f"{issuer}/admin/oauth/new")
    judge(visitor, "new application")
    page.locator("input[name=name]").fill(name)
    page.locator("textarea[name=redirect_uris]").fill("http://localhost/cb")
    submit(visitor, "oauth/new")
    judge(visitor, "new application with an error")
    page.locator("textarea[name=redirect_uris]").fill("http://127.0.0.1/cb")
    submit(visitor, "oauth/new")
    judge(visitor, "secret shown once")
    visitor.press("main a.button-main")
    judge(visitor, "the new application")
    submit(visitor, "oauth/secrets")
    judge(visitor, "another secret")
    visitor.press("main a.button-main")
    visitor.press("button[name=secret]")
    judge(visitor, "question before a secret goes")


@pytest.mark.parametrize("setting", SETTINGS, ids=_name)
def test_every_page_of_the_console_is_accessible_and_works(
    visit: Visit, demo: DemoServer, setting: Setting
) -> None:
    """No axe violation, no sideways scroll, the person's language; and the key opens the API."""
    visitor = visit(demo, setting)
    come_in(visitor)
    judge(visitor, "users")
    key = _make_integration(visitor, f"robot-{_name(setting)}")
    for address, credentials in (
        (f"{visitor.riverbend.issuer}/api/accounts", {"headers": {"X-API-Key": key}}),
        (f"{demo.base_url}/v2/accounts", {"auth": ("riverbend", key)}),
    ):
        answer = httpx2.get(address, trust_env=False, **credentials)
        assert answer.status_code == 200, answer.text
    _key_pages(visitor)
    _other_pages(visitor, f"Site {_name(setting)}")
    submit(visitor, "signout")
    judge(visitor, "signed out")


def test_a_wrong_form_moves_the_focus_to_its_problem(visit: Visit, demo: DemoServer) -> None:
    """The title says Error, the summary has the focus, its link leads into the field."""
    visitor = visit(demo)
    come_in(visitor)
    page = visitor.page
    page.goto(f"{visitor.riverbend.issuer}/admin/organization")
    page.locator("input[name=support_url]").fill("not a link")
    submit(visitor, "organization")
    assert page.title().startswith("Error: ")
    page.wait_for_function("document.activeElement.id === 'problem'")
    page.locator("#problem a").click()
    assert page.evaluate("document.activeElement.id") == "support_url"
    field = page.locator("#support_url")
    assert field.input_value() == "not a link"
    assert field.get_attribute("aria-invalid") == "true"
    described = field.get_attribute("aria-describedby") or ""
    assert page.locator(f"#{described}").inner_text().strip()


def test_values_are_copied_by_their_button(visit: Visit, demo: DemoServer) -> None:
    """The Organization ID, and the snippet with its line breaks."""
    visitor = visit(demo)
    come_in(visitor)
    visitor.allow_clipboard()
    page, issuer = visitor.page, visitor.riverbend.issuer
    page.goto(f"{issuer}/admin/organization")
    page.locator("button[data-copy=org-id]").click()
    assert page.evaluate("navigator.clipboard.readText()") == "riverbend"
    page.goto(f"{issuer}/admin/oauth")
    page.locator("button[data-copy=snippet]").click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert re.match(r'<script async src="[^"]+/w/1/signin\.js"\n', copied)
    assert copied.count("your redirect_uri here") == 1


def test_the_preview_is_the_real_widget(visit: Visit, demo: DemoServer) -> None:
    """Drawn by the script that sites embed, in the language and the look that were chosen."""
    visitor = visit(demo)
    come_in(visitor)
    page = visitor.page
    page.goto(f"{visitor.riverbend.issuer}/admin/oauth")
    page.locator("select[name=words]").select_option("ja")
    page.locator("select[name=look]").select_option("outline")
    visitor.press("form[action$='#widget'] button")
    button = page.locator(".preview span >> a[href]")
    assert button.inner_text() == "Riverbend でログイン"
    assert "outline" in (button.get_attribute("class") or "")
    assert page.evaluate("location.hash") == "#widget"


def test_the_menu_opens_without_javascript(visit: Visit, demo: DemoServer) -> None:
    """At 320 px the navigation is a menu that the browser itself opens."""
    visitor = visit(demo, Setting(width=320, javascript=False))
    come_in(visitor)
    page = visitor.page
    entry = page.locator(".menu a[href$='/admin/organization']")
    assert not entry.is_visible()
    assert not page.locator("nav.side").is_visible()
    page.locator(".menu summary").click()
    assert entry.is_visible()
    visitor.press(".menu a[href$='/admin/organization']")
    assert page.locator(".menu a[aria-current=page]").count() == 1
