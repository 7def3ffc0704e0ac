"""Connecting through the real pages, without script, at platforms that answer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec
import pytest

from doorward.audit import SYSTEM
from doorward.connectors import Choice, Environment, Override, Variable
from doorward.vault import Status, Submitters
from tests.support.browser_forms import Form, Page, PlainBrowser
from tests.support.connect_walker import NOWHERE, Walker
from tests.support.connecting import ORG, running_site
from tests.support.databases import SqliteTemplate
from tests.support.upstream import API_KEY, CLIENT_ID, LIMITED_KEY, SECRET, User

OWN = {"client_id": CLIENT_ID, "admin_managed": False}


@pytest.fixture
def walker(sqlite_template: SqliteTemplate, tmp_path: Path) -> Iterator[Walker]:
    """Anna's browser, at a Doorward with two platforms that it may call."""
    with (
        running_site(sqlite_template.copy_to(tmp_path / "doorward.sqlite")) as site,
        PlainBrowser(stop_at=NOWHERE) as browser,
    ):
        yield Walker(site, browser)


def path_of(page: Page) -> str:
    return urlsplit(page.url).path


def query_of(page: Page) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(page.url).query))


def choice_form(page: Page) -> Form:
    form = page.form_with("environment")
    assert form is not None, page.text
    return form


def test_who_chooses_a_region_is_connected_there(walker: Walker) -> None:
    """Each has a platform of its own; without a choice nothing is sent, and it is asked for."""
    site = walker.site
    site.oauth.configure(client_auth="none")
    site.keyed.configure(client_auth="none")
    site.keyed.platform.user = User(account_id="us-7", name="Grace in the west")
    regions = (
        Environment(name="eu", title={"en": "Europe", "ja": "ヨーロッパ"}),
        Environment(
            name="us",
            title={"en": "United States", "ja": "アメリカ"},
            overrides=tuple(
                Override(path=path, value=f"{site.keyed.url}{end}")
                for path, end in (
                    ("authorize.url", "/authorize"),
                    ("token.url", "/token"),
                    ("identity.url", "/api/me"),
                    ("verify.url", "/api/me"),
                )
            ),
        ),
    )
    site.install_oauth("harbor", "Harbor CRM", environments=regions, **OWN)
    page = walker.open("/connect/start?connector=harbor")
    assert choice_form(page).fields["environment"] == ""
    refused = walker.press(page, "connect")
    assert (refused.status, path_of(refused)) == (
        422,
        urlsplit(site.issuer).path + "/connect/start",
    )
    assert "#environment" in "".join(each[-12:] for each in refused.links)
    assert site.oauth.platform.visits == site.keyed.platform.visits == []
    done = walker.press(refused, "connect", {"environment": "us"})
    assert path_of(done).endswith("/connect/done")
    assert "Grace in the west" in done.text
    assert (walker.row().environment, walker.row().party_id) == ("us", "us-7")
    assert site.oauth.platform.visits == []


def test_one_of_several_ways_to_connect_is_chosen(walker: Walker) -> None:
    """The first is shown; the other is a link away, and has a form of its own."""
    site = walker.site
    site.oauth.configure(client_auth="none")
    key = site.keyed.manifest("both").auth_options[0]
    variables = tuple(each for each in key.variables if each.name == "api_key")
    other = msgspec.structs.replace(
        key, name="key", title={"en": "By a key", "ja": "APIキー"}, variables=variables
    )
    site.install_oauth("both", "Both CRM", options=(other,), title="By signing in", **OWN)
    page = walker.open("/connect/start?connector=both")
    assert page.form_with("v_api_key") is None
    (there,) = [each for each in page.links if "option=key" in each]
    by_key = walker.open(there)
    assert "By signing in" in by_key.text
    done = walker.press(by_key, "connect", {"v_api_key": API_KEY})
    assert path_of(done).endswith("/connect/done"), done.text
    assert walker.row().auth_option == "key"


def test_the_first_who_needs_it_may_set_it_up_where_that_is_the_rule(walker: Walker) -> None:
    """Anna is asked for the client; what she enters counts once it has worked, and for Ben too."""
    site = walker.site
    site.install_oauth("harbor", "Harbor CRM")
    first = walker.open("/connect/start?connector=harbor")
    assert first.form_with("client_id") is None
    credentials = site.services.connecting.credentials
    site.run(credentials.set_submitters(ORG, Submitters.FIRST_USER, SYSTEM))
    page = walker.open("/connect/start?connector=harbor")
    given = {"client_id": CLIENT_ID, "client_secret": SECRET}
    step = walker.press(page, "credentials", given)
    assert SECRET not in step.text
    with PlainBrowser(stop_at=NOWHERE) as browser:
        ben = Walker(site, browser)
        assert ben.open("/connect/start?connector=harbor", "ben").form_with("client_id") is not None
    done = walker.press(step, "connect")
    assert path_of(done).endswith("/connect/done"), done.text
    with PlainBrowser(stop_at=NOWHERE) as browser:
        ben = Walker(site, browser)
        page = ben.open("/connect/start?connector=harbor", "ben")
        assert page.form_with("client_id") is None
        assert path_of(ben.press(page, "connect")).endswith("/connect/done")
    assert {each.account_id for each in walker.rows()} == {
        site.people[name].account_id for name in ("anna", "ben")
    }


