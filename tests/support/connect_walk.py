"""Connecting an account as a person does it: links, forms, sign-ins, consent; no script, no API."""

from __future__ import annotations

from collections.abc import Mapping

from tests.support.browser_forms import Arrival, Form, Page, PlainBrowser
from tests.support.server import Person

__all__ = ["walk"]

_STEPS = 20


def walk(
    browser: PlainBrowser,
    start: str,
    people: Mapping[str, Person],
    typed: Mapping[str, str] | None = None,
) -> Page | Arrival:
    """Go from ``start`` until there is nothing to sign in to, to allow, or to connect.

    ``people`` are who signs in at each issuer, and ``typed`` what the connector's form gets.
    """
    page = browser.open(start)
    for _ in range(_STEPS):
        if isinstance(page, Arrival):
            return page
        if form := page.form_with("password"):
            person = next(each for at, each in people.items() if page.url.startswith(f"{at}/"))
            page = browser.submit(form, _sign_in(form, person))
        elif form := page.form_with_button("decision", "allow"):
            page = browser.submit(form, button=form.button("decision", "allow"))
        elif form := page.form_with_button("action", "connect"):
            page = browser.submit(form, typed, form.button("action", "connect"))
        elif page.refresh is not None:
            page = browser.open(page.refresh)
        else:
            return page
    raise AssertionError(f"no end in sight at {page!r}")


def _sign_in(form: Form, person: Person) -> dict[str, str]:
    typed = {"password": person.password}
    if not form.fields.get("username"):
        typed["username"] = person.username
    return typed
