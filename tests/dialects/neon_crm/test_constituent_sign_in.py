"""``/np/oauth/auth``: what an old client asks, and where the person arrives."""

from __future__ import annotations

import httpx2
import pytest

from doorward.accounts import AccountKind
from doorward.audit import SYSTEM
from doorward.orgs import OrganizationChange
from doorward.protocol import AuthMethod, challenge_of
from tests.support.factories import PASSWORD, make_account
from tests.support.house import House
from tests.support.old_site import RETURN, register_site, sign_staff_in
from tests.support.spec import spec
from tests.support.visits import form_of, go, post
from tests.support.world import VERIFIER, World

pytestmark = pytest.mark.anyio

CRM = "Neon CRM constituent OAuth"


@spec(CRM, "1.3", "a sign-in leads to the redirect URI with a code, and nothing else")
async def test_a_sign_in_leads_straight_back_with_a_code(world: World) -> None:
    """The page before it is the sign-in alone: the site learns no more than an account id."""
    site = await register_site(world)
    async with world.http() as browser:
        visit = await site.sign_in(browser)
        assert visit.location.startswith(f"{RETURN}?code=dw_ac_")
        assert set(visit.parameters) == {"code"}
        assert visit.path == ["signin", "oauth2/auth/continue"]
        # Signed in already: not even that page.
        again = await go(browser, site.login_url())
        assert set(again.parameters) == {"code"}


@spec(CRM, "1.2", "state is echoed")
@pytest.mark.parametrize("state", ["x", "a b&c=d", "状態", "x" * 900, "'\"<>"])
async def test_state_comes_back_as_it_was(world: World, state: str) -> None:
    """Whatever a client put into it."""
    site = await register_site(world)
    async with world.http() as browser:
        visit = await site.sign_in(browser, state=state)
    assert visit.parameters["state"] == state
    assert set(visit.parameters) == {"code", "state"}


@spec(CRM, "1.2", "unknown parameters are tolerated")
async def test_extra_parameters_change_nothing(world: World) -> None:
    """What client libraries add by themselves, and what only the standard's address reads."""
    site = await register_site(world)
    extras: dict[str, str | None] = {
        "scope": "",
        "approval_prompt": "auto",
        "prompt": "consent",
        "max_age": "soon",
        "response_mode": "fragment",
        "request": "x",
        "claims": "{}",
        "resource": "not a uri",
        "foo": "bar",
    }
    async with world.http() as browser:
        visit = await site.sign_in(browser, **extras)
    assert set(visit.parameters) == {"code"}


@spec(CRM, "1.2", "http is assumed where the redirect URI names no scheme")
@pytest.mark.parametrize(
    ("registered", "sent"),
    [
        ("http://127.0.0.1/doma/oauth.php", "127.0.0.1/doma/oauth.php"),
        ("http://127.0.0.1/doma/oauth.php", "127.0.0.1:9999/doma/oauth.php"),
        ("https://shelf.example/back", "shelf.example/back"),
    ],
)
async def test_a_scheme_may_be_missing(world: World, registered: str, sent: str) -> None:
    """At both endpoints, as an old client sends it."""
    site = await register_site(world, redirect_uris=(registered,))
    async with world.http() as browser:
        visit = await site.sign_in(browser, redirect_uri=sent)
    assert visit.location.partition("://")[2].startswith(f"{sent}?code=")
    answer = await site.redeem(visit.parameters["code"], redirect_uri=sent)
    assert answer.json() == {"access_token": world.person.subject}


