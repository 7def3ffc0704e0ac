"""Take the pictures of the documents from a running demo.

Start `make demo`, then `.venv/bin/python tools/screenshots.py [.demo/facts.json]`. It opens the
sign-in and the consent page in English and Japanese, light and dark, and writes them to
docs/images. Nothing is allowed on the way, so it can be repeated.
"""

from __future__ import annotations

import json
import shutil
import sys
from itertools import product
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlencode

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
# Of RFC 7636, appendix B: no code is ever redeemed here.
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
WIDTH = 500
PLACES = {"en": "en-GB", "ja": "ja-JP"}

Theme = Literal["light", "dark"]


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


def take(page: Page, name: str, language: str, theme: Theme) -> None:
    """Save what the page shows."""
    suffix = "" if language == "en" else f"-{language}"
    file = IMAGES / f"{name}-{theme}{suffix}.png"
    # The whole page as a window of its height: a full-page picture would widen to the ornaments.
    height = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": WIDTH, "height": height})
    page.screenshot(path=file)
    print(f"{file.relative_to(ROOT)}  {file.stat().st_size // 1024} KB")


def walk(browser: Browser, riverbend: dict[str, Any], language: str, theme: Theme) -> None:
    """Sign in as far as the consent page, and take both pages."""
    context = browser.new_context(
        viewport={"width": WIDTH, "height": 560},
        device_scale_factor=1.5,
        locale=PLACES[language],
        color_scheme=theme,
    )
    page = context.new_page()
    page.goto(address_of(riverbend))
    take(page, "signin", language, theme)
    person = riverbend["constituents"][0 if language == "en" else 1]
    page.fill("input[name=username]", person["username"])
    page.fill("input[name=password]", person["password"])
    page.press("input[name=password]", "Enter")
    page.wait_for_selector("button[name=decision]")
    take(page, "consent", language, theme)
    context.close()


def main() -> int:
    """Take every picture; the exit status is 1 when there is no demo."""
    facts = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / ".demo" / "facts.json")
    if not facts.exists():
        print(f"{facts} is not there: start `make demo` first", file=sys.stderr)
        return 1
    riverbend = json.loads(facts.read_text(encoding="utf-8"))["organizations"]["riverbend"]
    IMAGES.mkdir(exist_ok=True)
    themes: tuple[Theme, ...] = ("light", "dark")
    with sync_playwright() as playwright:
        path = shutil.which("chromium") or "/usr/bin/chromium"
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        for language, theme in product(PLACES, themes):
            walk(browser, riverbend, language, theme)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
