"""The sign-in widget on somebody else's page, as browsers treat it there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from doorward.console.admin.snippet import PLACEHOLDER, LinkOrder
from tests.browser.host_site import HostSite, running_site
from tests.support.server import Application, DemoServer

RETURN = "http://127.0.0.1:8765/callback"


@dataclass
class Guest:
    """A browser on the site, and everything that it said and asked for."""

    page: Page
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def open(self, url: str) -> Page:
        """Open a page, and wait until its scripts have run."""
        self.page.goto(url, wait_until="networkidle")
        return self.page

    @property
    def links(self) -> list[str]:
        """Where the upgraded links lead."""
        found = self.page.locator("main span >> a[href]").all()
        return [link.get_attribute("href") or "" for link in found]


Enter = Callable[..., Guest]


@pytest.fixture(scope="module")
def site(demo: DemoServer) -> Iterator[HostSite]:
    """A site of another origin beside the demo."""
    with running_site(demo.base_url) as running:
        yield running


@pytest.fixture
def enter(chromium: Browser) -> Iterator[Enter]:
    """Opens a browser for one guest."""
    with ExitStack() as opened:

        def come(**options: object) -> Guest:
            context = chromium.new_context(**options)  # type: ignore[arg-type]
            opened.callback(context.close)
            guest = Guest(context.new_page())
            guest.page.on("console", lambda message: guest.said.append(message.text))
            guest.page.on("pageerror", lambda error: guest.said.append(str(error)))
            guest.page.on("request", lambda request: guest.asked.append(request.url))
            return guest

        yield come


@pytest.fixture
def app(demo: DemoServer) -> Application:
    """The application that the link is for."""
    return demo.organization("riverbend").application("client_secret_post")


def snippet(demo: DemoServer, app: Application, **wishes: str | None) -> str:
    """The code that the console gives out."""
    order = {"redirect_uri": RETURN, "language": "en", "look": "filled", "size": "medium"}
    issuer = demo.organization("riverbend").issuer
    return LinkOrder(app.client_id, **{**order, **wishes}).snippet(issuer, "Riverbend")  # type: ignore[arg-type]


def is_at_sign_in(guest: Guest, demo: DemoServer) -> bool:
    """The guest arrived at the constituents' sign-in of the organization."""
    guest.page.wait_for_url(lambda url: url.startswith(demo.base_url))
    return guest.page.locator("input[name=password]").count() == 1


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("look", ["filled", "outline"])
def test_the_link_becomes_a_button_under_a_strict_policy(
    demo: DemoServer, site: HostSite, app: Application, enter: Enter, language: str, look: str
) -> None:
    """No inline style, no markup from text: the page's own policy stays as strict as it was."""
    guest = enter(locale="en-GB")
    code = snippet(demo, app, language=language, look=look, size="large")
    page = guest.open(site.show(code, lang=language))
    assert guest.said == []
    (address,) = guest.links
    asked = {name: each[0] for name, each in parse_qs(urlsplit(address).query).items()}
    assert asked == {
        "response_type": "code",
        "client_id": app.client_id,
        "redirect_uri": RETURN,
    }
    button = page.get_by_role("link", name="Sign in with Riverbend" if language == "en" else "")
    assert "Riverbend" in button.inner_text()
    colour = button.evaluate("e => getComputedStyle(e).backgroundColor")
    assert colour == ("rgb(22, 32, 47)" if look == "filled" else "rgb(255, 253, 249)")
    box = button.bounding_box()
    assert box is not None
    assert box["height"] >= 44
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    button.click()
    assert is_at_sign_in(guest, demo)


def test_it_asks_for_nothing_but_itself(
    demo: DemoServer, site: HostSite, app: Application, enter: Enter
) -> None:
    """One request, without cookies, and nothing is stored."""
    guest = enter()
    page = guest.open(site.show(snippet(demo, app)))
    ours = [url for url in guest.asked if url.startswith(demo.base_url)]
    assert [urlsplit(url).path for url in ours] == ["/o/riverbend/w/1/signin.js"]
    assert page.context.cookies() == []
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0


def test_it_is_reached_and_followed_by_keyboard(
    demo: DemoServer, site: HostSite, app: Application, enter: Enter
) -> None:
    """Tab shows where one is, Enter goes on."""
    guest = enter()
    page = guest.open(site.show(snippet(demo, app)))
    page.keyboard.press("Tab")
    focused = page.locator("main span >> a:focus")
    assert focused.count() == 1
    assert focused.evaluate("e => getComputedStyle(e).outlineWidth") == "3px"
    page.keyboard.press("Enter")
    assert is_at_sign_in(guest, demo)


def test_it_is_a_plain_link_without_javascript(
    demo: DemoServer, site: HostSite, app: Application, enter: Enter
) -> None:
    """The same address, and it works."""
    guest = enter(java_script_enabled=False)
    page = guest.open(site.show(snippet(demo, app)))
    assert page.locator("span").count() == 0
    page.locator("main a").click()
    assert is_at_sign_in(guest, demo)


