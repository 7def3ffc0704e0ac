"""Every template with realistic values: whole without script, safe, labelled, in order."""

from __future__ import annotations

import re
from functools import cache
from html.parser import HTMLParser
from itertools import cycle
from typing import get_args

import pytest

from doorward.http.i18n import LOCALES, Locale
from doorward.http.mishaps import Mishap
from doorward.http.pages import Brand, Theme, find_own_image, find_web_url, initial
from tests.http import samples

Element = tuple[str, dict[str, str]]
PAGES = samples.pages()
VOID_FIELDS = {"hidden", "checkbox", "radio", "file"}
WORDS_OF_CODE = (
    "constituent", "system", "get", "post", "refused", "empty", "busy", "disable", "access_off",
    "revoke", "ja", "en", "light", "dark", "form", "ask", "choose",
)  # fmt: skip
CONSOLES = ("admin", "developer")
HOMES: dict[str, str | tuple[str, ...]] = {
    "admin": "/o/riverbend/admin/",
    "developer": "/o/riverbend/developer/",
    "profile": "/o/riverbend/account/profile",
    "own password": "/o/riverbend/account/password",
    "own email": "/o/riverbend/account/email",
    "neon": "/o/riverbend/account/neon/",
    # The list of platforms is the one page of people that is searched, by GET.
    "connect ": ("/o/riverbend/connect", "/o/riverbend/signin"),
    "connections": "/o/riverbend/account/connections",
    "passkey": ("/o/riverbend/account/passkeys", "/o/riverbend/signin"),
    "recovery codes": "/o/riverbend/account/two-step/codes",
    "two-step": ("/o/riverbend/account/two-step", "/o/riverbend/signin"),
}
SIGN_IN = "/o/riverbend/signin"
OWN_DATA = {
    "current-password",
    "new-password",
    "username",
    "username webauthn",
    "email",
    "one-time-code",
    "name",
    "given-name",
    "family-name",
    "photo",
    "off",
}
DATA_OF_OTHERS = {"off", "new-password"}


