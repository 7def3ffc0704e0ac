"""What a stranger writes about an application is refused with a sentence, or is only text.

Whoever looks at the pages complains of a dialog, of a request to another host and of anything that
the content security policy had to stop (``tests/browser/visitor.py``).
"""

from __future__ import annotations

import pytest

from tests.browser.conftest import Visit
from tests.browser.portal import ask_for_consent, ask_for_review, come_in, register, submit
from tests.browser.visitor import Setting, Visitor
from tests.support.pictures import SVG
from tests.support.server import DemoServer

HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script>"
NAMES = ("Gift\u202estropeR", "Gift\u200bReports", "Riverbend", "R\u0456verbend", "R1verbend")
"""Directions and characters that do not show, and the organization's own name to the eye."""
LINKS = ("JaVaScRiPt:alert(1)", "data:text/html,<script>alert(1)</script>", "//evil.example")
CALLBACKS = (
    "javascript:alert(1)",
    "JAVASCRIPT://polaris.example/%0aalert(1)",
    "data:text/html;base64,PHNjcmlwdD4=",
    "https://good@evil@polaris.example/cb",
    "https://polaris.example@evil.example/cb",
    "https://polaris.example/cb/../x",
    "https://polaris.example/cb/%2e%2e/x",
    "https://polaris.example/cb%5cx",
    "https://polaris.example/cb%0d%0aSet-Cookie:x",
    "https://polaris.example/cb#fragment",
    "https://polaris.example/cb?code=stolen",
    "https://*.polaris.example/cb",
    "https://pol\u0430ris.example/cb",
    "http://localhost.evil.example/cb",
    "http://localhost:80@evil.example/cb",
    "http://localhost/cb",
    "http://polaris.example/cb",
    "com.example.app:/cb",
)


def fill(visitor: Visitor, **texts: str) -> None:
    """A new form with something sound in every field, and ``texts``."""
    page = visitor.page
    page.goto(f"{visitor.riverbend.issuer}/developer/new")
    sound = {
        "name": "Gift Ledger",
        "description": "Reports on gifts.",
        "redirect_uris": f"{visitor.sample}/callback",
    }
    for field, text in {**sound, **texts}.items():
        page.locator(f"[name={field}]").fill(text)


def is_refused_at(visitor: Visitor, *fields: str) -> bool:
    """Send the form: whether a sentence stands at each of ``fields``, and nothing is registered."""
    submit(visitor, "developer/new")
    page = visitor.page
    assert page.locator("#problem").count() == 1
    assert page.locator("#client-id").count() == 0
    return all(page.locator(f"#{field}-error").inner_text().strip() for field in fields)


@pytest.mark.parametrize("javascript", [True, False], ids=["script", "plain"])
def test_every_address_of_the_tricks_is_refused_by_name(
    visit: Visit, demo: DemoServer, *, javascript: bool
) -> None:
    """All at once, each with its sentence; a script says so before the form is sent."""
    developer = visit(demo, Setting(javascript=javascript))
    come_in(developer, developer.riverbend.constituents[0], "developer")
    fill(developer, redirect_uris="\n".join(CALLBACKS), homepage_url=LINKS[0], privacy_url=LINKS[1])
    error = developer.page.locator("#redirect_uris-error")
    if javascript:
        developer.page.locator("[name=name]").focus()
        error.wait_for()
    assert is_refused_at(developer, "redirect_uris", "homepage_url", "privacy_url")
    named = error.locator("code").all_inner_texts()
    assert set(named) == set(CALLBACKS)
    assert developer.page.locator("main a[href^='javascript' i], main a[href^='data']").count() == 0
    developer.judge("a form full of tricks") if javascript else None


def test_names_and_pictures_that_deceive_are_refused(visit: Visit, demo: DemoServer) -> None:
    """Beside their field; a picture of ten megabytes costs nothing that was typed."""
    developer = visit(demo)
    come_in(developer, developer.riverbend.constituents[0], "developer")
    for name in NAMES:
        fill(developer, name=name)
        assert is_refused_at(developer, "name"), name
        assert developer.page.locator("[name=name]").input_value() == name
    fill(developer, terms_url=LINKS[2])
    assert is_refused_at(developer, "terms_url")
    for data, kind in ((b"\x89PNG" + b"x" * 10_000_000, "image/png"), (SVG, "image/png")):
        fill(developer, description=HOSTILE)
        developer.page.set_input_files(
            "#logo", {"name": '"><script>.png', "mimeType": kind, "buffer": data}
        )
        assert is_refused_at(developer, "logo")
        assert developer.page.locator("[name=description]").input_value() == HOSTILE


def test_hostile_words_are_words(visit: Visit, demo: DemoServer) -> None:
    """On every page that shows them: its owner's, the reviewer's, and that of consent."""
    developer, reviewer = visit(demo), visit(demo)
    issuer = developer.riverbend.issuer
    come_in(developer, developer.riverbend.constituents[0], "developer")
    client_id, _secret = register(
        developer, "<b onclick=alert(1)>Bold", description=HOSTILE, company=HOSTILE, reason=HOSTILE
    )
    for path in ("", "/app", "/app/details", "/app/scopes", "/app/preview", "/app/review"):
        developer.page.goto(f"{issuer}/developer{path}?app={client_id}")
        assert developer.page.locator("main img[src=x], main b[onclick]").count() == 0
        developer.judge(path)
    ask_for_review(developer, client_id)
    ask_for_consent(developer, client_id)
    assert developer.is_asked_for_consent()
    assert "<b onclick=alert(1)>Bold" in developer.page.locator("main").inner_text()
    assert developer.page.locator("img[src=x], main script, b[onclick]").count() == 0
    developer.judge("consent for a hostile application")
    come_in(reviewer, reviewer.riverbend.staff[0], "admin/review")
    reviewer.page.goto(f"{issuer}/admin/review/app?client_id={client_id}")
    assert HOSTILE in reviewer.page.locator("main").inner_text()
    assert reviewer.page.locator("main img[src=x], main script").count() == 0
    reviewer.judge("review of a hostile application")


def test_a_dialog_and_a_stopped_script_would_be_noticed(visit: Visit, demo: DemoServer) -> None:
    """The visitor who looks at these pages hears both."""
    watcher = visit(demo)
    watcher.page.goto(f"{watcher.riverbend.issuer}/signin")
    with watcher.page.expect_event("dialog"):
        watcher.page.evaluate("setTimeout(() => alert(1))")
    style = "Object.assign(document.createElement('style'), {textContent: 'a{}'})"
    with watcher.page.expect_console_message():
        watcher.page.evaluate(f"document.head.append({style})")
    heard, watcher.complaints = watcher.complaints, []
    assert any("a dialog said: 1" in each for each in heard)
    assert any("Content Security Policy" in each for each in heard)
