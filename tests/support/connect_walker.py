"""Somebody who connects through the real pages, with a browser that runs no script."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from doorward.vault import Connection
from tests.support.browser_forms import Page, PlainBrowser
from tests.support.connecting import ORG, ConnectSite
from tests.support.factories import PASSWORD

__all__ = ["NOWHERE", "Walker"]

NOWHERE = "https://nowhere.example"
"""Where such a browser never goes."""


@dataclass
class Walker:
    """Somebody with a browser that runs no script."""

    site: ConnectSite
    browser: PlainBrowser

    def open(self, path: str, name: str = "anna") -> Page:
        """A page of ours, signed in."""
        address = path if path.startswith("http") else f"{self.site.issuer}{path}"
        page = self._seen(self.browser.open(address))
        form = page.form_with("password")
        if form is None:
            return page
        typed = {"username": name, "password": PASSWORD.reveal()}
        return self._seen(self.browser.submit(form, typed))

    def press(
        self, page: Page, action: str, typed: Mapping[str, str] | None = None, name: str = "action"
    ) -> Page:
        """Fill in the form that has such a button, press it, and go wherever that leads."""
        form = page.form_with_button(name, action)
        assert form is not None, page.text
        return self.follow(self.browser.submit(form, typed, form.button(name, action)))

    def follow(self, page: Any) -> Page:
        """Over the pages that lead on by themselves, to the one that stays."""
        while (seen := self._seen(page)).refresh is not None:
            page = self.browser.open(seen.refresh)
        return seen

    @staticmethod
    def _seen(page: Any) -> Page:
        assert isinstance(page, Page), page
        return page

    def rows(self) -> list[Connection]:
        """Every connection of the organization."""
        return self.site.run(self.site.services.vault.connections.list(ORG))

    def row(self) -> Connection:
        """The only connection there is."""
        (found,) = self.rows()
        return found