def test_several_stand_on_one_page(
    demo: DemoServer, site: HostSite, app: Application, enter: Enter
) -> None:
    """Each with its own address; one script or one for each make no difference."""
    guest = enter()
    other = "https://other.example/cb?a=1&b=2"
    codes = [snippet(demo, app), snippet(demo, app, redirect_uri=other)]
    marker_only = codes[0].partition("</script>")[2]
    guest.open(site.show("<hr>".join([*codes, marker_only])))
    assert guest.said == []
    targets = [parse_qs(urlsplit(link).query)["redirect_uri"][0] for link in guest.links]
    assert targets == [RETURN, other, RETURN]


@pytest.mark.parametrize("typed", ["https://a.example/cb?x=1&y=2", "http://127.0.0.1:1/a%26b"])
def test_an_address_typed_by_hand_is_taken_as_it_is(
    demo: DemoServer, site: HostSite, app: Application, enter: Enter, typed: str
) -> None:
    """In place of the placeholder, not encoded, with an ampersand as people paste it."""
    guest = enter()
    guest.open(site.show(snippet(demo, app, redirect_uri=None).replace(PLACEHOLDER, typed)))
    (address,) = guest.links
    assert parse_qs(urlsplit(address).query)["redirect_uri"] == [typed]


def test_in_the_head_it_does_nothing_and_says_why(
    demo: DemoServer, site: HostSite, app: Application, enter: Enter
) -> None:
    """The parser moves the link into the body; it stays the plain link that it is."""
    guest = enter()
    page = guest.open(site.show("", head=snippet(demo, app)))
    assert len(guest.said) == 1
    assert "<body>" in guest.said[0]
    assert guest.links == []
    page.locator("a[data-doorward-signin]").click()
    assert is_at_sign_in(guest, demo)


@pytest.mark.parametrize(("language", "hint"), [("en", "Not ready"), ("ja", "未設定")])
def test_an_unedited_placeholder_is_no_broken_link(
    demo: DemoServer, site: HostSite, app: Application, enter: Enter, language: str, hint: str
) -> None:
    """The page says what is left to do, the console too, and nothing can be pressed."""
    guest = enter()
    code = snippet(demo, app, redirect_uri=None, language=language)
    page = guest.open(site.show(code, lang=language))
    assert len(guest.said) == 1
    assert PLACEHOLDER in guest.said[0]
    assert guest.links == []
    assert hint in page.locator("main span >> .hint").inner_text()
    assert page.get_by_role("link", disabled=True).count() == 1
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize(
    "target",
    ["javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "//evil.example", "%", "x"],
)
def test_only_web_addresses_are_led_back_to(
    demo: DemoServer, site: HostSite, app: Application, enter: Enter, target: str
) -> None:
    """Whatever else stands there, there is no link."""
    guest = enter()
    guest.open(site.show(snippet(demo, app, redirect_uri=None).replace(PLACEHOLDER, target)))
    assert guest.links == []
    assert len(guest.said) == 1


def test_a_link_of_somebody_else_is_left_alone(
    demo: DemoServer, site: HostSite, app: Application, enter: Enter
) -> None:
    """Another organization's script looks after it; an address of another host is none of ours."""
    guest = enter()
    code = snippet(demo, app).replace('href="http://127.0.0.1', 'href="https://evil.example')
    page = guest.open(site.show(code))
    assert guest.links == []
    assert page.locator("main a[data-doorward-signin]").count() == 1


def test_a_script_that_was_changed_is_not_run(
    demo: DemoServer, site: HostSite, app: Application, enter: Enter
) -> None:
    """The browser compares the hash; the plain link remains."""
    guest = enter()
    code = snippet(demo, app)
    start = code.index("sha384-") + 7
    changed = code[:start] + ("B" if code[start] == "A" else "A") + code[start + 1 :]
    page = guest.open(site.show(changed))
    assert any("integrity" in said for said in guest.said)
    assert guest.links == []
    page.locator("main a").click()
    assert is_at_sign_in(guest, demo)


def test_the_host_s_styles_stay_outside(
    demo: DemoServer, site: HostSite, app: Application, enter: Enter
) -> None:
    """A site that hides or paints its links does not reach into the button."""
    guest = enter()
    before = site.policy
    site.policy = before.replace("style-src 'none'", "style-src 'unsafe-inline'")
    style = (
        "<style>a, span { color: lime; font-size: 3px; background: lime; display: none }</style>"
    )
    try:
        page = guest.open(site.show(snippet(demo, app), head=style))
    finally:
        site.policy = before
    button = page.locator("main span >> a[href]")
    assert button.evaluate("e => getComputedStyle(e).fontSize") == "16px"
    assert button.evaluate("e => getComputedStyle(e).color") == "rgb(255, 253, 249)"
