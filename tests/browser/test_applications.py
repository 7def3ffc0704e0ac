"""An application from its first draft to the first person who allows it, in a real browser."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from doorward.protocol import challenge_of
from tests.browser.conftest import Visit
from tests.browser.visitor import Setting, Visitor
from tests.support.pictures import picture
from tests.support.server import DemoServer, Person

SETTINGS = [Setting(), Setting(theme="dark", language="ja-JP", width=320)]
HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script>"


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


def register(visitor: Visitor, name: str, **texts: str) -> str:
    """Fill in the form for a new application. Answers its client id."""
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
    page.goto(f"{issuer}/developer/app/scopes?app={client_id}")
    page.locator("[name='scope.openid']").check()
    page.locator("[name='scope.email']").check()
    submit(visitor, "developer/app/scopes")
    assert page.locator("#problem").count() == 1
    visitor.judge("scopes with an error")
    page.locator("[name='purpose.email']").fill(texts.get("reason", "To send reports."))
    submit(visitor, "developer/app/scopes")
    return client_id


def add_logo(visitor: Visitor, client_id: str) -> None:
    """Choose a picture, and see it."""
    page = visitor.page
    page.goto(f"{visitor.riverbend.issuer}/developer/app/details?app={client_id}")
    page.set_input_files(
        "#logo", {"name": "logo.png", "mimeType": "image/png", "buffer": picture()}
    )
    submit(visitor, f"developer/app/logo?app={client_id}")
    assert page.locator("main .app-picture-large img").evaluate("e => e.naturalWidth") == 256


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
        "scope": "openid email",
        "redirect_uri": f"{visitor.sample}/callback",
        "code_challenge": challenge_of("v" * 43),
        "code_challenge_method": "S256",
    }
    visitor.page.goto(f"{visitor.riverbend.issuer}/oauth2/auth?{urlencode(query)}")


@pytest.mark.parametrize("setting", SETTINGS, ids=["en", "ja"])
def test_an_application_is_registered_reviewed_and_allowed(
    visit: Visit, demo: DemoServer, setting: Setting
) -> None:
    """With its logo and its reasons, by three people in three browsers."""
    developer, reviewer, person = (visit(demo, setting) for _ in range(3))
    house = developer.riverbend
    come_in(developer, house.constituents[0], "developer")
    developer.judge("your applications")
    client_id = register(developer, f"Gift Reports {setting.language}")
    add_logo(developer, client_id)
    ask_for_review(developer, client_id)
    come_in(reviewer, house.staff[0], "admin/review")
    reviewer.judge("queue")
    decide(reviewer, client_id, "request_changes", "Say more.")
    page = developer.page
    page.goto(f"{house.issuer}/developer/app?app={client_id}")
    assert "Say more." in page.locator("main").inner_text()
    developer.judge("overview with a message")
    page.goto(f"{house.issuer}/developer/app/details?app={client_id}")
    page.locator("[name=description]").fill("Reports on gifts, month by month.")
    submit(developer, "developer/app/details")
    ask_for_review(developer, client_id)
    decide(reviewer, client_id, "approve")
    ask_for_consent(person, client_id)
    person.sign_in(username=house.constituents[1].username, password=house.constituents[1].password)
    assert person.is_asked_for_consent()
    assert person.page.locator(".leaf-app img").evaluate("e => e.naturalWidth") == 96
    assert "To send reports." in person.page.locator("main").inner_text()
    person.judge("consent with a logo and reasons")
    person.decide("allow")
    person.page.wait_for_url(lambda url: url.startswith(f"{person.sample}/"))


def test_hostile_words_are_words(visit: Visit, demo: DemoServer) -> None:
    """No dialog, no complaint of the policy, on any page that shows them."""
    developer, reviewer = visit(demo), visit(demo)
    issuer = developer.riverbend.issuer
    come_in(developer, developer.riverbend.constituents[0], "developer")
    client_id = register(
        developer, "<b onclick=alert(1)>Bold", description=HOSTILE, company=HOSTILE, reason=HOSTILE
    )
    for path in ("", "/app", "/app/details", "/app/scopes", "/app/preview", "/app/review"):
        developer.page.goto(f"{issuer}/developer{path}?app={client_id}")
        assert developer.page.locator("main img[src=x]").count() == 0
        developer.judge(path)
    ask_for_review(developer, client_id)
    come_in(reviewer, reviewer.riverbend.staff[0], "admin/review")
    reviewer.page.goto(f"{issuer}/admin/review/app?client_id={client_id}")
    assert HOSTILE in reviewer.page.locator("main").inner_text()
    assert reviewer.page.locator("main img[src=x], main script").count() == 0
    reviewer.judge("review of a hostile application")
