"""V-CS: markup stays text, forms are ours, pages are not framed, sessions are not fixed."""

from __future__ import annotations

from html.parser import HTMLParser

import httpx2
import pytest

from doorward.protocol import AuthMethod
from tests.support.attacks import asvs, attack
from tests.support.factories import PASSWORD
from tests.support.programs import Program, get_tokens
from tests.support.spec import spec
from tests.support.visits import Visit, arrive, authorize, form_of, go, post
from tests.support.world import World

pytestmark = pytest.mark.anyio

MARKUP = "<img src=x onerror=alert(1)>"
BREAKOUT = "\"'><script>alert(1)</script>"


class Danger(HTMLParser):
    """Collects what could run or lead astray."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name.startswith("on") or name == "style":
                self.found.append(f"{tag} {name}")
            if name in {"href", "src", "action"} and (value or "").lower().startswith(
                ("javascript:", "data:", "vbscript:")
            ):
                self.found.append(f"{tag} {name}={value}")
        if tag in {"img", "iframe", "object", "embed", "style", "base"}:
            self.found.append(tag)
        if tag == "script" and not dict(attrs).get("src", ""):
            self.found.append("inline script")


def is_harmless(answer: httpx2.Response) -> bool:
    """No active content but our own files, under the strict policy."""
    reader = Danger()
    reader.feed(answer.text)
    assert reader.found == [], answer.text[:2000]
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "base-uri 'none'" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    return True


@attack("CVE-2018-1000088")
async def test_v_cs_markup_in_every_request_field_stays_text(world: World) -> None:
    """On error pages, the sign-in page, the consent page and on the way back."""
    async with world.http() as browser:
        for name in ("client_id", "redirect_uri", "state", "scope", "login_hint", "ui_locales",
                     "nonce", "prompt", "response_type", "lang", "theme", "flow"):  # fmt: skip
            for value in (MARKUP, BREAKOUT, "javascript:alert(1)", "${7*7}{{7*7}}"):
                answer = await browser.get("oauth2/auth", params=world.request(**{name: value}))
                if answer.status_code == 303:
                    visit = await go(browser, answer.headers["location"])
                    answer = visit.response
                if answer.status_code != 303:
                    assert is_harmless(answer)
        visit = await arrive(browser, world.request())
        wrong = await post(browser, form_of(visit, "password"), username=BREAKOUT, password="x")
        assert is_harmless(wrong.response)
        assert form_of(wrong, "password").fields["username"] == BREAKOUT
        for path in ("consent", "signin", "signin/accounts", "oauth2/auth/continue"):
            assert is_harmless(await browser.get(path, params={"flow": BREAKOUT, "done": MARKUP}))
        answer = await browser.get(
            "oauth2/sessions/logout", params={"state": MARKUP, "client_id": MARKUP}
        )
        assert is_harmless(answer)


@attack("CVE-2018-1000088")
@asvs("1.2.1")
async def test_v_cs_markup_in_every_registered_name_stays_text(world: World) -> None:
    """Application, publisher, person: on every page that shows them."""
    known = await world.register(
        BREAKOUT,
        publisher=MARKUP,
        post_logout_redirect_uris=("https://bye.example/",),
        redirect_uris=("https://app.example/cb",),
    )
    wanted = world.request(client_id=known.client_id, redirect_uri="https://app.example/cb")
    async with world.http() as browser:
        visit = await arrive(browser, wanted)
        assert is_harmless(visit.response)
        assert BREAKOUT in visit.page.text
        visit = await post(
            browser, form_of(visit, "password"), username="anna", password=PASSWORD.reveal()
        )
        assert is_harmless(visit.response)
        assert MARKUP in visit.page.text
        await post(browser, form_of(visit, "decision"), decision="allow")
        for path in ("", "account", "account/apps", "account/sessions"):
            assert is_harmless((await go(browser, path)).response)
        visit = await go(browser, "account/apps")
        asked = await post(browser, form_of(visit, "client_id"), client_id=known.client_id)
        assert is_harmless(asked.response)
        out = await go(browser, f"oauth2/sessions/logout?client_id={known.client_id}")
        assert is_harmless(out.response)
        shown = await browser.get("oauth2/auth", params={**wanted, "response_mode": "form_post"})
        assert is_harmless(shown)


async def test_v_cs_a_user_agent_with_markup_stays_text(world: World) -> None:
    """On the page of devices."""
    async with world.http(headers={"user-agent": f"Firefox/1 {BREAKOUT}"}) as browser:
        await authorize(browser, world.request())
        assert is_harmless((await go(browser, "account/sessions")).response)


@attack("clickjacking")
@spec("RFC 9700", "4.16", "pages that decide cannot be framed")
async def test_v_cs_no_page_can_be_framed(world: World) -> None:
    """By the old header and the new one; and no referrer leaves."""
    async with world.http() as browser:
        visits = [
            await arrive(browser, world.request()),
            await arrive(browser, world.request(client_id="app_unknown")),
            await go(browser, "nowhere"),
            await go(browser, "signedout"),
        ]
        await authorize(browser, world.request(scope="openid"))
        visits += [await arrive(browser, world.request()), await go(browser, "account")]
    for visit in visits:
        assert visit.response.headers["x-frame-options"] == "DENY"
        assert "frame-ancestors 'none'" in visit.response.headers["content-security-policy"]
        assert visit.response.headers["referrer-policy"] == "no-referrer"


async def sign_in(browser: httpx2.AsyncClient, visit: Visit) -> Visit:
    """Type Anna's password."""
    form = form_of(visit, "password")
    return await post(browser, form, username="anna", password=PASSWORD.reveal())