class Outline(HTMLParser):
    """The start tags of a page, in order."""

    def __init__(self, text: str) -> None:
        """Read `text` whole."""
        super().__init__()
        self.tags: list[Element] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the tag."""
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def all(self, tag: str) -> list[dict[str, str]]:
        """The attributes of every `tag`."""
        return [attrs for name, attrs in self.tags if name == tag]


@cache
def shown(case: str, locale: Locale = "en", theme: Theme = "system") -> str:
    """The HTML of a sample page, rendered once for all who look at it."""
    template, values = samples.CASES[case]
    body = PAGES.page(samples.view(locale, theme), template, values).body
    return bytes(body).decode()


every_page = pytest.mark.parametrize("case", samples.CASES)


def test_every_template_has_a_sample() -> None:
    """No page escapes the checks of this file."""
    parts = {
        "console.html",
        "layout.html",
        "card.html",
        "account.html",
        "admin.html",
        "admin_ui.html",
        "admin_connector_ui.html",
    }
    parts |= {"ui.html", "error.html", "consent_card.html"}
    parts |= {"consent_previews.html"}
    parts |= {"connect_ui.html", "passkey_ui.html", "password_ui.html", "second_step_ui.html"}
    parts |= {f"developer{part}.html" for part in ("", "_ui", "_fields", "_connector_ui")}
    known = {template for template, _ in samples.CASES.values()} | parts
    assert set(PAGES.environment.list_templates()) == known


@every_page
def test_a_page_says_its_language_and_theme(case: str) -> None:
    """`lang` always, `data-theme` only when somebody chose."""
    for locale, theme in zip(cycle(LOCALES), get_args(Theme), strict=False):
        html = Outline(shown(case, locale, theme)).all("html")[0]
        assert html["lang"] == locale
        assert html.get("data-theme", "system") == theme


@every_page
def test_a_page_holds_no_inline_style_or_script(case: str) -> None:
    """Nothing that the content security policy would have to allow."""
    outline = Outline(shown(case))
    assert not outline.all("style")
    ours = ("/assets/", "/o/riverbend/w/1/")
    assert all(script.get("src", "").startswith(ours) for script in outline.all("script"))
    for _, attrs in outline.tags:
        assert "style" not in attrs
        assert not [name for name in attrs if name.startswith("on")]


@every_page
def test_a_page_loads_nothing_from_elsewhere(case: str) -> None:
    """Style sheets, icons, scripts and pictures come from this host, or with the page itself."""
    outline = Outline(shown(case))
    loaded = [link["href"] for link in outline.all("link")]
    pictures = [image["src"] for image in outline.all("img")]
    loaded += [each for each in pictures if not each.startswith("data:image/svg+xml;")]
    assert all(address.startswith("/") and address[1:2] != "/" for address in loaded)


@every_page
@pytest.mark.parametrize("locale", LOCALES)
def test_a_page_has_one_main_one_heading_and_sound_references(case: str, locale: Locale) -> None:
    """Ids are unique, and whatever points to an id finds it."""
    outline = Outline(shown(case, locale))
    ids = [attrs["id"] for _, attrs in outline.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert len(outline.all("main")) == 1
    assert len(outline.all("h1")) == 1
    for _, attrs in outline.tags:
        for name in ("for", "aria-labelledby", "aria-describedby", "data-reveal", "data-copy"):
            assert set(attrs.get(name, "").split()) <= set(ids)
        if attrs.get("href", "").startswith("#"):
            assert attrs["href"][1:] in ids


@every_page
def test_every_visible_field_has_a_label_and_a_purpose(case: str) -> None:
    """WCAG 1.3.5: browsers and password managers can tell what belongs in a field."""
    outline = Outline(shown(case))
    labelled = {label.get("for") for label in outline.all("label")}
    for field in outline.all("input"):
        if field.get("type") in VOID_FIELDS:
            continue
        assert field["autocomplete"] in (DATA_OF_OTHERS if case.startswith(CONSOLES) else OWN_DATA)
        assert "hidden" in field or field["id"] in labelled


@every_page
def test_every_form_of_ours_posts_home_with_its_token(case: str) -> None:
    """Only the page that goes back to an application posts elsewhere, and takes no token along."""
    outline = Outline(shown(case))
    for form in outline.all("form"):
        away = case == "returning by post"
        assert form["method"] == "post" or case.startswith(("admin", "connect "))
        ours = next((ours for name, ours in HOMES.items() if case.startswith(name)), SIGN_IN)
        assert form["action"].startswith("https:" if away else ours)
    ours_only = [] if case == "returning by post" else outline.all("form")
    posting = [form for form in ours_only if form["method"] == "post"]
    tokens = [field for field in outline.all("input") if field.get("name") == "csrf"]
    assert [field["value"] for field in tokens] == ["token-1"] * len(posting)


@every_page
def test_what_needs_script_is_hidden_without_it(case: str) -> None:
    """A button that only a script can answer is not there until the script is."""
    for button in Outline(shown(case)).all("button"):
        if button.get("type") == "button":
            assert "hidden" in button


@every_page
def test_names_cannot_become_markup(case: str) -> None:
    """Whatever a name, a sentence or an address holds is shown as text."""
    hostile = "<script>alert(1)</script>'\"&{{ 1234*4321 }}"

    def poison(value: object) -> object:
        if isinstance(value, dict):
            return {key: poison(each) for key, each in value.items()}
        if isinstance(value, list):
            return [poison(each) for each in value]
        if isinstance(value, tuple):
            return tuple(poison(each) for each in value)
        keep = ("http", "/", *WORDS_OF_CODE)
        if not isinstance(value, str) or value.startswith(keep):
            return value
        return value + hostile

    template, values = samples.CASES[case]
    poisoned = {key: poison(value) for key, value in values.items()}
    view = samples.view(brand=Brand(name="Org" + hostile))
    html = bytes(PAGES.page(view, template, poisoned).body).decode()
    assert "<script>" not in html
    assert "5332114" not in html


@pytest.mark.parametrize("locale", LOCALES)
def test_refusing_comes_first_and_weighs_the_same(locale: Locale) -> None:
    """Cancel stands before Allow, both submit, and neither is focused."""
    buttons = [each for each in Outline(shown("consent", locale)).all("button") if "value" in each]
    assert [(each["name"], each["value"]) for each in buttons] == [
        ("decision", "deny"),
        ("decision", "allow"),
    ]
    assert not any("autofocus" in each for each in buttons)


def test_a_destructive_scope_is_marked_by_word_and_picture() -> None:
    """Colour alone says nothing."""
    line = shown("consent").partition("Delete projects in Riverbend Trust")[2]
    tag = line.partition("tag-red")[2].partition("</span>")[0]
    assert "<svg" in tag
    assert "Can&#39;t be undone" in tag


def test_an_unreviewed_application_is_told_by_its_host() -> None:
    """The host is the only part that the application could not make up."""
    html = re.sub(r"<[^>]+>", "", shown("consent unreviewed"))
    expected = "Everything shown here was supplied by reports.polaris.example."
    assert f"Not reviewed by Riverbend Trust. {expected}" in html
    assert "Reviewed by" not in html
    assert "Polaris Software" not in html


def test_only_optional_scopes_have_a_box() -> None:
    """A box that cannot be unticked would be a lie."""
    boxes = [each for each in Outline(shown("consent")).all("input") if each["type"] == "checkbox"]
    assert [(each["name"], each["value"]) for each in boxes] == [("scope", "billing.read")]


@pytest.mark.parametrize("case", ["signin refused", "signin empty", "signin busy", "signin again"])
@pytest.mark.parametrize(("locale", "prefix"), [("en", "Error: "), ("ja", "エラー：")])
def test_an_error_is_in_the_title_and_takes_the_focus(
    case: str, locale: Locale, prefix: str
) -> None:
    """The summary is focused even without script, and only one thing asks for focus."""
    html = shown(case, locale)
    assert f"<title>{prefix}" in html
    focused = [attrs for _, attrs in Outline(html).tags if "autofocus" in attrs]
    assert [each.get("id") for each in focused] == ["problem"]
    wrong = [each for each in Outline(html).all("input") if each.get("aria-invalid") == "true"]
    assert bool(wrong) == (case != "signin busy")


def test_the_refused_name_stays_and_the_password_goes() -> None:
    """Nobody types a name twice; a password never travels back."""
    fields = {each.get("name"): each for each in Outline(shown("signin refused")).all("input")}
    assert fields["username"]["value"] == "maria"
    assert "value" not in fields["password"]


def test_going_back_by_get_refreshes_and_links_to_the_same_address() -> None:
    """Without script the browser goes on by itself, or by the button."""
    outline = Outline(shown("returning"))
    target = str(samples.RETURNING["target_url"])
    refresh = [each for each in outline.all("meta") if each.get("http-equiv") == "refresh"]
    assert [each["content"] for each in refresh] == [f"0;url={target}"]
    assert target in [each.get("href") for each in outline.all("a")]


def test_going_back_by_post_carries_the_fields_and_sends_itself() -> None:
    """response_mode=form_post, with a visible button for a browser without script."""
    outline = Outline(shown("returning by post"))
    fields = [(each["name"], each["value"]) for each in outline.all("input")]
    assert fields == [("code", "dw_ac_1"), ("state", 'a"b')]
    assert any(each["src"].endswith("/submit.js") for each in outline.all("script"))
    assert [each["type"] for each in outline.all("button")] == ["submit"]


@pytest.mark.parametrize("target", ["javascript:alert(1)", "JaVaScRiPt:x", "data:text/html,x"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_target_that_runs_script_is_never_rendered(target: str, method: str) -> None:
    """A second lock behind the check at registration."""
    values = {**samples.RETURNING, "target_url": target, "method": method}
    with pytest.raises(ValueError, match="not an address"):
        PAGES.page(samples.view(), "returning.html", values)


def test_a_page_carries_its_headers() -> None:
    """Never stored, never framed, language said, and its form may lead to the application."""
    targets = ("https://app.example.com/callback",)
    view, (template, values) = samples.view("ja"), samples.CASES["consent"]
    cookies = [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")]
    response = PAGES.page(view, template, values, status=203, form_targets=targets, headers=cookies)
    assert response.status_code == 203
    assert response.headers["content-language"] == "ja"
    assert response.headers["cache-control"] == "no-store"
    policy = response.headers["content-security-policy"]
    assert policy.endswith("form-action 'self' https://app.example.com")
    assert response.headers.getlist("set-cookie") == ["a=1", "b=2"]


def test_the_language_link_leads_to_the_same_page() -> None:
    """The page's own parameters stay, an earlier choice is replaced."""
    view = samples.view()
    assert view.with_parameter("lang", "ja") == "/o/riverbend/signin?flow=dw_fl_1&lang=ja"
    again = type(view)(**{**view.__dict__, "query": (("lang", "en"), ("flow", "x y"))})
    assert again.with_parameter("lang", "ja") == "/o/riverbend/signin?flow=x+y&lang=ja"


