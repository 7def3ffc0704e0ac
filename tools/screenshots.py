"""Take the pictures of the documents from a running demo.

Start `make demo`, then `.venv/bin/python tools/screenshots.py [.demo/facts.json]`. It opens the
sign-in and the consent page in English and Japanese, connects an account and takes the pages of
that, and walks the examples of the platforms to their end, each light and dark. It writes what it
sees to docs/images, and can be repeated.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from itertools import product
from pathlib import Path
from socket import socket
from typing import Any, Literal
from urllib.parse import urlencode

import httpx2
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
# Of RFC 7636, appendix B: no code is ever redeemed here.
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
WINDOW, WINDOW_OF_EXAMPLES, WINDOW_OF_PAGES = (500, 560), (720, 100), (860, 500)
PLACES = {"en": "en-GB", "ja": "ja-JP"}
PATIENCE_S = 20

Theme = Literal["light", "dark"]
THEMES: tuple[Theme, ...] = ("light", "dark")


@dataclass(frozen=True)
class Example:
    """A program of `examples/`, and what a person of `org_id` does there before signing in."""

    folder: str
    org_id: str
    presses: tuple[str, ...]
    name: str | None = None

    @property
    def picture(self) -> str:
        """The beginning of its pictures' names."""
        return self.folder.replace("_", "-")


EXAMPLES = (
    Example("neon_crm_site", "riverbend", ("#login",)),
    Example("neos_event_registration", "neos", ("#register", "#link"), name="Lumi"),
    Example("neon_projects", "neon", ("#connect",)),
)


def address_of(riverbend: dict[str, Any]) -> str:
    """Where an application sends a browser to sign in."""
    application = riverbend["applications"][0]
    query = {
        "response_type": "code",
        "client_id": application["client_id"],
        "redirect_uri": application["redirect_uris"][0],
        "scope": " ".join(application["scopes"]),
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    return f"{riverbend['issuer']}/oauth2/auth?{urlencode(query)}"


@contextmanager
def opened(
    browser: Browser, window: tuple[int, int], language: str, theme: Theme
) -> Iterator[BrowserContext]:
    """A browser of somebody's own."""
    context = browser.new_context(
        viewport={"width": window[0], "height": window[1]},
        device_scale_factor=1.5,
        locale=PLACES[language],
        color_scheme=theme,
    )
    yield context
    context.close()


def take(page: Page, name: str, language: str, theme: Theme) -> None:
    """Save what the page shows, in the few colours that it has."""
    suffix = "" if language == "en" else f"-{language}"
    file = IMAGES / f"{name}-{theme}{suffix}.png"
    # The whole page as a window of its height: a full-page picture would widen to the ornaments.
    height = page.evaluate("document.documentElement.scrollHeight")
    width = page.evaluate("innerWidth")
    page.set_viewport_size({"width": width, "height": height})
    with Image.open(BytesIO(page.screenshot())) as seen:
        seen.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(file, optimize=True)
    print(f"{file.relative_to(ROOT)}  {file.stat().st_size // 1024} KB")


def sign_in(page: Page, person: dict[str, str]) -> None:
    """As `person`, on the page that asks."""
    page.fill("input[name=username]", person["username"])
    page.fill("input[name=password]", person["password"])
    page.press("input[name=password]", "Enter")


def walk(browser: Browser, riverbend: dict[str, Any], language: str, theme: Theme) -> None:
    """Sign in as far as the consent page, and take both pages."""
    with opened(browser, WINDOW, language, theme) as context:
        page = context.new_page()
        page.goto(address_of(riverbend))
        take(page, "signin", language, theme)
        sign_in(page, riverbend["constituents"][0 if language == "en" else 1])
        page.wait_for_selector("button[name=decision]")
        take(page, "consent", language, theme)


def walk_connections(
    browser: Browser, organizations: dict[str, Any], language: str, theme: Theme
) -> None:
    """Connect an account of Neon, and take the pages on which people do that."""
    riverbend, place = organizations["riverbend"], 0 if language == "en" else 1
    with opened(browser, WINDOW, language, theme) as context:
        page = context.new_page()
        page.goto(f"{riverbend['issuer']}/connect/start?connector=neon-postgres")
        sign_in(page, riverbend["constituents"][place])
        page.click("button[name=action][value=connect]")
        page.wait_for_selector("input[name=password]")
        sign_in(page, organizations["neon"]["constituents"][place])
        allow = page.locator("button[name=decision][value=allow]")
        done = page.locator(".identity")
        allow.or_(done).first.wait_for()
        if allow.count():
            allow.click()
        page.wait_for_url("**/connect/done?*")
        page.goto(f"{riverbend['issuer']}/connect")
        take(page, "connect", language, theme)
        if language == "en":
            page.goto(f"{riverbend['issuer']}/connect/start?connector=neon-crm")
            take(page, "connect-key", language, theme)
            page.set_viewport_size({"width": WINDOW_OF_PAGES[0], "height": WINDOW_OF_PAGES[1]})
            page.goto(f"{riverbend['issuer']}/account/connections")
            take(page, "connections", language, theme)


def walk_example(
    browser: Browser, example: Example, url: str, person: dict[str, str], theme: Theme
) -> None:
    """Come to the example at `url`, allow what it asks, and take what it shows then."""
    with opened(browser, WINDOW_OF_EXAMPLES, "en", theme) as context:
        page = context.new_page()
        page.goto(url)
        if example.name is not None:
            page.fill("#name", example.name)
        for selector in example.presses:
            page.click(selector)
        sign_in(page, person)
        allow = page.locator("button[name=decision][value=allow]")
        allow.or_(page.locator("#signout, #unlink, .region")).first.wait_for()
        if allow.count():
            allow.click()
        page.wait_for_url(f"{url}/")
        take(page, example.picture, "en", theme)


@contextmanager
def running(example: Example, facts: Path) -> Iterator[str]:
    """The example beside the demo, on a port of the moment."""
    with socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "examples" / example.folder / "app.py"), str(facts)],
        env={**os.environ, "PORT": str(port)},
    )
    try:
        wait_for(f"http://127.0.0.1:{port}/")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def wait_for(url: str) -> None:
    """Return as soon as `url` answers."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            httpx2.get(url, trust_env=False)
        except httpx2.TransportError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


def main() -> int:
    """Take every picture; the exit status is 1 when there is no demo."""
    facts = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / ".demo" / "facts.json")
    if not facts.exists():
        print(f"{facts} is not there: start `make demo` first", file=sys.stderr)
        return 1
    organizations = json.loads(facts.read_text(encoding="utf-8"))["organizations"]
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        path = shutil.which("chromium") or "/usr/bin/chromium"
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        for language, theme in product(PLACES, THEMES):
            walk(browser, organizations["riverbend"], language, theme)
            walk_connections(browser, organizations, language, theme)
        for example in EXAMPLES:
            person = organizations[example.org_id]["constituents"][0]
            with running(example, facts) as url:
                for theme in THEMES:
                    walk_example(browser, example, url, person, theme)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
