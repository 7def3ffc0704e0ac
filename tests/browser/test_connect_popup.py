"""Connecting in a window that an application's page opens, on another origin, as browsers do it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page

from doorward.http import CONNECT_SCRIPT
from tests.browser import host_site
from tests.support.connecting import ConnectSite, running_site
from tests.support.databases import SqliteTemplate
from tests.support.factories import PASSWORD
from tests.support.upstream import API_KEY

_PREPARE = """link => {
  window.events = [];
  document.querySelector("a").addEventListener("click", (event) => {
    event.preventDefault();
    Doorward.connect({ link, onEvent: (each) => window.events.push(each) });
  });
}"""
_PATIENCE_MS = 30_000


@dataclass
class Tally:
    """An application's page, open in a browser in which Anna is signed in at Doorward."""

    site: ConnectSite
    host: host_site.HostSite
    page: Page
    link: str

    def open(self) -> Page:
        """Press the button; the window that opens, at the platform's form."""
        with self.page.expect_popup() as found:
            self.page.locator("main a").click()
        found.value.wait_for_selector("#v_api_key")
        return found.value

    def wait_for(self, kind: str) -> dict[str, Any]:
        """The event of that kind, once it is there."""
        self.page.wait_for_function(
            "kind => window.events.some((each) => each.type === kind)", arg=kind
        )
        return next(each for each in self.events if each["type"] == kind)

    @property
    def events(self) -> list[dict[str, Any]]:
        """What the page was told so far."""
        found: list[dict[str, Any]] = self.page.evaluate("window.events")
        return found


@pytest.fixture
def tally(chromium: Browser, sqlite_template: SqliteTemplate, tmp_path: Path) -> Iterator[Tally]:
    """The page under a strict policy that allows the script, and asking the issuer."""
    with ExitStack() as stack:
        copy = sqlite_template.copy_to(tmp_path / "doorward.sqlite")
        site = stack.enter_context(running_site(copy))
        site.install_key("lantern", "Lantern Mail")
        host = stack.enter_context(host_site.running_site(site.url))
        host.policy += f"; connect-src {site.url}"
        host.url = host.url.replace("127.0.0.1", "localhost")
        context = chromium.new_context(locale="en-GB")
        stack.callback(context.close)
        context.set_default_timeout(_PATIENCE_MS)
        page = context.new_page()
        _sign_in(page, site)
        script = (
            f'<script src="{site.issuer}{CONNECT_SCRIPT.path}" crossorigin="anonymous" '
            f'integrity="{CONNECT_SCRIPT.integrity}"></script>'
        )
        address = host.show('<a href="#">Connect</a>', head=script)
        link = site.link("anna", address, "lantern")
        page.goto(address)
        page.evaluate(_PREPARE, link)
        yield Tally(site, host, page, link)


def _connect(window: Page) -> None:
    window.locator("#v_api_key").fill(API_KEY)
    window.locator("main button[value=connect]").click()


def test_the_page_learns_of_the_connection_and_the_window_closes(tally: Tally) -> None:
    """By our last page's message: the session's state is out of reach here."""
    tally.page.route("**/connect/session/state?*", lambda route: route.abort())
    window = tally.open()
    with window.expect_event("close"):
        _connect(window)
    told = tally.wait_for("connected")
    assert int(told["connection"]) > 0
    assert [each["type"] for each in tally.events] == ["ready", "connected"]
    assert tally.page.url.startswith(tally.host.url)


def test_a_window_that_was_cut_off_is_asked_about(tally: Tally) -> None:
    """A platform's policy may end the tie: then the session's state says what came of it."""
    window = tally.open()
    cutting = window.goto(f"{tally.site.issuer}/connect")
    assert cutting is not None
    assert cutting.headers["cross-origin-opener-policy"] == "same-origin"
    window.goto(tally.link)
    assert window.evaluate("window.opener === null")
    _connect(window)
    told = tally.wait_for("connected")
    assert int(told["connection"]) > 0
    assert window.locator("main a.button-main").count() == 1


