"""Looking after one's own account in a browser: the checkup, the data, leaving."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.browser.conftest import Visit
from tests.browser.visitor import Setting
from tests.support.server import DemoServer

SETTINGS = [
    Setting(theme="light"),
    Setting(theme="dark", language="ja-JP", width=320),
]


def _name(setting: Setting) -> str:
    return f"{setting.theme}-{setting.language[:2]}-{setting.width}"


@pytest.mark.parametrize("setting", SETTINGS, ids=_name)
def test_a_person_looks_after_their_account(
    visit: Visit, fresh_demo: DemoServer, setting: Setting, tmp_path: Path
) -> None:
    """Every page is accessible and fits; the file is whole; a deletion is taken back."""
    visitor = visit(fresh_demo, setting)
    page, issuer = visitor.page, visitor.riverbend.issuer
    page.goto(f"{issuer}/account")
    visitor.sign_in()
    visitor.judge("the checkup")
    page.screenshot(path=tmp_path / "checkup.png", full_page=True)
    page.goto(f"{issuer}/account/activity")
    visitor.judge("the log")
    page.screenshot(path=tmp_path / "log.png", full_page=True)
    page.goto(f"{issuer}/account/data")
    visitor.judge("the data")
    page.screenshot(path=tmp_path / "data.png", full_page=True)
    with page.expect_download() as begun:
        page.locator("main form button").click()
    told = json.loads(begun.value.path().read_text())
    assert told["account"]["username"] == visitor.person.username
    page.goto(f"{issuer}/account/delete")
    visitor.judge("leaving")
    page.screenshot(path=tmp_path / "delete.png", full_page=True)
    page.locator("input[name=name]").fill("somebody else")
    visitor.press("button[value=delete]")
    visitor.judge("leaving under another name")
    page.locator("input[name=name]").fill(visitor.person.username)
    visitor.press("button[value=delete]")
    visitor.judge("goodbye")
    page.screenshot(path=tmp_path / "goodbye.png", full_page=True)
    visitor.press("main a.button")
    visitor.sign_in()
    visitor.judge("before the end")
    page.screenshot(path=tmp_path / "pending.png", full_page=True)
    visitor.press("button[value=keep]")
    visitor.judge("kept")
