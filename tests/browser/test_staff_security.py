"""The audit log, roles, the sign-in policy and signing keys in a real browser."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Visit
from tests.browser.test_admin_pages import come_in, judge, submit
from tests.browser.visitor import Setting
from tests.support.server import DemoServer

SETTINGS = [
    Setting(theme="dark", language="ja-JP"),
    Setting(theme="light", width=320),
    Setting(theme="light", javascript=False),
]
PAGES = (
    "audit",
    "audit?since=never",
    "audit?actor=nobody",
    "audit/chain",
    "roles",
    "sign-in",
    "keys",
    "users/user?id=2",
)


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda each: f"{each.theme}-{each.width}")
def test_every_page_is_accessible_and_works(
    visit: Visit, demo: DemoServer, setting: Setting
) -> None:
    """No axe violation, no sideways scroll; the log verifies, and each event has its page."""
    visitor = visit(demo, setting)
    come_in(visitor)
    page, issuer = visitor.page, visitor.riverbend.issuer
    for path in PAGES:
        page.goto(f"{issuer}/admin/{path}")
        judge(visitor, path)
    page.goto(f"{issuer}/admin/audit")
    visitor.press("main a[href*='/admin/audit/event?']")
    judge(visitor, "one event")
    page.goto(f"{issuer}/admin/audit/chain")
    submit(visitor, "audit/verify")
    judge(visitor, "a chain that was verified")
    assert page.locator("main .notice-green").count() == 1
    page.locator("input[name=audit_keep_s]").fill("3")
    submit(visitor, "audit/retention")
    judge(visitor, "a time that is too short")
    page.goto(f"{issuer}/admin/keys")
    submit(visitor, "keys/rotate")
    judge(visitor, "question before keys are rotated")
