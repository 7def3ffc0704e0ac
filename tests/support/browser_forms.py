"""A browser without JavaScript: cookies, redirects, links and forms over plain HTTP."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Self
from urllib.parse import parse_qsl, urldefrag, urljoin, urlsplit

import httpx2

from tests.support.server import Person

__all__ = ["Arrival", "Form", "Page", "PlainBrowser", "authorize", "read_page"]

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_STEPS = 15


@dataclass(frozen=True)
class Button:
    """Something that submits a form."""

    name: str
    value: str
    text: str


@dataclass
class Form:
    """A form as a browser would send it."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[Button] = field(default_factory=list)

    def button(self, name: str, value: str | None = None) -> Button | None:
        """The first button called ``name``, of this ``value`` when one is given."""
        matching = (each for each in self.buttons if each.name == name)
        return next((each for each in matching if value in (None, each.value)), None)


@dataclass(frozen=True)
class Page:
    """What a person would see."""

    url: str
    status: int
    headers: httpx2.Headers
    title: str
    text: str
    language: str
    forms: tuple[Form, ...]
    links: tuple[str, ...]
    refresh: str | None

    def form_with(self, field: str) -> Form | None:
        """The first form that has a field called ``field``."""
        return next((each for each in self.forms if field in each.fields), None)

    def form_with_button(self, name: str, value: str | None = None) -> Form | None:
        """The first form that has such a button."""
        return next((each for each in self.forms if each.button(name, value)), None)


@dataclass(frozen=True)
class Arrival:
    """The browser was sent to the application: by GET, or by POST with ``fields``."""

    url: str
    fields: Mapping[str, str] | None = None

    @property
    def parameters(self) -> dict[str, str]:
        """What the authorization server answered."""
        return dict(parse_qsl(urlsplit(self.url).query) if self.fields is None else self.fields)


class _Reader(HTMLParser):
    """Collects what a Page holds."""

    def __init__(self) -> None:
        super().__init__()
        self.title = self.text = self.language = ""
        self.refresh: str | None = None
        self.forms: list[Form] = []
        self.links: list[str] = []
        self._open: list[str] = []
        self._form: Form | None = None
        self._button: tuple[str, str] | None = None
        self._select: str | None = None
        self._said = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._open.append(tag)
        match tag:
            case "html":
                self.language = given.get("lang", "")
            case "meta" if given.get("http-equiv", "").lower() == "refresh":
                found = re.search(r"url\s*=\s*(.+)", given["content"], re.IGNORECASE)
                self.refresh = found.group(1).strip("'\" ") if found else None
            case "a" if "href" in given:
                self.links.append(given["href"])
            case "form":
                self._form = Form(given.get("action", ""), given.get("method", "get").lower())
                self.forms.append(self._form)
            case "input" | "textarea" if self._form is not None and "name" in given:
                self._read_input(self._form, given)
            case "select" if "name" in given:
                self._select = given["name"]
            case "option" if self._form is not None and self._select is not None:
                if "selected" in given or self._select not in self._form.fields:
                    self._form.fields[self._select] = given.get("value", "")
            case "button" if given.get("type", "submit") == "submit":
                self._button, self._said = (given.get("name", ""), given.get("value", "")), ""
            case _:
                pass

    def _read_input(self, form: Form, given: dict[str, str]) -> None:
        match given.get("type", "text"):
            case "submit":
                form.buttons.append(Button(given["name"], given.get("value", ""), ""))
            case "checkbox" | "radio" if "checked" not in given:
                pass
            case "checkbox" | "radio":
                form.fields[given["name"]] = given.get("value", "on")
            case _:
                form.fields[given["name"]] = given.get("value", "")

    def handle_data(self, data: str) -> None:
        inside = self._open[-1] if self._open else ""
        if inside == "title" and "svg" not in self._open:
            self.title += data
        elif inside not in {"script", "style"}:
            self.text += data
            self._said += data

    def handle_endtag(self, tag: str) -> None:
        while tag in self._open and self._open.pop() != tag:
            pass
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = None
        elif tag == "button" and self._button is not None:
            if self._form is not None:
                self._form.buttons.append(Button(*self._button, " ".join(self._said.split())))
            self._button = None


