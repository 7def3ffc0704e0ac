"""The pages about constituents in a real browser: everybody's, in every setting."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.browser.conftest import Visit
from tests.browser.visitor import Setting, Visitor
from tests.support.server import DemoServer

SETTINGS = [
    Setting(theme="light"),
    Setting(theme="dark", language="ja-JP", width=320),
]
PEOPLE = "Email,First Name,Colour\n"


def _name(setting: Setting) -> str:
    return f"{setting.theme}-{setting.language[:2]}-{setting.width}"


def _console(visitor: Visitor, path: str = "") -> str:
    return f"{visitor.riverbend.issuer}/admin/constituents{path}"


def enter(visitor: Visitor) -> None:
    """Sign in as staff, and arrive at the list."""
    staff = visitor.riverbend.staff[0]
    visitor.page.goto(_console(visitor))
    visitor.page.fill("input[name=username]", staff.username)
    visitor.page.fill("input[name=password]", staff.password)
    visitor.press("form:has(input[name=password]) button[type=submit]")


def upload(visitor: Visitor, path: Path, text: str) -> None:
    """Choose a file and send it."""
    path.write_text(text, encoding="utf-8")
    visitor.page.goto(_console(visitor, "/imports"))
    visitor.page.set_input_files("#file", path)
    visitor.press("form[enctype] button[type=submit]")


def _look_around(visitor: Visitor) -> None:
    """The list, a search, one that finds nobody, a person, the question before suspending."""
    visitor.judge("the list")
    visitor.page.goto(_console(visitor, "?q=a&status=active"))
    visitor.judge("a search")
    visitor.page.goto(_console(visitor, "?q=nobody+is+called+that"))
    visitor.judge("no match")
    visitor.page.goto(_console(visitor))
    visitor.press("td a")
    visitor.judge("a person")
    visitor.press("button[name=status]")
    visitor.judge("the question before suspending")


def _invite(visitor: Visitor, email: str) -> None:
    """The form, its error, the link, and what the person sees."""
    visitor.page.goto(_console(visitor, "/invite"))
    visitor.judge("the invitation form")
    visitor.page.fill("#email", "not an address")
    visitor.press("form.panel button[type=submit]")
    assert visitor.page.locator("#problem").evaluate("e => e === document.activeElement")
    visitor.judge("the invitation form with an error")
    visitor.page.fill("#given_name", "花子")
    visitor.page.fill("#email", email)
    visitor.page.select_option("#locale", visitor.setting.language[:2])
    visitor.press("form.panel button[type=submit]")
    visitor.judge("the link")
    link = visitor.page.locator("#invitation-link").inner_text()
    visitor.press("main a.button-main")
    visitor.judge("an invited person")
    visitor.page.goto(link)
    visitor.judge("the invitation")
    visitor.page.fill("#password", "correct horse battery")
    visitor.page.fill("#again", "something else")
    visitor.press("form button[type=submit]")
    visitor.judge("the invitation with an error")
    visitor.page.goto(link + "x")
    visitor.judge("an invitation that is over")


def _import(visitor: Visitor, folder: Path) -> None:
    """A file that is refused, and one of which some rows are."""
    upload(visitor, folder / "broken.csv", 'Email\n"a@example.org\n')
    visitor.judge("a refused file")
    upload(visitor, folder / "mixed.csv", f"{PEOPLE}nobody,Bo,red\n,No,mail\n")
    visitor.page.wait_for_selector("a[download]")
    visitor.page.wait_for_selector("main .tag-green")
    visitor.judge("a finished import")
    visitor.page.goto(_console(visitor, "/imports"))
    visitor.judge("the imports")


@pytest.mark.parametrize("setting", SETTINGS, ids=_name)
def test_every_page_about_constituents_is_accessible_and_fits(
    visit: Visit, demo: DemoServer, setting: Setting, tmp_path: Path
) -> None:
    """No axe violation, no sideways scroll, one heading, the person's language."""
    visitor = visit(demo, setting)
    enter(visitor)
    _look_around(visitor)
    _invite(visitor, f"hanako-{_name(setting)}@example.jp")
    _import(visitor, tmp_path)


def _numbers(visitor: Visitor) -> int:
    """How many rows the progress page says are done."""
    found = re.findall(r"[\d,]+", visitor.page.locator("#progress-text").inner_text())
    return min(int(number.replace(",", "")) for number in found)


def test_progress_moves_by_itself_stops_and_goes_on(
    visit: Visit, fresh_demo: DemoServer, tmp_path: Path
) -> None:
    """A long import, watched without a touch; stopped, it stands still; resumed, it goes on."""
    visitor = visit(fresh_demo, Setting())
    enter(visitor)
    rows = "".join(f"person{n}@example.org,P,\n" for n in range(60_000))
    upload(visitor, tmp_path / "people.csv", PEOPLE + rows)
    first = _numbers(visitor)
    visitor.page.wait_for_function(
        "before => Number(document.querySelector('progress').value) > before", arg=first
    )
    visitor.page.wait_for_function("document.querySelector('[data-announce]').textContent !== ''")
    visitor.press("button[value=stop]")
    stopped = _numbers(visitor)
    visitor.judge("a stopped import")
    visitor.page.reload()
    assert _numbers(visitor) == stopped > 0
    visitor.press("button[value=resume]")
    visitor.page.wait_for_function(
        "before => Number(document.querySelector('progress').value) > before", arg=stopped
    )
    visitor.press("button[value=stop]")


def test_everything_works_without_javascript(
    visit: Visit, fresh_demo: DemoServer, tmp_path: Path
) -> None:
    """The page of an import loads itself anew until it is finished."""
    visitor = visit(fresh_demo, Setting(javascript=False))
    enter(visitor)
    rows = "".join(f"person{n}@example.org,P,\n" for n in range(5_000))
    upload(visitor, tmp_path / "people.csv", PEOPLE + rows)
    visitor.page.locator("main .tag-green").wait_for(timeout=60_000)
    visitor.page.goto(_console(visitor, "?q=person4999"))
    assert visitor.page.locator("td a").count() == 1
    visitor.press("td a")
    visitor.press("button[value=renew]")
    link = visitor.page.locator("#invitation-link").inner_text()
    visitor.forget_cookies()
    visitor.page.goto(link)
    visitor.page.fill("#password", "correct horse battery")
    visitor.page.fill("#again", "correct horse battery")
    visitor.press("form button[type=submit]")
    assert visitor.page.url.endswith("/account")