@pytest.mark.parametrize("mishap", list(Mishap))
@pytest.mark.parametrize("locale", LOCALES)
def test_every_mishap_is_a_page_with_its_status(mishap: Mishap, locale: Locale) -> None:
    """What happened and what to do, in the visitor's language."""
    response = PAGES.mishap(samples.view(locale), mishap, request_id="req_7")
    html = bytes(response.body).decode()
    assert response.status_code == mishap.value.status
    assert "req_7" in html
    assert "{org}" not in html
    if locale == "ja":
        assert mishap.value.title not in html


@pytest.mark.parametrize(
    ("name", "letter"),
    [("maria", "M"), ("  (team) x", "T"), ("山田", "山"), ("", "·"), ("ﬁsh", "F"), ("ß", "S")],
)
def test_an_arch_shows_the_first_letter_of_a_name(name: str, letter: str) -> None:
    """One letter, whatever the name begins with."""
    assert initial(name) == letter


def test_addresses_of_strangers_are_links_only_when_they_are_web_addresses() -> None:
    """An application's own text never becomes another kind of link."""
    assert find_web_url("https://a.example/x") == "https://a.example/x"
    for address in (None, "", "javascript:alert(1)", "//a.example", "https://", "http://[x"):
        assert find_web_url(address) is None


def test_pictures_of_strangers_are_not_loaded() -> None:
    """A logo that is not on this host would tell its owner who signs in."""
    assert find_own_image("/assets/1/mark.svg") == "/assets/1/mark.svg"
    for address in (None, "", "https://a.example/x.png", "//a.example/x", "/\\a.example/x"):
        assert find_own_image(address) is None