def test_the_platform_lists_the_choices_once_it_can_be_asked(walker: Walker) -> None:
    """With the key the choices are there, and the key, which is not shown, is typed again."""
    site = walker.site
    given = {each.name: each for each in site.keyed.manifest().auth_options[0].variables}
    region = msgspec.structs.replace(given["region"], title="Region", required=True)
    site.install_key("lantern", "Lantern Mail", more_variables=(region,))
    page = walker.open("/connect/start?connector=lantern")
    nothing = walker.press(page, "choices")
    assert nothing.status == 422
    wrong = walker.press(page, "choices", {"v_api_key": "wrong"})
    assert wrong.status == 422
    shown = walker.press(page, "choices", {"v_api_key": API_KEY})
    form = shown.form_with("v_region")
    assert form is not None
    assert "Europe" in shown.text
    assert form.fields["v_api_key"] == ""
    assert "once more" in shown.text
    again = walker.press(shown, "connect", {"v_region": "eu"})
    assert again.status == 422
    done = walker.press(shown, "connect", {"v_region": "eu", "v_api_key": API_KEY})
    assert path_of(done).endswith("/connect/done"), done.text
    assert walker.row().values["region"] == "eu"


def test_what_needs_the_person_is_connected_again_by_hand(walker: Walker) -> None:
    """The list says so and leads to the form; it is the same connection afterwards, and works."""
    site = walker.site
    site.oauth.configure(client_auth="none")
    site.install_oauth("harbor", "Harbor CRM", **OWN)
    walker.press(walker.open("/connect/start?connector=harbor"), "connect")
    before = walker.row()
    site.oauth.platform.families[0].is_revoked = True
    site.clock.advance(seconds=4_000)
    refresher = site.services.vault.refresher
    with pytest.raises(Exception, match=r".*"):
        site.run(refresher.get_token(ORG, before.connection_id))
    assert walker.row().status is Status.NEEDS_RECONNECT
    page = walker.open("/account/connections")
    (there,) = [each for each in page.links if f"reconnect={before.connection_id}" in each]
    done = walker.press(walker.open(there), "connect")
    assert path_of(done).endswith("/connect/done"), done.text
    after = walker.row()
    assert (after.connection_id, after.status) == (before.connection_id, Status.ACTIVE)


@pytest.mark.parametrize("more", [{}, {"identity": None}], ids=["identity", "no-identity"])
def test_a_key_that_may_do_little_is_kept_and_said_so(walker: Walker, more: dict[str, Any]) -> None:
    """The platform takes it and lets it do nothing, not even say whose it is."""
    walker.site.install_key("lantern", "Lantern Mail", **more)
    page = walker.open("/connect/start?connector=lantern")
    done = walker.press(page, "connect", {"v_api_key": LIMITED_KEY})
    assert query_of(done)["limited"] == "yes"
    assert "lets this access do little" in done.text
    assert "did not say whose account" in done.text
    japanese = walker.open(f"{done.url}&locale=ja")
    assert japanese.status == 200
    plain = walker.open(done.url.replace("limited=yes", "limited=no"))
    assert "lets this access do little" not in plain.text
    whole = walker.press(page, "connect", {"v_api_key": API_KEY})
    assert "did not say whose account" in whole.text or not more
    assert "lets this access do little" not in whole.text


def test_a_choice_of_fixed_values_is_a_list(walker: Walker) -> None:
    """What is none of them is refused beside the field."""
    plan = Variable(
        name="plan",
        type="select",
        title="Plan",
        options=(Choice(const="a", title="Small"), Choice(const="b", title="Large")),
    )
    walker.site.install_key("lantern", "Lantern Mail", more_variables=(plan,))
    page = walker.open("/connect/start?connector=lantern")
    refused = walker.press(page, "connect", {"v_api_key": API_KEY, "v_plan": "c"})
    assert refused.status == 422
    done = walker.press(page, "connect", {"v_api_key": API_KEY, "v_plan": "b"})
    assert path_of(done).endswith("/connect/done")
