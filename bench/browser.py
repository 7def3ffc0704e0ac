"""A person at a browser without JavaScript: signs in, allows an application, unmeasured."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import requests

from bench.target import Person

__all__ = ["Browser", "Lost"]

_MOST_PAGES = 12
_REDIRECTS = frozenset({301, 302, 303, 307})


class Lost(Exception):
    """A page came that is neither a sign-in, a consent nor the way back to the application."""


@dataclass
class _Form:
    """A form: where it goes, its fields with their values, its buttons."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    asks_password: bool = False
    buttons: list[tuple[str, str]] = field(default_factory=list)


class _Page(HTMLParser):
    """The forms and addresses of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.forms: list[_Form] = []
        self.links: list[str] = []
        self._open: _Form | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = _Form(said.get("action", ""))
            self.forms.append(self._open)
        elif tag == "a":
            self.links.append(said.get("href", ""))
        elif tag == "meta" and said.get("http-equiv", "").lower() == "refresh":
            self.links.append(said.get("content", "").partition("url=")[2])
        elif self._open is not None and tag in {"input", "button"}:
            self._note(tag, said, self._open)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None

    def _note(self, tag: str, said: dict[str, str], form: _Form) -> None:
        name, kind = said.get("name", ""), said.get("type", "")
        form.asks_password |= kind == "password"
        if tag == "button" or kind == "submit":
            form.buttons.append((name, said.get("value", "")))
        elif name and (kind not in {"checkbox", "radio"} or "checked" in said):
            form.fields[name] = said.get("value", "")


class Browser:
    """One browser with its own cookies."""

    def __init__(self, person: Person) -> None:
        """``person`` answers every page that it is shown."""
        self._person = person
        self._session = requests.Session()
        # Nothing but cookies may differ between this browser and the load.
        self._session.trust_env = False

    def authorize(self, url: str, redirect_uri: str) -> str:
        """Open an authorization request and go on until the way back; answers that address.

        Raises ``Lost`` when a page asks for anything but sign-in and consent.
        """
        response = self._session.get(url, allow_redirects=False, timeout=30)
        for _ in range(_MOST_PAGES):
            if response.status_code in _REDIRECTS:
                onward = urljoin(response.url, response.headers["Location"])
                if onward.startswith(redirect_uri):
                    return onward
                response = self._session.get(onward, allow_redirects=False, timeout=30)
                continue
            page = _Page(response.text)
            for link in page.links:
                if link.startswith(redirect_uri):
                    return link
            response = self._submit(page, response)
        raise Lost(f"no way back after {_MOST_PAGES} pages, last at {response.url}")

    def cookies_for(self, url: str) -> str:
        """The Cookie header that this browser would send to ``url``."""
        request = self._session.prepare_request(requests.Request("GET", url))
        return request.headers.get("Cookie", "")

    def _submit(self, page: _Page, response: requests.Response) -> requests.Response:
        for form in page.forms:
            values = dict(form.fields)
            if form.asks_password:
                values |= {"username": self._person.username, "password": self._person.password}
            elif ("decision", "allow") in form.buttons:
                values["decision"] = "allow"
            else:
                continue
            address = urljoin(response.url, form.action or response.url)
            parts = urlsplit(address)
            headers = {"Origin": f"{parts.scheme}://{parts.netloc}", "Referer": response.url}
            return self._session.post(
                address, data=values, headers=headers, allow_redirects=False, timeout=30
            )
        start = " ".join(response.text.split())[:300]
        raise Lost(f"status {response.status_code} at {response.url}: {start}")