def test_a_blocked_window_becomes_a_visit_in_the_same_tab(tally: Tally) -> None:
    """And the person returns to the page with the result in its address."""
    told: list[str] = []

    def hear(kind: str) -> None:
        told.append(kind)

    tally.page.expose_function("tell", hear)
    tally.page.evaluate(
        "() => { window.open = () => null; events.push = (each) => tell(each.type); }"
    )
    tally.page.locator("main a").click()
    tally.page.wait_for_selector("#v_api_key")
    assert told == ["blocked"]
    _connect(tally.page)
    tally.page.locator("main a.button-main").click()
    tally.page.wait_for_url(f"{tally.host.url}/**")
    assert "result=connected" in urlsplit(tally.page.url).query


def test_a_closed_window_is_no_result_and_the_same_link_opens_again(tally: Tally) -> None:
    """The page is told that it was closed, offers to try again, and that works."""
    tally.open().close()
    assert tally.wait_for("closed") == {"type": "closed"}
    assert [each["type"] for each in tally.events] == ["ready", "closed"]
    _connect(tally.open())
    tally.wait_for("connected")
    assert [each["type"] for each in tally.events] == ["ready", "closed", "ready", "connected"]


def test_a_message_of_a_foreign_page_is_ignored(tally: Tally) -> None:
    """From the page itself, and from the very window while another origin is in it."""
    window = tally.open()
    message = '{ type: "doorward.connect", result: "connected", connection: "1" }'
    tally.page.evaluate(f'window.postMessage({message}, "*")')
    foreign = tally.host.show("<p>Somebody else's</p>").replace("localhost", "127.0.0.1")
    window.goto(foreign)
    assert window.evaluate("window.opener !== null")
    window.evaluate(f'window.opener.postMessage({message}, "*")')
    window.goto(tally.link)
    _connect(window)
    told = tally.wait_for("connected")
    assert told["connection"] != "1"
    assert [each["type"] for each in tally.events] == ["ready", "connected"]


def _blocking(chromium: Browser) -> Browser:
    """The same browser as people have it: it blocks windows that nobody's click has opened."""
    path = shutil.which("chromium") or "/usr/bin/chromium"
    return chromium.browser_type.launch(
        executable_path=path,
        args=["--no-sandbox", "--disable-gpu"],
        ignore_default_args=["--disable-popup-blocking"],
    )


def _sign_in(page: Page, site: ConnectSite) -> None:
    page.goto(f"{site.issuer}/connect")
    page.locator("input[name=username]").fill("anna")
    page.locator("input[name=password]").fill(PASSWORD.reveal())
    page.locator("input[name=password]").press("Enter")
    page.wait_for_url(f"{site.issuer}/connect")


def test_the_browsers_own_blocker_leads_there_and_back_in_the_same_tab(
    tally: Tally, chromium: Browser
) -> None:
    """A page that calls it from a timer gets no window; who clicks in that browser gets one."""
    site, host = tally.site, tally.host
    host.policy = host.policy.replace("script-src ", "script-src 'nonce-page' ")
    back = host.show("<p>Back again</p>")
    link = site.link("anna", back, "lantern")
    script = (
        f'<script src="{site.issuer}{CONNECT_SCRIPT.path}" crossorigin="anonymous" '
        f'integrity="{CONNECT_SCRIPT.integrity}"></script><script nonce="page">'
        "const told = (each) => sessionStorage.setItem("
        "'told', `${sessionStorage.getItem('told') ?? ''}${each.type} `);"
        f"const connect = () => Doorward.connect({{ link: '{link}', onEvent: told }});"
        "addEventListener('load', () => {"
        "  if (location.hash === '#timer') setTimeout(connect, 0);"
        "  document.querySelector('a').addEventListener('click', connect);"
        "});</script>"
    )
    address = host.show('<a href="#open">Connect</a>', head=script)
    with ExitStack() as stack:
        browser = _blocking(chromium)
        stack.callback(browser.close)
        page = browser.new_context(locale="en-GB").new_page()
        page.set_default_timeout(_PATIENCE_MS)
        _sign_in(page, site)
        page.goto(f"{address}#timer")
        page.wait_for_selector("#v_api_key")
        assert page.context.pages == [page]
        _connect(page)
        page.locator("main a.button-main").click()
        page.wait_for_url(f"{back}?**")
        assert "result=connected" in urlsplit(page.url).query
        assert page.evaluate("sessionStorage.getItem('told')") == "blocked "
        page.goto(address)
        with page.expect_popup() as found:
            page.locator("main a").click()
        found.value.wait_for_selector("#v_api_key")
        assert page.evaluate("sessionStorage.getItem('told')") == "blocked ready "
