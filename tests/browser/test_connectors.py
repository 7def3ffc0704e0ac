"""Connectors in a real browser: registered, described, corrected, in both languages."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.browser.conftest import Visit
from tests.browser.portal import come_in, submit
from tests.browser.visitor import Setting, Visitor
from tests.connectors.manifests import plain
from tests.support.server import DemoServer

SETTINGS = [
    Setting(),
    Setting(theme="dark", language="ja-JP", width=320),
    Setting(javascript=False, width=320),
]
INSTRUCTIONS = (
    "## In the developer portal\n\n1. Open the [portal](https://acme.example/apps).\n"
    "2. Choose **New application** and copy the redirect URI:\n\n"
    "```\nhttps://id.example/connect/callback/acme\n```\n\n> Ask your administrator first."
)


def _judge(visitor: Visitor, where: str) -> None:
    """The checks of every page, which need script themselves."""
    if visitor.setting.javascript:
        visitor.judge(where)
    else:
        assert visitor.page.locator("h1").count() == 1, where


def _name(setting: Setting) -> str:
    return f"{setting.theme}-{setting.language[:2]}-{setting.width}-{setting.javascript}"


def _register(visitor: Visitor, slug: str) -> None:
    page = visitor.page
    page.goto(f"{visitor.riverbend.issuer}/developer/connectors/new")
    _judge(visitor, "new connector")
    for field, text in {
        "name": "Acme CRM",
        "slug": slug,
        "authorize_url": "https://acme.example/oauth/authorize",
    }.items():
        page.locator(f"[name={field}]").fill(text)
    page.locator("[name=admin_managed]").check()
    page.locator("[name=instructions_en]").fill(INSTRUCTIONS)
    submit(visitor, "developer/connectors/new", "button[value=preview]")
    assert page.locator(".reading h3").count() == 1
    _judge(visitor, "new connector, preview")
    submit(visitor, "developer/connectors/new", "button[value=register]")
    assert page.locator("#token_url-error").count() == 1
    _judge(visitor, "new connector, with an error")
    page.locator("[name=token_url]").fill("https://acme.example/oauth/token")
    submit(visitor, "developer/connectors/new", "button[value=register]")
    assert page.locator("[role=status]").count() == 1
    _judge(visitor, "connector")


def _correct(visitor: Visitor, slug: str) -> None:
    page, issuer = visitor.page, visitor.riverbend.issuer
    page.goto(f"{issuer}/developer/connectors/connector/manifest?connector={slug}")
    _judge(visitor, "manifest")
    kept = json.loads(page.locator("#manifest").input_value())
    kept["auth_options"][0]["token"]["url"] = "http://acme.example/token"
    page.locator("#manifest").fill(json.dumps(kept, indent=2))
    submit(visitor, "developer/connectors/connector/manifest")
    assert page.locator(".faults li").count() >= 1
    _judge(visitor, "manifest with faults")
    page.goto(f"{issuer}/developer/connectors/connector/auth?connector={slug}")
    _judge(visitor, "credentials")


@pytest.mark.parametrize("setting", SETTINGS, ids=_name)
def test_a_connector_is_registered_corrected_and_removed(
    visit: Visit, demo: DemoServer, setting: Setting, tmp_path: Path
) -> None:
    """By a form, and by a file; every page is accessible and fits, with and without script."""
    visitor = visit(demo, setting)
    page, issuer = visitor.page, visitor.riverbend.issuer
    come_in(visitor, visitor.riverbend.constituents[0], "developer/connectors")
    _judge(visitor, "connectors, none")
    slug = f"acme-{_name(setting).lower().replace('true', 'a').replace('false', 'b')}"
    _register(visitor, slug)
    _correct(visitor, slug)
    page.goto(f"{issuer}/developer/connectors/import")
    _judge(visitor, "import")
    manifest = tmp_path / "manifest.json"
    manifest.write_text(json.dumps(plain(slug=f"{slug}-file")))
    page.locator("#manifest-file").set_input_files(os.fspath(manifest))
    submit(visitor, "developer/connectors/import")
    page.goto(f"{issuer}/developer/connectors")
    assert page.locator("main li.item").count() == 2
    _judge(visitor, "connectors")
    for each in (slug, f"{slug}-file"):
        page.goto(f"{issuer}/developer/connectors/connector/remove?connector={each}")
        _judge(visitor, "remove a connector")
        submit(visitor, "developer/connectors/connector/remove")
    assert page.locator("main li.item").count() == 0
