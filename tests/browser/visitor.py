"""A person with a browser, who notices what should never happen."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Self
from urllib.parse import urlencode, urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, Request, Response

from tests.support.server import Application, DemoServer, Organization, Person

__all__ = ["Setting", "Visitor"]


_PATIENCE_MS = 15_000


@dataclass(frozen=True)
class Setting:
    """How this person's browser is set up."""

    javascript: bool = True
    theme: Literal["light", "dark"] = "light"
    width: int = 1280
    language: str = "en-GB"


class Visitor:
    """Drives the pages by field names and roles, never by a sentence of their text."""

    def __init__(self, browser: Browser, server: DemoServer, setting: Setting) -> None:
        self.server = server
        self.setting = setting
        self.sample = server.sample_url
        self.riverbend: Organization = server.organization("riverbend")
        self.person: Person = self.riverbend.constituents[0]
        self.complaints: list[str] = []
        self._context = browser.new_context(
            java_script_enabled=setting.javascript,
            color_scheme=setting.theme,
            viewport={"width": setting.width, "height": 800},
            locale=setting.language,
        )
        self._context.set_default_timeout(_PATIENCE_MS)
        self._context.on("console", self._hear)
        self._context.on("request", self._see_request)
        self._context.on("response", self._see_response)
        self._context.on("dialog", self._see_dialog)
        self._context.on("weberror", lambda found: self.complaints.append(f"{found.error}"))
        self.page = self._context.new_page()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._context.close()
        if kind is None:
            assert not self.complaints

    def _hear(self, message: ConsoleMessage) -> None:
        failed_load = message.text.startswith("Failed to load resource")  # _see_response knows more
        if message.type in {"error", "warning"} and not failed_load:
            self.complaints.append(f"{message.location.get('url')} said: {message.text}")

    def _see_request(self, request: Request) -> None:
        origin = "{0.scheme}://{0.netloc}".format(urlsplit(request.url))
        if origin not in {self.server.base_url, self.sample}:
            self.complaints.append(f"asked another host: {request.url}")

    def _see_response(self, response: Response) -> None:
        document = response.request.resource_type == "document"
        if response.status >= (500 if document else 400):
            self.complaints.append(f"{response.status} from {response.url}")

    def _see_dialog(self, dialog: Dialog) -> None:
        self.complaints.append(f"a dialog said: {dialog.message}")
        dialog.dismiss()

    def new_tab(self) -> Page:
        """Another tab of the same browser."""
        return self._context.new_page()

    def allow_clipboard(self) -> None:
        """Let this browser's pages read and write the clipboard."""
        self._context.grant_permissions(["clipboard-read", "clipboard-write"])

    def forget_cookies(self) -> None:
        """As if this were another browser."""
        self._context.clear_cookies()

    def cookies(self) -> list[Mapping[str, object]]:
        """Every cookie that this browser holds."""
        return [dict(cookie) for cookie in self._context.cookies()]

    def press(self, selector: str, tab: Page | None = None) -> None:
        """Press the first such button or link, and wait for the page that it leads to."""
        page = tab or self.page
        with page.expect_navigation():
            page.locator(selector).first.click()

    def start(self, tab: Page | None = None, **wishes: str) -> None:
        """Ask the sample application to sign in: by its button, or with parameters."""
        page = tab or self.page
        if wishes:
            page.goto(f"{self.sample}/signin?{urlencode(wishes)}")
            return
        page.goto(self.sample)
        self.press("a[href='/signin']", page)

    def authorization_url(self, application: Application, **parameters: str) -> str:
        """An authorization request, as any application may write one."""
        asked = {"client_id": application.client_id, "response_type": "code", "scope": "openid"}
        return f"{self.riverbend.issuer}/oauth2/auth?{urlencode({**asked, **parameters})}"

    def sign_in(
        self,
        tab: Page | None = None,
        *,
        username: str | None = None,
        password: str | None = None,
    ) -> None:
        """Type the name and the password, and press the form's own button."""
        page = tab or self.page
        form = page.locator("form", has=page.locator("input[name=password]"))
        if form.locator("input[name=username]").is_visible():
            form.locator("input[name=username]").fill(username or self.person.username)
        form.locator("input[name=password]").fill(password or self.person.password)
        with page.expect_navigation():
            form.locator("button:not([type=button])").first.click()

    def decide(self, decision: Literal["allow", "deny"], tab: Page | None = None) -> None:
        """Press Allow or Cancel."""
        self.press(f"button[name=decision][value={decision}]", tab)

    def is_asked_to_sign_in(self, tab: Page | None = None) -> bool:
        """Whether the page asks for a password."""
        return (tab or self.page).locator("input[name=password]").count() == 1

    def is_asked_for_consent(self, tab: Page | None = None) -> bool:
        """Whether the page asks to allow something."""
        return (tab or self.page).locator("button[name=decision][value=allow]").count() == 1

    def arrives(self, tab: Page | None = None) -> str:
        """Wait for the sample application's own page; answers its heading."""
        page = tab or self.page
        page.wait_for_url(lambda url: url.startswith(f"{self.sample}/"))
        return page.locator("h1").inner_text()

    def ground(self) -> tuple[int, int, int]:
        """The colour behind the text, as red, green and blue."""
        for element in ("body", "html"):
            colour = self.page.locator(element).evaluate("e => getComputedStyle(e).backgroundColor")
            parts = [float(part) for part in re.findall(r"[\d.]+", colour)]
            if len(parts) == 3 or parts[3] == 1:
                red, green, blue = (int(part) for part in parts[:3])
                return red, green, blue
        raise AssertionError("neither body nor html has a colour")

    def judge(self, where: str) -> None:
        """What holds on every page: no axe violation, no sideways scroll, its language, one h1."""
        found = Axe().run(self.page)
        assert found.violations_count == 0, f"{where}: {found.generate_report()}"
        wide = self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{where} scrolls sideways by {wide} px"
        assert self.page.locator("h1").count() == 1, f"{where} has no single heading"
        assert self.page.title(), f"{where} has no title"
        if self.page.url.startswith(self.server.base_url):
            language = self.page.locator("html").get_attribute("lang")
            assert language == self.setting.language[:2], f"{where} is in {language}"
