"""What developers, reviewers and people do about an application, page by page."""

from __future__ import annotations

from urllib.parse import urlencode

from doorward.protocol import challenge_of
from tests.browser.visitor import Visitor
from tests.support.server import Person

__all__ = ["ask_for_consent", "ask_for_review", "come_in", "decide", "register", "submit"]


def come_in(visitor: Visitor, person: Person, path: str) -> None:
    """Sign in as ``person`` by way of a page."""
    visitor.person = person
    visitor.page.goto(f"{visitor.riverbend.issuer}/{path}")
    assert visitor.is_asked_to_sign_in()
    visitor.sign_in()


def submit(visitor: Visitor, action: str, button: str = "button:not([type=button])") -> None:
    """Press a button of the form that posts to ``action``, the last one if none is named."""
    form = visitor.page.locator(f"main form[action*='/{action}']")
    with visitor.page.expect_navigation():
        form.locator(button).last.click()


def register(visitor: Visitor, name: str, **texts: str) -> tuple[str, str]:
    """Fill in the form for a new application. Answers its client id and its secret."""
    page, issuer = visitor.page, visitor.riverbend.issuer
    page.goto(f"{issuer}/developer/new")
    visitor.judge("new application")
    typed = {
        "name": name,
        "description": "Reports on gifts.",
        "company": "Polaris",
        "reason": "People see their gifts.",
        "contact_email": "dev@polaris.example",
        "homepage_url": "https://polaris.example",
        "redirect_uris": f"{visitor.sample}/callback",
        **texts,
    }
    for field, text in typed.items():
        page.locator(f"[name={field}]").fill(text)
    submit(visitor, "developer/new")
    visitor.judge("secret shown once")
    client_id = page.locator("#client-id").inner_text()
    secret = page.locator("#client-secret").inner_text()
    page.goto(f"{issuer}/developer/app/scopes?app={client_id}")
    page.locator("[name='scope.openid']").check()
    for scope in ("profile", "email"):
        page.locator(f"[name='scope.{scope}']").check()
        page.locator(f"[name='optional.{scope}']").check()
    submit(visitor, "developer/app/scopes")
    assert page.locator("#problem").count() == 1
    visitor.judge("scopes with an error")
    for scope in ("profile", "email"):
        page.locator(f"[name='purpose.{scope}']").fill(texts.get("reason", "To send reports."))
    submit(visitor, "developer/app/scopes")
    return client_id, secret


def ask_for_review(visitor: Visitor, client_id: str) -> None:
    """Submit it."""
    visitor.page.goto(f"{visitor.riverbend.issuer}/developer/app/review?app={client_id}")
    visitor.judge("review")
    submit(visitor, "developer/app/review", "button[value=submit]")


def decide(visitor: Visitor, client_id: str, action: str, message: str = "") -> None:
    """The reviewer's part."""
    page = visitor.page
    page.goto(f"{visitor.riverbend.issuer}/admin/review/app?client_id={client_id}")
    visitor.judge("review by staff")
    page.locator("[name=message]").fill(message)
    submit(visitor, "admin/review/app", f"button[value={action}]")
    assert page.locator("[role=status]").count() == 1


def ask_for_consent(visitor: Visitor, client_id: str) -> None:
    """What an application opens in the person's browser."""
    query = {
        "client_id": client_id,
        "response_type": "code",
        "scope": "openid profile email",
        "redirect_uri": f"{visitor.sample}/callback",
        "code_challenge": challenge_of("v" * 43),
        "code_challenge_method": "S256",
    }
    visitor.page.goto(f"{visitor.riverbend.issuer}/oauth2/auth?{urlencode(query)}")
