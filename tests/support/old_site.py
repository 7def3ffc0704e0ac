"""A third-party site that was written for Neon CRM: it knows nothing but its document."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

import httpx2

from doorward.accounts import Account, AccountKind
from doorward.protocol import AuthMethod
from doorward.sessions import NewFlow
from tests.support.factories import PASSWORD, make_account
from tests.support.visits import Visit, form_of, go, post
from tests.support.world import BASE_URL, NOBODY, Known, World

__all__ = ["OldSite", "register_site", "sign_staff_in"]

RETURN = "https://shelf.example/callback"


@dataclass(frozen=True)
class OldSite:
    """Builds the login URL, captures the code, retrieves the access token."""

    world: World
    known: Known
    redirect_uri: str = RETURN

    def login_url(self, **changes: str | None) -> str:
        """The URL behind the site's login link; a change to None leaves a parameter out."""
        params: dict[str, str | None] = {
            "response_type": "code",
            "client_id": self.known.client_id,
            "redirect_uri": self.redirect_uri,
            **changes,
        }
        return "np/oauth/auth?" + urlencode({k: v for k, v in params.items() if v is not None})

    async def sign_in(
        self, browser: httpx2.AsyncClient, username: str = "anna", /, **changes: str | None
    ) -> Visit:
        """Follow the link and sign in: where the person arrives."""
        visit = await go(browser, self.login_url(**changes))
        if visit.response.status_code == 303:
            return visit
        return await post(
            browser, form_of(visit, "password"), username=username, password=PASSWORD.reveal()
        )

    async def get_code(self, **changes: str | None) -> str:
        """A code of a fresh browser."""
        async with self.world.http() as browser:
            return (await self.sign_in(browser, **changes)).parameters["code"]

    def form(self, code: str, /, **changes: str | None) -> dict[str, str]:
        """The body of the token request, with the five keys that the document names."""
        assert self.known.secret is not None
        params: dict[str, str | None] = {
            "client_id": self.known.client_id,
            "client_secret": self.known.secret.reveal(),
            "redirect_uri": self.redirect_uri,
            "code": code,
            "grant_type": "authorization_code",
            **changes,
        }
        return {name: value for name, value in params.items() if value is not None}

    async def redeem(
        self, code: str, at_root: bool = False, /, **changes: str | None
    ) -> httpx2.Response:
        """Retrieve the access token, from the organization or where none is named."""
        url = f"{BASE_URL}/np/oauth/token" if at_root else "np/oauth/token"
        async with self.world.http() as http:
            return await http.post(url, data=self.form(code, **changes))


async def register_site(world: World, **fields: object) -> OldSite:
    """A site with its credentials in the body, as every client of the platform sends them."""
    given: dict[str, object] = {
        "auth_method": AuthMethod.POST,
        "redirect_uris": (RETURN,),
        "scopes": (),
        **fields,
    }
    return OldSite(world, await world.register("Shelf", **given))


async def sign_staff_in(
    world: World, browser: httpx2.AsyncClient, username: str = "sam"
) -> Account:
    """A browser in which a member of staff is signed in as well as whoever was."""
    use, org_id = world.services, world.org.org_id
    staff = await use.accounts.find_by_login(org_id, AccountKind.SYSTEM, username)
    if staff is None:
        staff = await make_account(use.db, username, org_id=org_id, kind=AccountKind.SYSTEM)
    cookie = browser.cookies.get(f"dw-{org_id}")
    found = await use.sessions.find_browser(world.org, cookie)
    here = found or (await use.sessions.open_browser(world.org))[0]
    new = NewFlow("/account", "/signin", None, "system", None, None, None, None)
    flow = await use.sessions.open_flow(world.org, here, new)
    _, fresh = await use.sessions.sign_in(world.org, here, staff, NOBODY, flow)
    browser.cookies.set(f"dw-{org_id}", fresh.reveal(), domain="127.0.0.1", path="/")
    return staff
