"""Connecting accounts in a real browser, at platforms that answer: in both languages, any width."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import msgspec
import pytest
from playwright.sync_api import Route

from tests.browser.conftest import Visit
from tests.browser.visitor import Setting, Visitor
from tests.support.connecting import ConnectSite, running_site
from tests.support.databases import SqliteTemplate
from tests.support.factories import PASSWORD
from tests.support.upstream import API_KEY, CLIENT_ID, SECRET

SETTINGS = [
    Setting(),
    Setting(theme="dark", language="ja-JP", width=320),
    Setting(javascript=False, width=320),
]
STEPS = "## In the portal\n\n1. Open [the portal](https://docs.example/apps).\n2. Copy the address."


def _name(setting: Setting) -> str:
    return f"{setting.theme}-{setting.language[:2]}-{setting.width}-{setting.javascript}"


@pytest.fixture
def site(sqlite_template: SqliteTemplate, tmp_path: Path) -> Iterator[ConnectSite]:
    """A Doorward with one platform to sign in at, and one that gives keys."""
    with running_site(sqlite_template.copy_to(tmp_path / "doorward.sqlite")) as running:
        running.install_oauth("harbor", "Harbor CRM", admin_instructions=STEPS)
        running.install_key("lantern", "Lantern Mail")
        yield running


def _enter(visitor: Visitor, name: str, path: str) -> None:
    """Come to a page as ``name``, who has to sign in first."""
    visitor.page.goto(f"{visitor.riverbend.issuer}{path}")
    assert visitor.is_asked_to_sign_in()
    visitor.sign_in(username=name, password=PASSWORD.reveal())


def _judge(visitor: Visitor, where: str) -> None:
    """Everything that holds on every page; without script, what can be measured without it."""
    if visitor.setting.javascript:
        visitor.judge(where)
        return
    wide = visitor.page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"{where} scrolls sideways by {wide} px"
    assert visitor.page.locator("h1").count() == 1, f"{where} has no single heading"


def _press(visitor: Visitor, value: str) -> None:
    visitor.press(f"main button[value={value}]")


def _connect(visitor: Visitor) -> None:
    """Leave for the platform, which allows it at once, and come back."""
    visitor.page.locator("main button[value=connect]").click()
    visitor.page.wait_for_url("**/connect/done?*")


def _set_up(visitor: Visitor) -> None:
    """An administrator enters the organization's client, and proves it."""
    _enter(visitor, "grace", "/connect/start?connector=harbor&sign_in=staff")
    _judge(visitor, "client form")
    assert visitor.page.locator("#callback").inner_text().endswith("/connect/callback/harbor")
    _press(visitor, "credentials")
    assert visitor.page.locator("#client_id-error").count() == 1
    _judge(visitor, "client form with an error")
    visitor.page.locator("#client_id").fill(CLIENT_ID)
    visitor.page.locator("#client_secret").fill(SECRET)
    _press(visitor, "credentials")
    _judge(visitor, "one step left")
    _connect(visitor)
    _judge(visitor, "connected, as an administrator")


@pytest.mark.parametrize("setting", SETTINGS, ids=_name)
def test_one_administrator_sets_up_and_everybody_connects(
    visit: Visit, site: ConnectSite, setting: Setting
) -> None:
    """Anna asks, Grace enters the client once, and Anna connects without seeing any of it."""
    demo = site.as_demo()
    anna, grace = visit(demo, setting), visit(demo, setting)
    _enter(anna, "anna", "/connect")
    _judge(anna, "platforms")
    anna.press("a[href*='connector=harbor']")
    _judge(anna, "ask an administrator")
    _press(anna, "ask")
    assert anna.page.locator("[role=status]").count() == 1
    _judge(anna, "asked")
    _set_up(grace)
    anna.page.goto(f"{site.issuer}/connect/start?connector=harbor")
    text = anna.page.content()
    assert CLIENT_ID not in text
    assert SECRET not in text
    _judge(anna, "explanation")
    _connect(anna)
    _judge(anna, "connected")
    assert "Ada Lovelace" in anna.page.locator("main").inner_text()
    assert "code=" not in anna.page.url
    anna.page.goto(f"{site.issuer}/connect")
    assert anna.page.locator(".tag-green").count() == 1
    _judge(anna, "platforms, one connected")
    letters = [each.parcel for each in site.inbox.newest()]
    assert [each.address for each in letters] == ["grace@example.org"]


@pytest.mark.parametrize("setting", SETTINGS, ids=_name)
def test_a_key_is_tried_before_it_is_kept_and_ended_with_a_report(
    visit: Visit, site: ConnectSite, setting: Setting
) -> None:
    """Nothing typed is wrong, wrong, then right; the account is renamed and disconnected."""
    anna = visit(site.as_demo(), setting)
    _enter(anna, "anna", "/connect/start?connector=lantern")
    _judge(anna, "key form")
    _press(anna, "connect")
    assert anna.page.locator("#v_api_key-error").count() == 1
    _judge(anna, "key form, nothing typed")
    anna.page.locator("#v_api_key").fill("not-the-key")
    _press(anna, "connect")
    assert anna.page.locator("#problem").count() == 1
    assert anna.page.locator("#v_api_key").input_value() == ""
    _judge(anna, "key form, the wrong key")
    anna.page.locator("#v_api_key").fill(API_KEY)
    _connect(anna)
    _judge(anna, "connected by a key")
    anna.press("main a.button-main")
    _judge(anna, "my connections")
    anna.page.locator("main details summary").click()
    anna.page.locator("input[name=label]").fill("寄付の記録")
    anna.press("form.rename button")
    assert "寄付の記録" in anna.page.locator("main").inner_text()
    anna.press("form.item-actions button")
    _judge(anna, "disconnect")
    _press(anna, "disconnect")
    _judge(anna, "report")
    anna.press("main a.button-main")
    assert anna.page.locator("form.item-actions button").count() == 0
    _judge(anna, "my connections, one ended")