@attack("CVE-2026-7507")
@asvs("7.2.4")
async def test_v_cs_a_cookie_from_before_the_sign_in_is_worth_nothing(world: World) -> None:
    """Whoever planted it does not share the session; nor at a second proof of identity."""
    name = f"dw-{world.org.org_id}"
    async with world.http() as browser:
        visit = await arrive(browser, world.request())
        planted = browser.cookies[name]
        visit = await sign_in(browser, visit)
        await post(browser, form_of(visit, "decision"), decision="allow")
        first = browser.cookies[name]
        world.clock.advance(seconds=1)
        await sign_in(browser, await arrive(browser, world.request(prompt="login")))
        second = browser.cookies[name]
    assert len({planted, first, second}) == 3
    for old in (planted, first):
        async with world.http(cookies={name: old}) as thief:
            visit = await arrive(thief, world.request(prompt="none"))
            assert visit.parameters["error"] == "login_required"
    async with world.http(cookies={name: second}) as browser:
        assert "code" in (await arrive(browser, world.request(prompt="none"))).parameters


@attack("CVE-2014-8144")
async def test_v_cs_every_form_of_ours_needs_its_token(world: World) -> None:
    """Sign-in, picker, consent, sign-out: nothing happens by a form from elsewhere."""
    async with world.http() as browser:
        visit = await arrive(browser, world.request())
        form = form_of(visit, "password")
        good = {**form.fields, "username": "anna", "password": PASSWORD.reveal()}
        for changes, headers in (
            ({"csrf": ""}, {}),
            ({"csrf": "A" * 43}, {}),
            ({"csrf": "é"}, {}),
            ({}, {"sec-fetch-site": "cross-site"}),
            ({}, {"sec-fetch-site": "same-site"}),
            ({}, {"origin": "https://evil.example"}),
            ({}, {"origin": "http://127.0.0.1:8400.evil.example"}),
        ):
            answer = await browser.post(form.action, data={**good, **changes}, headers=headers)
            assert answer.status_code == 403
        assert (await sign_in(browser, visit)).path[-1] == "consent"
        picker = await arrive(browser, world.request(prompt="select_account"))
        data = {**form_of(picker, "session").fields, "session": "new", "csrf": "x"}
        assert (await browser.post("signin/accounts", data=data)).status_code == 403


async def test_v_cs_cookies_are_out_of_reach_of_scripts_and_other_sites(world: World) -> None:
    """HttpOnly, SameSite, the whole host, and nothing but our own names."""
    async with world.http() as browser:
        answer = await browser.get("oauth2/auth", params=world.request())
    cookies = answer.headers.get_list("set-cookie")
    assert len(cookies) == 1
    for part in ("HttpOnly", "SameSite=Lax", "Path=/"):
        assert part in cookies[0]
    assert "Domain" not in cookies[0]


@attack("CVE-2023-34246")
@asvs("10.7.1")
async def test_v_cs_a_client_that_anybody_can_pose_as_is_shown_each_time(world: World) -> None:
    """Silent consent is for clients whose identity is assured (tests/flows/test_clients.py)."""
    known = await world.register(
        "Public",
        kind="native",
        auth_method=AuthMethod.NONE,
        redirect_uris=("org.example.app:/cb", "http://127.0.0.1/cb"),
    )
    for uri in ("org.example.app:/cb", "http://127.0.0.1:5000/cb"):
        async with world.http() as browser:
            wanted = world.request(client_id=known.client_id, redirect_uri=uri)
            visit = await sign_in(browser, await arrive(browser, wanted))
            await browser.post(
                "consent", data={**form_of(visit, "decision").fields, "decision": "allow"}
            )
            assert (await arrive(browser, wanted)).path[-1] == "consent"


@attack("MITREid 856")
async def test_v_cs_a_sign_out_link_in_an_empty_browser_ends_nothing(world: World) -> None:
    """More of sign-out by a link is in tests/flows/test_sign_out.py."""
    tokens = await get_tokens(world)
    async with world.http() as nobody:
        visit = await go(nobody, f"oauth2/sessions/logout?id_token_hint={tokens['id_token']}")
    assert visit.response.status_code == 200
    assert await Program(world, world.web).is_active(tokens["access_token"])
