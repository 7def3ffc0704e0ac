"""An application from its first draft to the first person who allows it, in a real browser."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest

from tests.browser.conftest import Visit
from tests.browser.portal import (
    ask_for_consent,
    ask_for_review,
    come_in,
    decide,
    register,
    submit,
)
from tests.browser.visitor import Setting, Visitor
from tests.support.pictures import picture
from tests.support.server import DemoServer

SETTINGS = [Setting(), Setting(theme="dark", language="ja-JP", width=320)]


def add_logo(visitor: Visitor, client_id: str) -> None:
    """Choose a picture, and see it."""
    page = visitor.page
    page.goto(f"{visitor.riverbend.issuer}/developer/app/details?app={client_id}")
    page.set_input_files(
        "#logo", {"name": "logo.png", "mimeType": "image/png", "buffer": picture()}
    )
    submit(visitor, f"developer/app/logo?app={client_id}")
    assert page.locator("main .app-picture-large img").evaluate("e => e.naturalWidth") == 256


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