@spec(CRM, "1.5", "Invalid redirect_uri parameter, as a page and never as a redirect")
@pytest.mark.parametrize(
    ("uri", "advice"),
    [
        ("http://localhost:8080/cb", "127.0.0.1"),
        ("localhost/cb", "127.0.0.1"),
        ("https://evil.example/cb", "not registered"),
        ("https://shelf.example/callback/more", "not registered"),
        ("https://shelf.example@evil.example/callback", "not a valid URL"),
        ("http://", "not a valid URL"),
        ("javascript:alert(1)", "not a valid URL"),
        ("ht tp://x", "not a valid URL"),
        ("your redirect_uri here", "not a valid URL"),
        (None, "not a valid URL"),
    ],
)
async def test_a_bad_return_address_is_explained(
    world: World, uri: str | None, advice: str
) -> None:
    """In the platform's own words, with what to do, in both languages."""
    site = await register_site(world)
    async with world.http() as browser:
        visit = await go(browser, site.login_url(redirect_uri=uri))
        assert visit.response.status_code == 400
        assert "location" not in visit.response.headers
        assert "Invalid redirect_uri parameter" in visit.page.text
        assert advice in visit.page.text
        japanese = await go(browser, site.login_url(redirect_uri=uri) + "&lang=ja")
        assert "Invalid redirect_uri parameter" in japanese.page.text
        assert "戻り先アドレス" in japanese.page.text


async def test_localhost_is_refused_even_where_it_is_registered(world: World) -> None:
    """It was for the standard's address; this platform never took it."""
    site = await register_site(world, redirect_uris=("http://localhost:8080/cb",))
    async with world.http() as browser:
        visit = await go(browser, site.login_url(redirect_uri="http://localhost:8080/cb"))
    assert "Use 127.0.0.1 instead of localhost." in visit.page.text


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
    ],
)
async def test_other_mistakes_go_back_to_the_site(
    world: World, changes: dict[str, str | None], error: str
) -> None:
    """With state, once the address is proved."""
    site = await register_site(world)
    async with world.http() as browser:
        visit = await go(browser, site.login_url(state="s", **changes))
    assert visit.parameters["error"] == error
    assert visit.parameters["state"] == "s"


@spec(CRM, "1.3", "who gives up comes back with access_denied")
async def test_giving_up_is_told(world: World) -> None:
    """By the link on the sign-in page."""
    site = await register_site(world)
    async with world.http() as browser:
        visit = await go(browser, site.login_url(state="s"))
        cancel = next(link for link in visit.page.links if "/cancel?" in link)
        left = await go(browser, cancel)
    assert left.location.startswith(f"{RETURN}?error=access_denied&")
    assert left.parameters["state"] == "s"
    assert "iss" not in left.parameters


async def test_a_program_that_anyone_can_pose_as_is_asked_about_each_time(world: World) -> None:
    """A public application on a loopback address: signing in is no consent to whoever listens."""
    site = await register_site(
        world,
        kind="native",
        auth_method=AuthMethod.NONE,
        redirect_uris=("http://127.0.0.1/cb",),
    )
    async with world.http() as browser:
        plain = await go(browser, site.login_url(redirect_uri="http://127.0.0.1:5555/cb"))
        assert plain.parameters["error"] == "invalid_request"  # PKCE is required of it
        visit = await site.sign_in(
            browser,
            redirect_uri="http://127.0.0.1:5555/cb",
            code_challenge=challenge_of(VERIFIER),
            code_challenge_method="S256",
        )
        assert visit.path[-1] == "consent"
        visit = await post(browser, form_of(visit, "decision"), decision="allow")
        assert set(visit.parameters) == {"code"}


async def test_an_application_of_staff_does_not_come_this_way(world: World) -> None:
    """There is no such application for constituents."""
    site = await register_site(world, account_kind="system")
    async with world.http() as browser:
        visit = await go(browser, site.login_url())
    assert visit.response.status_code == 400
    assert "location" not in visit.response.headers


@spec(CRM, "1.5", "staff credentials do not sign in on the constituent form")
async def test_staff_credentials_are_refused_on_the_form(world: World) -> None:
    """With the one answer that a wrong password gets."""
    site = await register_site(world)
    await make_account(world.services.db, "sam", org_id=world.org.org_id, kind=AccountKind.SYSTEM)
    async with world.http() as browser:
        visit = await site.sign_in(browser, "sam")
        wrong = await site.sign_in(browser, "nobody")
    assert visit.response.status_code == wrong.response.status_code == 400


