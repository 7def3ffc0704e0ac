"""A person's own pages in a real browser: their info, keys, organizations and projects."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.browser.conftest import Visit
from tests.browser.visitor import Setting, Visitor
from tests.support.server import DemoServer, Organization

SETTINGS = [
    Setting(theme="light"),
    Setting(theme="dark", language="ja-JP", width=320),
    Setting(javascript=False, width=320),
]
KEY = re.compile(r"dw_pk_[A-Za-z0-9_-]+")


def _name(setting: Setting) -> str:
    script = "" if setting.javascript else "-plain"
    return f"{setting.theme}-{setting.language[:2]}-{setting.width}{script}"


def _look(visitor: Visitor, what: str) -> None:
    """Judge the page, and keep a picture of it where somebody asks for pictures."""
    if visitor.setting.javascript:
        visitor.judge(what)
    folder = os.environ.get("PICTURES")
    if folder:
        name = f"{what.replace(' ', '-')}-{_name(visitor.setting)}.png"
        visitor.page.screenshot(path=Path(folder) / name, full_page=True)


def _enter(visitor: Visitor, organization: Organization, number: int, path: str) -> str:
    """Sign in as one of the organization's people, and open a page of their own."""
    person = organization.constituents[number]
    visitor.page.goto(f"{organization.issuer}/signin")
    visitor.sign_in(username=person.username, password=person.password)
    visitor.page.goto(f"{organization.issuer}/account{path}")
    return organization.issuer


def _submit(visitor: Visitor, heading: str) -> None:
    """Press the button of the form whose heading has this id."""
    visitor.press(f"form[aria-labelledby={heading}] button[type=submit]")


def _keys(visitor: Visitor, issuer: str) -> None:
    """The form, its error, the key itself, the list, and the question before the end."""
    visitor.page.goto(f"{issuer}/account/neon/keys")
    _look(visitor, "keys")
    _submit(visitor, "new-key")
    assert visitor.page.locator("#problem").evaluate("e => e === document.activeElement")
    _look(visitor, "keys with an error")
    visitor.page.fill("#key_name", "ノートパソコン")
    _submit(visitor, "new-key")
    assert KEY.fullmatch(visitor.page.locator("#made-key").inner_text())
    _look(visitor, "a new key")
    visitor.press("main a.button-main")
    assert not KEY.search(visitor.page.content())
    _look(visitor, "keys with one")
    visitor.press("form:has(input[value=revoke]) button")
    _look(visitor, "the question before a key ends")
    visitor.press("button[value=confirm]")
    assert visitor.page.locator("[role=status]").count() == 1


def _groups(visitor: Visitor, issuer: str) -> None:
    """An organization from its beginning to its end."""
    visitor.page.goto(f"{issuer}/account/neon/organizations")
    _look(visitor, "organizations")
    visitor.page.fill("#name", "A club for people who repair very old accordions")
    _submit(visitor, "new-group")
    _look(visitor, "a new organization")
    visitor.page.fill("#address", "not an address")
    _submit(visitor, "invite")
    assert visitor.page.locator("#address").input_value() == "not an address"
    _look(visitor, "an organization with an error")
    address = "somebody.with.a.rather.long.name@mail.of.a.long.domain.example"
    visitor.page.fill("#address", address)
    visitor.page.select_option("#role", "admin")
    _submit(visitor, "invite")
    assert address in visitor.page.locator("section[aria-labelledby=asked]").inner_text()
    _look(visitor, "an organization with an invitation")
    visitor.press("section[aria-labelledby=asked] button")
    visitor.press("button[value=delete]")
    _look(visitor, "the question before an organization ends")
    visitor.press("button[value=confirm]")
    visitor.press("main .list .item:last-child a")
    _look(visitor, "an organization of others")


def _projects(visitor: Visitor, issuer: str) -> None:
    """The three lists."""
    for which in ("own", "shared", "deleted"):
        visitor.page.goto(f"{issuer}/account/neon/projects?list={which}")
        _look(visitor, f"projects {which}")