def read_page(response: httpx2.Response) -> Page:
    """What a person sees of ``response``."""
    reader = _Reader()
    reader.feed(response.text)
    here = str(response.url)
    for form in reader.forms:
        form.action = urljoin(here, form.action)
    return Page(
        url=here,
        status=response.status_code,
        headers=response.headers,
        title=" ".join(reader.title.split()),
        text=" ".join(reader.text.split()),
        language=reader.language,
        forms=tuple(reader.forms),
        links=tuple(urljoin(here, link) for link in reader.links),
        refresh=urljoin(here, reader.refresh) if reader.refresh else None,
    )


def _same_place(url: str, other: str) -> bool:
    """Same scheme, host, port and path: a longer port number is another place."""
    return urlsplit(url)[:3] == urlsplit(other)[:3]


class PlainBrowser:
    """One person's browser. It never calls ``stop_at``: what arrives there is handed back."""

    def __init__(self, *, stop_at: str, languages: str = "en") -> None:
        self.stop_at = stop_at
        self._client = httpx2.Client(
            headers={"Accept-Language": languages, "Accept": "text/html"},
            trust_env=False,
            timeout=30,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def open(self, url: str) -> Page | Arrival:
        """Follow a link."""
        return self._go("GET", url, None)

    def submit(
        self, form: Form, typed: Mapping[str, str] | None = None, button: Button | None = None
    ) -> Page | Arrival:
        """Send a form with what a person typed and the button that was pressed."""
        data = {**form.fields, **(typed or {})}
        if button is not None and button.name:
            data[button.name] = button.value
        if form.method == "get":
            return self._go("GET", str(httpx2.URL(form.action, params=data)), None)
        return self._go("POST", form.action, data)

    def _go(self, method: str, url: str, data: dict[str, str] | None) -> Page | Arrival:
        for _ in range(_STEPS):
            if _same_place(url, self.stop_at):
                return Arrival(url, data)
            response = self._client.request(method, urldefrag(url).url, data=data)
            if response.status_code not in _REDIRECTS:
                return read_page(response)
            url = urljoin(url, response.headers["location"])
            if response.status_code not in {307, 308}:
                method, data = "GET", None
        raise AssertionError(f"more than {_STEPS} redirects, the last to {url}")


@dataclass
class Journey:
    """Where the browser arrived, and which pages a person met on the way."""

    arrival: Arrival
    met: tuple[str, ...]


def authorize(
    browser: PlainBrowser, url: str, person: Person, *, decision: str = "allow"
) -> Journey:
    """Do what a person does on the way to the application: sign in, decide, go on."""
    met: list[str] = []
    page = browser.open(url)
    for _ in range(_STEPS):
        if isinstance(page, Arrival):
            return Journey(page, tuple(met))
        if form := page.form_with("password"):
            met.append("signin")
            typed = {"password": person.password}
            if form.fields.get("username", "") == "":
                typed["username"] = person.username
            page = browser.submit(form, typed)
        elif form := page.form_with_button("session", "new"):
            met.append("pick")
            page = browser.submit(form, button=form.button("session", "new"))
        elif form := page.form_with_button("decision", decision):
            met.append("consent")
            page = browser.submit(form, button=form.button("decision", decision))
        elif page.refresh is not None:
            met.append("returning")
            page = browser.open(page.refresh)
        elif form := next((f for f in page.forms if _same_place(f.action, browser.stop_at)), None):
            met.append("returning")
            page = browser.submit(form)
        else:
            break
    raise AssertionError(f"stuck after {met} at {page!r}")