@spec(CRM, "1.5", "Logged in as system user not supported, as a page with a way out")
async def test_a_browser_of_staff_finds_a_way_out(world: World) -> None:
    """It signs out of the staff session alone, and goes on where the person wanted to go."""
    site = await register_site(world)
    async with world.http() as browser:
        staff = await sign_staff_in(world, browser)
        visit = await go(browser, site.login_url(state="s"))
        assert visit.response.status_code == 403
        assert "Logged in as system user not supported" in visit.page.text
        assert staff.name is not None
        assert staff.name in visit.page.text
        visit = await post(browser, form_of(visit, "decision"), decision="sign_out")
        arrived = await post(
            browser, form_of(visit, "password"), username="anna", password=PASSWORD.reveal()
        )
        assert set(arrived.parameters) == {"code", "state"}
    assert await world.services.sessions.list_live(world.org, staff.account_id) == []


@spec(CRM, "1.5", "Logged in as system user not supported, as the redirect error")
async def test_a_browser_of_staff_may_go_back_with_the_error(world: World) -> None:
    """Once: the page is over then."""
    site = await register_site(world)
    async with world.http() as browser:
        staff = await sign_staff_in(world, browser)
        visit = await go(browser, site.login_url(state="s"))
        form = form_of(visit, "decision")
        back = await post(browser, form, decision="deny")
        assert back.location.startswith(f"{RETURN}?")
        assert back.parameters == {
            "error": "invalid_request",
            "error_description": "Logged in as system user not supported",
            "state": "s",
        }
        assert (await post(browser, form, decision="deny")).response.status_code == 410
        silent = await go(browser, site.login_url(prompt="none"))
        assert silent.parameters["error_description"] == "Logged in as system user not supported"
    assert len(await world.services.sessions.list_live(world.org, staff.account_id)) == 1


async def test_a_constituent_beside_staff_is_not_taken_silently(world: World) -> None:
    """The staff session is told first, even where a constituent is signed in as well."""
    site = await register_site(world)
    async with world.http() as browser:
        await site.sign_in(browser)
        await sign_staff_in(world, browser)
        visit = await go(browser, site.login_url())
        assert visit.response.status_code == 403
        visit = await post(browser, form_of(visit, "decision"), decision="sign_out")
        assert set(visit.parameters) == {"code"}


async def test_the_way_out_needs_our_own_form(world: World) -> None:
    """Another site cannot sign staff out through it."""
    site = await register_site(world)
    async with world.http() as browser:
        staff = await sign_staff_in(world, browser)
        form = form_of(await go(browser, site.login_url()), "decision")
        forged = await post(browser, form, decision="sign_out", csrf="x")
        assert forged.response.status_code == 403
        foreign = await post(
            browser, form, decision="sign_out", headers={"sec-fetch-site": "cross-site"}
        )
        assert foreign.response.status_code == 403
    assert len(await world.services.sessions.list_live(world.org, staff.account_id)) == 1


@spec(CRM, "1.1", "the organization's own host serves the same addresses")
async def test_an_organizations_own_host_is_enough(house: House, world: World) -> None:
    """As ``{org_id}.app.neoncrm.com`` was: the same paths, and nothing of ours before them."""
    host = f"{world.org.org_id}.app.crm.example"
    await house.services.organizations.update(
        world.org.org_id, OrganizationChange(hosts=(host,)), SYSTEM
    )
    site = await register_site(world, post_logout_redirect_uris=("https://shelf.example/",))
    transport = httpx2.ASGITransport(app=world.app)
    url = f"http://{host}:8400"
    async with httpx2.AsyncClient(transport=transport, base_url=url) as browser:
        visit = await site.sign_in(browser)
        answer = await browser.post("/np/oauth/token", data=site.form(visit.parameters["code"]))
        assert answer.json() == {"access_token": world.person.subject}
        left = await browser.get("/np/logout.do?targetUrl=https://shelf.example/")
        assert left.headers["location"] == "https://shelf.example/"