@pytest.mark.parametrize("setting", SETTINGS, ids=_name)
def test_every_page_about_projects_is_accessible_and_fits(
    visit: Visit, demo: DemoServer, setting: Setting
) -> None:
    """No axe violation, no sideways scroll, one heading, the person's language."""
    visitor = visit(demo, setting)
    issuer = _enter(visitor, demo.organization("neon"), 0, "/neon/projects")
    _projects(visitor, issuer)
    _keys(visitor, issuer)
    _groups(visitor, issuer)


@pytest.mark.parametrize("setting", SETTINGS, ids=_name)
def test_personal_info_is_accessible_and_fits(
    visit: Visit, demo: DemoServer, setting: Setting
) -> None:
    """Names that are kept, a Patreon account that is linked and removed, and what is wrong."""
    visitor = visit(demo, setting)
    _enter(visitor, demo.organization("neos"), 1, "/profile")
    _look(visitor, "personal info")
    visitor.page.fill("#picture_url", "http://pictures.example/a.png")
    _submit(visitor, "about-you")
    assert visitor.page.locator("#problem").evaluate("e => e === document.activeElement")
    _look(visitor, "personal info with an error")
    visitor.page.fill("#picture_url", "")
    _submit(visitor, "about-you")
    visitor.page.fill("#user_id", "４７１１")
    visitor.page.fill("#tier", "Lantern")
    _submit(visitor, "patreon")
    assert visitor.page.locator("#user_id").input_value() == "4711"
    _look(visitor, "personal info with a Patreon account")
    _submit(visitor, "unlink")
    assert visitor.page.locator("#unlink").count() == 0


@pytest.mark.parametrize("setting", SETTINGS[:2], ids=_name)
def test_what_staff_say_of_a_person_on_neos_is_accessible_and_fits(
    visit: Visit, demo: DemoServer, setting: Setting
) -> None:
    """Tags, the error that is focused, a Patreon account confirmed, and the question."""
    visitor, neos = visit(demo, setting), demo.organization("neos")
    _enter(visitor, neos, 1, "/profile")  # the other one keeps what other tests look for
    visitor.page.fill("#user_id", "271828")
    visitor.page.fill("#tier", "Keepers of a lantern with a rather long name")
    _submit(visitor, "patreon")
    visitor.page.goto(f"{neos.issuer}/admin")
    staff = neos.staff[0]
    visitor.sign_in(username=staff.username, password=staff.password)
    number = neos.constituents[1].account_id
    visitor.page.goto(f"{neos.issuer}/admin/constituents/account?id={number}")
    _look(visitor, "a person on Neos")
    visitor.page.fill("#tags", "x" * 60)
    _submit(visitor, "tags-title")
    assert visitor.page.locator("#problem").evaluate("e => e === document.activeElement")
    _look(visitor, "a person on Neos with an error")
    visitor.page.fill("#tags", "mentor\n世界制作者")
    _submit(visitor, "tags-title")
    visitor.press("button[value=verify]")
    assert visitor.page.locator("button[value=unverify]").count() == 1
    _look(visitor, "a person on Neos who is confirmed")
    visitor.press("button[value=ask]")
    _look(visitor, "the question before a Patreon account is removed")
    visitor.press("button[value=remove]")
    assert visitor.page.locator("button[value=ask]").count() == 0


def test_two_people_meet_in_an_organization(visit: Visit, fresh_demo: DemoServer) -> None:
    """One invites by an address, the other accepts: without script, and each in their language."""
    neon = fresh_demo.organization("neon")
    priya = visit(fresh_demo, Setting(javascript=False))
    aoi = visit(fresh_demo, Setting(javascript=False, language="ja-JP"))
    issuer = _enter(priya, neon, 0, "/neon/organizations")
    priya.page.fill("#name", "Tide tables")
    _submit(priya, "new-group")
    priya.page.fill("#address", neon.constituents[1].email)
    _submit(priya, "invite")
    _enter(aoi, neon, 1, "/neon/organizations")
    aoi.press("section[aria-labelledby=waiting] button[value=accept]")
    assert "Tide tables" in aoi.page.locator("h1").inner_text()
    assert aoi.page.locator("#address").count() == 0
    priya.page.reload()
    assert priya.page.locator("section[aria-labelledby=members] .item").count() == 2
    priya.press("button[value=remove]")
    priya.press("button[value=confirm]")
    aoi.page.goto(f"{issuer}/account/neon/organizations")
    assert "Tide tables" not in aoi.page.locator("main").inner_text()
