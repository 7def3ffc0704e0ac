"""The demo's inbox, as somebody waits for a letter and reads it."""

from __future__ import annotations

from typing import Any

import httpx2

from tests.browser.visitor import Visitor
from tests.support.server import DemoServer, wait_until

__all__ = ["letters_to", "open_letter"]


def letters_to(server: DemoServer, address: str, template: str | None = None) -> list[Any]:
    """What the inbox tells scripts of this address, once there is any: all, or of one kind."""
    found: list[Any] = []

    def have_come() -> bool:
        items = httpx2.get(f"{server.facts['mailbox_url']}.json", trust_env=False).json()["items"]
        mine = [each for each in items if each["to"] == address]
        found[:] = [each for each in mine if template in {None, each["template"]}]
        return found != []

    wait_until(have_come, "no letter arrived", seconds=15)
    return found


def open_letter(visitor: Visitor, letter: Any) -> None:
    """See a letter as a mail program shows it: from the inbox, by way of its text."""
    page, number = visitor.page, letter["id"]
    page.goto(visitor.server.facts["mailbox_url"])
    visitor.press(f"h2 a[href='/dev/mail?id={number}']")
    assert page.locator("h1").inner_text() == letter["subject"]
    visitor.press("main > a.button")
    assert page.locator("h1").inner_text() == letter["subject"]
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"the letter scrolls sideways by {wide} px"
