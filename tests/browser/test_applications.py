"""An application from its first draft to the first person who allows it, in a real browser."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx2
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
        "scope": "openid profile email",
        "redirect_uri": f"{visitor.sample}/callback",
        "code_challenge": challenge_of("v" * 43),
        "code_challenge_method": "S256",
    }
    visitor.page.goto(f"{visitor.riverbend.issuer}/oauth2/auth?{urlencode(query)}")


class Program:
    """The application's server, which holds a token."""

    def __init__(self, visitor: Visitor, client: tuple[str, str]) -> None:
        """Redeem the code with which ``visitor`` has just arrived."""
        self._issuer = visitor.riverbend.issuer
        code = dict(parse_qsl(urlsplit(visitor.page.url).query))["code"]
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": f"{visitor.sample}/callback",
            "code_verifier": "v" * 43,
        }
        answer = httpx2.post(
            f"{self._issuer}/oauth2/token", data=form, auth=client, trust_env=False
        )
        self.tokens = answer.json()

    def ask(self) -> httpx2.Response:
        """Call UserInfo."""
        headers = {"authorization": f"Bearer {self.tokens['access_token']}"}
        return httpx2.get(f"{self._issuer}/userinfo", headers=headers, trust_env=False)


@pytest.mark.parametrize("setting", SETTINGS, ids=["en", "ja"])
def test_an_application_is_registered_reviewed_and_allowed(
    visit: Visit, demo: DemoServer, setting: Setting
) -> None:
    """With its logo and its reasons, by three people in three browsers, until it is removed."""
    developer, reviewer, person = (visit(demo, setting) for _ in range(3))
    house = developer.riverbend
    come_in(developer, house.constituents[0], "developer")
    developer.judge("your applications")
    client_id, secret = register(developer, f"Gift Reports {setting.language}")
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
    person.page.locator("[name=scope][value=profile]").uncheck()
    person.decide("allow")
    person.page.wait_for_url(lambda url: url.startswith(f"{person.sample}/"))
    program = Program(person, (client_id, secret))
    assert program.tokens["scope"] == "openid email"
    assert set(program.ask().json()) == {"sub", "email", "email_verified"}
    person.page.goto(f"{house.issuer}/account/apps")
    person.judge("connected apps")
    item = person.page.locator("li.item", has_text=f"Gift Reports {setting.language}")
    for button in (item.locator("button[value=change]"), None):
        with person.page.expect_navigation():
            (button or item.locator("button[value=ask]")).click()
        person.judge("what an application may do")
        if button is not None:
            person.page.goto(f"{house.issuer}/account/apps")
    person.press("button[name=decision][value=remove]")
    assert program.ask().status_code == 401


def test_hostile_words_are_words(visit: Visit, demo: DemoServer) -> None:
    """No dialog, no complaint of the policy, on any page that shows them."""
    developer, reviewer = visit(demo), visit(demo)
    issuer = developer.riverbend.issuer
    come_in(developer, developer.riverbend.constituents[0], "developer")
    client_id, _secret = register(
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