def test_choices_come_into_the_form_as_it_stands(visit: Visit, site: ConnectSite) -> None:
    """What was typed stays, and the list has the focus; a wrong key is said on the page."""
    given = {each.name: each for each in site.keyed.manifest().auth_options[0].variables}
    region = msgspec.structs.replace(given["region"], title="Region", required=True)
    site.install_key("beacon", "Beacon Mail", more_variables=(region,))
    anna = visit(site.as_demo())
    _enter(anna, "anna", "/connect/start?connector=beacon")
    anna.page.locator("#v_api_key").fill("wrong")
    _press(anna, "choices")
    assert anna.page.locator("#problem").count() == 1
    # The script was refused the choices before the page was.
    assert [each[:4] for each in anna.complaints] == ["422 "]
    anna.complaints.clear()
    anna.page.locator("#v_api_key").fill(API_KEY)
    anna.page.locator("main button[value=choices]").click()
    anna.page.wait_for_selector("#v_region option[value=eu]", state="attached")
    assert anna.page.locator("#v_api_key").input_value() == API_KEY
    assert anna.page.evaluate("document.activeElement.id") == "v_region"
    _judge(anna, "key form with choices")
    anna.page.locator("#v_region").select_option("eu")
    _connect(anna)


def test_an_application_sends_somebody_and_gets_them_back(visit: Visit, site: ConnectSite) -> None:
    """The link opens its one connector; the way back says what became of it, and no secret."""
    demo = site.as_demo()
    grace, anna = visit(demo), visit(demo)
    _set_up(grace)
    link = site.link("anna", "https://tally.example/back?from=doorward", "harbor")
    _enter(anna, "anna", link.removeprefix(site.issuer))
    assert "/connect/start?" in anna.page.url
    assert "Tally" in anna.page.locator("main").inner_text()
    _judge(anna, "explanation, for an application")
    _connect(anna)
    _judge(anna, "connected, for an application")
    back = anna.page.locator("main a.button-main").get_attribute("href") or ""
    told = dict(parse_qsl(urlsplit(back).query))
    assert back.startswith("https://tally.example/back?from=doorward&")
    assert set(told) == {"from", "connect_session", "connector", "result", "connection"}
    assert (told["connector"], told["result"]) == ("harbor", "connected")


def test_who_declines_is_told_so_and_may_try_again(visit: Visit, site: ConnectSite) -> None:
    """Nothing was connected; the same page leads to the same form."""
    demo = site.as_demo()
    grace, anna = visit(demo), visit(demo)
    _set_up(grace)
    _enter(anna, "anna", "/connect/start?connector=harbor")
    site.oauth.platform.denies = "access_denied"
    anna.page.locator("main button[value=connect]").click()
    anna.page.wait_for_url("**/connect/failed?reason=declined&*")
    _judge(anna, "declined")
    site.oauth.platform.denies = ""
    anna.press("main a.button-main")
    _connect(anna)


def test_a_callback_in_another_browser_connects_nothing(visit: Visit, site: ConnectSite) -> None:
    """Neither for who opens the link there, nor again for who was sent it."""
    demo = site.as_demo()
    grace, ben, anna = visit(demo), visit(demo, Setting(javascript=False)), visit(demo)
    _set_up(grace)
    _enter(anna, "anna", "/connect/start?connector=harbor")
    _enter(ben, "ben", "/connect/start?connector=harbor")
    found: list[str] = []

    def stay(route: Route) -> None:
        # The browser would follow the platform's redirect by itself, past any route.
        found.append(route.fetch(max_redirects=0).headers["location"])
        route.fulfill(body="Ben stays here.")

    ben.page.route("**/authorize?*", stay)
    ben.page.locator("main button[value=connect]").click()
    ben.page.get_by_text("Ben stays here.").wait_for()
    anna.page.goto(found[0])
    assert "reason=connect_flow_of_another_browser" in anna.page.url
    _judge(anna, "another browser")
    anna.page.goto(f"{site.issuer}/account/connections")
    assert anna.page.locator(".item").count() == 0


def test_a_visit_that_takes_too_long_has_to_begin_again(visit: Visit, site: ConnectSite) -> None:
    """After ten minutes nothing of the callback is believed."""
    demo = site.as_demo()
    grace, anna = visit(demo), visit(demo)
    _set_up(grace)
    _enter(anna, "anna", "/connect/start?connector=harbor")
    held: list[str] = []

    def wait(route: Route) -> None:
        held.append("once")
        site.clock.advance(seconds=601)
        route.continue_()

    anna.page.route("**/authorize?*", wait)
    anna.page.locator("main button[value=connect]").click()
    anna.page.wait_for_url("**/connect/failed?reason=connect_flow_over&*")
    assert held == ["once"]
    _judge(anna, "expired")


def test_an_address_with_a_failure_in_it_says_only_what_we_say(
    visit: Visit, site: ConnectSite
) -> None:
    """Nobody who is signed out learns which connectors there are, and no text comes from a link."""
    stranger = visit(site.as_demo())
    address = f"{site.issuer}/connect/failed?reason=%3Cb%3Ehello&connector=harbor"
    stranger.page.goto(address)
    text = stranger.page.locator("main").inner_text()
    assert "hello" not in text
    assert "Harbor" not in text
    _judge(stranger, "failed, signed out")
