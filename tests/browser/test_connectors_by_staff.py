"""Connectors in the staff console, in a real browser: found, switched, set up."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Visit
from tests.browser.portal import come_in, submit
from tests.browser.visitor import Setting, Visitor
from tests.support.server import DemoServer

SETTINGS = [
    Setting(),
    Setting(theme="dark", language="ja-JP", width=320),
    Setting(javascript=False, width=320),
]
MANIFEST = """{
  "slug": "%s",
  "name": "Lake CRM",
  "auth_options": [
    {
      "name": "oauth",
      "type": "oauth2_code",
      "admin_managed": true,
      "admin_instructions": {"en": "# Do this\\n\\n1. Open **Settings**\\n2. Copy `id`"},
      "authorize": {"url": "https://lake.example/authorize"},
      "token": {"url": "https://lake.example/token"}
    },
    {
      "name": "key",
      "type": "api_key",
      "variables": [
        {"name": "api_key", "secret": true, "managed": true, "scope": "account"},
        {"name": "seat", "managed": true}
      ],
      "delivery": {"name": "X-Key", "value": "{api_key}"}
    }
  ]
}"""


def _judge(visitor: Visitor, where: str) -> None:
    """The checks of every page, which need script themselves."""
    if visitor.setting.javascript:
        visitor.judge(where)
    else:
        assert visitor.page.locator("h1").count() == 1, where


def _name(setting: Setting) -> str:
    script = "script" if setting.javascript else "plain"
    return f"{setting.theme}-{setting.language[:2].lower()}-{setting.width}-{script}"


def _set_up(visitor: Visitor, address: str) -> None:
    """Give credentials, first wrong and then right; fill in what administrators do."""
    page = visitor.page
    page.goto(address)
    _judge(visitor, "connector, off")
    assert page.locator(".reading h3").count() == 1
    submit(visitor, "admin/connectors/switch")
    assert page.locator("[role=status]").count() == 1
    page.locator("[name=client_id]").fill("riverbend")
    submit(visitor, "admin/connectors/credentials", "button[value=save]")
    assert page.locator("#client_secret-error").count() == 1
    _judge(visitor, "credentials with an error")
    page.locator("[name=client_secret]").fill("a secret of the client")
    submit(visitor, "admin/connectors/credentials", "button[value=save]")
    _judge(visitor, "credentials that wait")
    assert page.locator("main a[href*='/connect/start']").count() == 1
    assert "a secret of the client" not in page.content()
    page.locator("[name='managed.api_key']").fill("a key of everybody")
    submit(visitor, "admin/connectors/managed")
    assert "a key of everybody" not in page.content()
    assert page.locator("[name='forget.api_key']").count() == 1
    _judge(visitor, "managed fields")


@pytest.mark.parametrize("setting", SETTINGS, ids=_name)
def test_staff_find_switch_and_set_up_a_connector(
    visit: Visit, demo: DemoServer, setting: Setting
) -> None:
    """Every page is accessible and fits, with and without script; no secret comes back."""
    visitor = visit(demo, setting)
    page, issuer, staff = visitor.page, visitor.riverbend.issuer, visitor.riverbend.staff[0]
    come_in(visitor, staff, "admin/connectors")
    _judge(visitor, "catalogue")
    page.locator("[name=q]").fill("close key")
    submit(visitor, "admin/connectors")
    assert page.locator("main li.item").count() >= 1
    slug = f"lake-{_name(setting)}"
    page.goto(f"{issuer}/developer/connectors/import")
    page.locator("#manifest").fill(MANIFEST % slug)
    submit(visitor, "developer/connectors/import")
    _set_up(visitor, f"{issuer}/admin/connectors/connector?connector={slug}")
    for path in ("admin/connections", "developer/connectors/test"):
        page.goto(f"{issuer}/{path}")
        _judge(visitor, path)
    page.goto(f"{issuer}/developer/connectors/connector/remove?connector={slug}")
    submit(visitor, "developer/connectors/connector/remove")
