"""``/np/logout.do``: the session ends, and nobody is sent to a stranger."""

from __future__ import annotations

from urllib.parse import quote

import httpx2
import pytest

from doorward.audit import SYSTEM
from doorward.clients import ApplicationStatus
from tests.support.old_site import OldSite, register_site, sign_staff_in
from tests.support.spec import spec
from tests.support.visits import Visit, go
from tests.support.world import World

pytestmark = pytest.mark.anyio

CRM = "Neon CRM constituent OAuth"
HOME = "https://shelf.example/"


async def signed_in(world: World, browser: httpx2.AsyncClient) -> OldSite:
    """A site with a home to come back to, and a person who is signed in for it."""
    site = await register_site(world, post_logout_redirect_uris=(HOME, f"{HOME}bye?a=b&c=d"))
    await site.sign_in(browser)
    return site


async def is_signed_in(browser: httpx2.AsyncClient, site: OldSite) -> bool:
    """Whether a silent request finds anybody."""
    visit = await go(browser, site.login_url(prompt="none"))
    return "code" in visit.parameters


def sessions_of(visit: Visit) -> list[str]:
    """The links of the page that lead away from us."""
    return [link for link in visit.page.links if "127.0.0.1:8400" not in link]


@spec(CRM, "1.7", "targetUrl leads on at once, when it is registered")
@pytest.mark.parametrize(
    ("target", "location"),
    [
        (HOME, HOME),
        ("https://shelf.example", HOME),
        (quote(HOME, safe=""), HOME),
        (quote(f"{HOME}bye?a=b&c=d", safe=""), f"{HOME}bye?a=b&c=d"),
        ("https://shelf.example/callback", "https://shelf.example/callback"),
    ],
)
async def test_a_registered_target_is_reached_signed_out(
    world: World, target: str, location: str
) -> None:
    """Raw or encoded, as clients send it."""
    async with world.http() as browser:
        site = await signed_in(world, browser)
        assert await is_signed_in(browser, site)
        visit = await go(browser, f"np/logout.do?targetUrl={target}&response_type=code")
        assert visit.location == location
        assert not await is_signed_in(browser, site)
        # Signed out already: the same way.
        assert (await go(browser, f"np/logout.do?targetUrl={target}")).location == location


@spec(CRM, "1.7", "an unregistered target is never redirected to")
@pytest.mark.parametrize(
    "target",
    [
        None,
        "",
        "https://evil.example/",
        "https://shelf.example.evil.example/",
        "https://shelf.example/%2e%2e/",
        "https://shelf.example@evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "https://shelf.example/?x",
        "HTTPS://SHELF.EXAMPLE/",
        "http://[",
    ],
)
async def test_a_stranger_is_not_redirected_to(world: World, target: str | None) -> None:
    """The session ends all the same, and the page links to nothing of what was sent."""
    async with world.http() as browser:
        site = await signed_in(world, browser)
        query = "" if target is None else f"?targetUrl={quote(target, safe='')}"
        visit = await go(browser, f"np/logout.do{query}")
        assert visit.response.status_code == 200
        assert sessions_of(visit) == []
        assert "evil" not in visit.response.text
        assert not await is_signed_in(browser, site)


async def test_a_suspended_applications_address_is_no_target(world: World) -> None:
    """At once: it may have been suspended for where it leads."""
    async with world.http() as browser:
        site = await signed_in(world, browser)
        assert (await go(browser, f"np/logout.do?targetUrl={HOME}")).location == HOME
        await world.services.applications.set_status(
            world.org.org_id, site.known.client_id, ApplicationStatus.SUSPENDED, SYSTEM
        )
        visit = await go(browser, f"np/logout.do?targetUrl={HOME}")
    assert visit.response.status_code == 200


async def test_sign_ins_of_staff_go_on(world: World) -> None:
    """It is the portal's session that ends."""
    async with world.http() as browser:
        await signed_in(world, browser)
        staff = await sign_staff_in(world, browser)
        visit = await go(browser, "np/logout.do")
        assert "set-cookie" not in visit.response.headers
    live = await world.services.sessions.list_live(world.org, staff.account_id)
    person = await world.services.sessions.list_live(world.org, world.person.account_id)
    assert (len(live), len(person)) == (1, 0)
