"""One walk over every page of the sign-in side, in both themes, both languages, wide and narrow."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Visit
from tests.browser.visitor import Setting, Visitor
from tests.support.server import DemoServer

SETTINGS = [
    Setting(theme="light"),
    Setting(theme="dark", language="ja-JP", width=320),
]


def _name(setting: Setting) -> str:
    return f"{setting.theme}-{setting.language[:2]}-{setting.width}"


def _sign_in_side(visitor: Visitor) -> None:
    """Sample, sign-in, its error, consent, the sample again."""
    visitor.page.goto(visitor.sample)
    visitor.judge("the sample's home")
    visitor.start(prompt="consent")
    visitor.judge("sign-in")
    visitor.sign_in(password="not the password")
    visitor.judge("sign-in with an error")
    visitor.sign_in()
    assert visitor.is_asked_for_consent()
    visitor.judge("consent")
    visitor.decide("allow")
    visitor.arrives()
    visitor.judge("the sample, signed in")


def _signed_in_pages(visitor: Visitor) -> None:
    """The picker, the second sign-in, a cancelled consent."""
    visitor.start(prompt="select_account")
    assert visitor.page.locator("button[name=session]").count() >= 2
    visitor.judge("account picker")
    visitor.start(prompt="login")
    assert visitor.is_asked_to_sign_in()
    visitor.judge("sign-in again")
    visitor.start(prompt="consent")
    visitor.decide("deny")
    visitor.arrives()
    visitor.judge("the sample, refused")


def _error_pages(visitor: Visitor) -> None:
    """Requests that must not be answered by a redirect."""
    issuer = visitor.riverbend.issuer
    application = visitor.riverbend.application("client_secret_basic")
    stranger = visitor.authorization_url(application, redirect_uri="http://127.0.0.1:9/elsewhere")
    for where, url in (
        ("unknown application", f"{issuer}/oauth2/auth?client_id=nobody&response_type=code"),
        ("unregistered redirect", stranger),
        ("no such page", f"{issuer}/no-such-page"),
    ):
        response = visitor.page.goto(url)
        assert response is not None
        assert 400 <= response.status < 500
        assert visitor.page.url.startswith(visitor.server.base_url)
        visitor.judge(where)


def _sign_out_pages(visitor: Visitor) -> None:
    """The question, and the page after it."""
    endpoint = f"{visitor.riverbend.issuer}/oauth2/sessions/logout"
    visitor.page.goto(endpoint)
    visitor.judge("sign-out question")
    visitor.decide("allow")
    visitor.judge("signed out")
    # The sample application still has its own session: it asks for a new sign-in nonetheless.
    visitor.page.goto(f"{visitor.sample}/signin")
    assert visitor.is_asked_to_sign_in()


@pytest.mark.parametrize("setting", SETTINGS, ids=_name)
def test_every_page_is_accessible_and_fits(
    visit: Visit, demo: DemoServer, setting: Setting
) -> None:
    """No axe violation, no sideways scroll, one heading, the person's language."""
    visitor = visit(demo, setting)
    _sign_in_side(visitor)
    _signed_in_pages(visitor)
    _error_pages(visitor)
    _sign_out_pages(visitor)
