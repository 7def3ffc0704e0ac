"""The first document's flow: a site that was written for Neon CRM, in a real browser."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.browser.conftest import Visit
from tests.browser.visitor import Setting, Visitor
from tests.support.ports import free_port
from tests.support.server import DemoServer, wait_until

SITE = Path(__file__).parents[2] / "examples" / "neon_crm_site" / "app.py"
SETTINGS = [
    Setting(),
    Setting(javascript=False),
    Setting(theme="dark", language="ja-JP", width=320),
]


def _name(setting: Setting) -> str:
    script = "" if setting.javascript else "-without-javascript"
    return f"{setting.theme}-{setting.language[:2]}-{setting.width}{script}"


@pytest.fixture(scope="module")
def site(demo: DemoServer) -> Iterator[str]:
    """The site beside the demo, with the demo's own credentials."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(
        [sys.executable, str(SITE), str(demo.facts_file)],
        env={**os.environ, "PORT": str(port)},
    )
    try:
        wait_until(lambda: _is_up(url) or process.poll() is not None, f"{url} does not answer")
        yield url
    finally:
        process.terminate()
        process.wait(10)


def _is_up(url: str) -> bool:
    try:
        return httpx2.get(url, trust_env=False).status_code == 200
    except httpx2.TransportError:
        return False


@pytest.fixture(params=SETTINGS, ids=_name)
def guest(request: pytest.FixtureRequest, visit: Visit, demo: DemoServer, site: str) -> Visitor:
    """Somebody who comes to the site."""
    visitor = visit(demo, request.param)
    visitor.sample = site
    return visitor


def test_link_sign_in_code_account_name_and_sign_out(guest: Visitor, site: str) -> None:
    """Each step of the document leads to the next, and signing out comes back to ``targetUrl``."""
    page = guest.page
    page.goto(site)
    guest.press("#login")
    assert guest.is_asked_to_sign_in()
    _judge(guest, "constituent sign-in")
    guest.sign_in()
    page.wait_for_url(f"{site}/")
    assert page.locator("#account-id").inner_text() == guest.person.account_id
    assert page.locator("#name").inner_text() == "Amara Osei"
    guest.press("#signout")
    page.wait_for_url(f"{site}/")
    guest.press("#login")
    assert guest.is_asked_to_sign_in()


def test_a_cancelled_sign_in_is_told_to_the_site(guest: Visitor, site: str) -> None:
    """By the link under the form."""
    guest.page.goto(site)
    guest.press("#login")
    guest.press("a[href*='/oauth2/auth/cancel']")
    assert guest.page.url.startswith(f"{site}/callback?error=access_denied")
    assert guest.page.locator("#why").inner_text() == "The person did not allow the access."


def test_a_browser_of_staff_is_shown_the_way_out(guest: Visitor, site: str) -> None:
    """Once back to the site with the platform's words, once on to the constituent's sign-in."""
    page, staff = guest.page, guest.riverbend.staff[0]
    page.goto(f"{guest.riverbend.issuer}/admin")
    guest.sign_in(username=staff.username, password=staff.password)
    page.goto(site)
    guest.press("#login")
    assert page.locator("code[lang=en]").inner_text() == "Logged in as system user not supported"
    _judge(guest, "staff session in the way")
    guest.press("button[name=decision][value=deny]")
    assert page.locator("#why").inner_text() == "Logged in as system user not supported"
    page.goto(site)
    guest.press("#login")
    guest.press("button[name=decision][value=sign_out]")
    guest.sign_in()
    page.wait_for_url(f"{site}/")
    assert page.locator("#account-id").inner_text() == guest.person.account_id


@pytest.mark.parametrize(
    "address", ["http://localhost:8765/callback", "https://stranger.example/", "no url at all"]
)
def test_a_bad_return_address_is_a_page(guest: Visitor, address: str) -> None:
    """In the platform's words, and accessible like every other page."""
    application = guest.riverbend.application("client_secret_post")
    query = {"client_id": application.client_id, "redirect_uri": address, "response_type": "code"}
    front = f"{guest.riverbend.issuer}/np/oauth/auth"
    guest.page.goto(f"{front}?{httpx2.QueryParams(query)}")
    assert "Invalid redirect_uri parameter" in guest.page.locator("main").inner_text()
    _judge(guest, f"return address {address}")


def _judge(guest: Visitor, where: str) -> None:
    if guest.setting.javascript:  # axe is a script
        guest.judge(where)
