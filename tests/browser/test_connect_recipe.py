"""The recipe of every connector's test, in a real browser, at platforms that really answer.

Clear the platform info, load the page again, select the platform, connect, and look at what was
saved: by OAuth, by OAuth that an administrator sets up first, and by an API key.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser.conftest import Visit
from tests.browser.visitor import Setting, Visitor
from tests.support.server import DemoServer, Organization, Person, running_demo

SETTINGS = [Setting(), Setting(theme="dark", language="ja-JP", width=320)]
RECIPE = "/developer/connectors/test"
START = "main a[href*='/connect/start?connector=']"


def _name(setting: Setting) -> str:
    return setting.language[:2]


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoServer]:
    """A demo in which nobody has connected anything yet."""
    with running_demo(tmp_path_factory.mktemp("recipe")) as running:
        yield running


def _begin(visitor: Visitor, person: Person, *, as_staff: bool = False) -> None:
    """Come to the page of the recipe as ``person``, and clear what is connected."""
    query = "?sign_in=staff" if as_staff else ""
    visitor.page.goto(f"{visitor.riverbend.issuer}{RECIPE}{query}")
    assert visitor.is_asked_to_sign_in()
    visitor.sign_in(username=person.username, password=person.password)
    clear = f"form[action$='{RECIPE}/clear'] button"
    if visitor.page.locator(clear).count():
        visitor.press(clear)
        visitor.press("button[name=decision][value=confirm]")
    visitor.page.reload()
    assert visitor.page.locator(START).count() == 5
    visitor.judge("nothing is connected")


def _select(visitor: Visitor, slug: str) -> None:
    """Choose the platform, and read what connecting means."""
    visitor.press(f"main a[href$='connector={slug}']")
    visitor.judge(f"connecting {slug}")


def _leave(visitor: Visitor, platform: Organization, person: Person) -> None:
    """Go on to the platform, sign in and allow there, and come back."""
    page = visitor.page
    page.locator("main button[value=connect]").click()
    page.wait_for_url(f"{platform.issuer}/**")
    if visitor.is_asked_to_sign_in():
        visitor.sign_in(username=person.username, password=person.password)
    if visitor.is_asked_for_consent():
        page.locator("button[name=decision][value=allow]").click()
    page.wait_for_url("**/connect/done?*")
    visitor.judge("connected")


def _saved(visitor: Visitor) -> str:
    """What the page of the recipe shows of the saved row: nothing that is secret."""
    visitor.page.goto(f"{visitor.riverbend.issuer}{RECIPE}")
    visitor.judge("the saved row")
    text = visitor.page.locator("main").inner_text()
    assert "dw_" not in text
    return text


@pytest.mark.parametrize("setting", SETTINGS, ids=_name)
def test_a_connector_with_oauth_is_connected(
    visit: Visit, fresh: DemoServer, setting: Setting
) -> None:
    """Amara signs in at Neon as Priya, and the row is Priya's account."""
    amara, neon = visit(fresh, setting), fresh.organization("neon")
    _begin(amara, amara.person)
    _select(amara, "neon-postgres")
    _leave(amara, neon, neon.constituents[0])
    saved = _saved(amara)
    assert "neon-postgres" in saved
    assert neon.constituents[0].email in saved


@pytest.mark.parametrize("setting", SETTINGS, ids=_name)
def test_a_connector_with_a_key_is_connected(
    visit: Visit, fresh: DemoServer, setting: Setting
) -> None:
    """Haruto types a wrong key first, which Neon CRM refuses, and then the right one."""
    haruto = visit(fresh, setting)
    _begin(haruto, haruto.riverbend.constituents[1])
    _select(haruto, "neon-crm")
    page = haruto.page
    page.locator("[name=v_org_id]").fill("riverbend")
    page.locator("[name=v_api_key]").fill("dw_ak_of-nobody")
    page.locator("main button[value=connect]").click()
    page.locator(".errors, .field-error, [id$=-error], .notice-red").first.wait_for()
    haruto.judge("a wrong key")
    assert page.locator("[name=v_api_key]").input_value() == ""
    page.locator("[name=v_org_id]").fill("riverbend")
    page.locator("[name=v_api_key]").fill(haruto.riverbend.staff[0].api_key or "")
    page.locator("main button[value=connect]").click()
    page.wait_for_url("**/connect/done?*")
    saved = _saved(haruto)
    assert "neon-crm" in saved
    assert "riverbend" in saved


def test_a_connector_that_an_administrator_sets_up_is_connected(
    visit: Visit, fresh: DemoServer
) -> None:
    """Mina enters the client that Neon gave, proves it by connecting, and then Amara connects."""
    neon = fresh.organization("neon")
    client = next(each for each in neon.applications if each.client_id == "lantern-client")
    amara = visit(fresh, SETTINGS[0])
    amara.page.goto(f"{amara.riverbend.issuer}/connect/start?connector=lantern-crm")
    amara.sign_in()
    assert amara.page.locator("main button[value=connect]").count() == 0
    amara.judge("an administrator must act")
    mina = visit(fresh, SETTINGS[1])
    _begin(mina, mina.riverbend.staff[0], as_staff=True)
    _select(mina, "lantern-crm")
    assert "lantern-client" in mina.page.locator("main").inner_text()
    mina.page.locator("#client_id").fill(client.client_id)
    mina.page.locator("#client_secret").fill(client.client_secret or "")
    mina.press("main button[value=credentials]")
    mina.judge("one step left")
    _leave(mina, neon, neon.constituents[0])
    assert "lantern-crm" in _saved(mina)
    amara.page.goto(f"{amara.riverbend.issuer}/connect/start?connector=lantern-crm")
    _leave(amara, neon, neon.constituents[1])
    assert "lantern-crm" in _saved(amara)
