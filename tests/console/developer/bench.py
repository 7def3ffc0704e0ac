"""A developer at the portal of a world, without JavaScript."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx2

from doorward.accounts import Account
from doorward.app.developer_routes import developer_services
from doorward.audit import SYSTEM
from doorward.clients import Application
from doorward.console import DeveloperFrame, developer_table
from doorward.console.developer import DeveloperRoute
from doorward.crypto import Secret
from doorward.http import Assets, Csrf, Pages
from doorward.orgs import OrganizationChange, Registration, TenantPages
from doorward.sessions import SignInPages
from tests.support.browser_forms import Form
from tests.support.factories import PASSWORD, make_account
from tests.support.visits import Visit, form_of, go, post
from tests.support.world import World

__all__ = ["DETAILS", "Bench", "at_bench", "open_registration", "routes"]

_NUMBERS = itertools.count(1)
DETAILS = {
    "name": "Gift Reports",
    "description": "Reports on gifts.",
    "company": "Polaris",
    "contact_email": "dev@polaris.example",
    "homepage_url": "https://polaris.example",
    "reason": "People see their gifts beside their budget.",
    "privacy_url": "https://polaris.example/privacy",
    "terms_url": "https://polaris.example/terms",
    "kind": "web",
    "redirect_uris": "https://polaris.example/cb",
    "post_logout_redirect_uris": "",
}


async def open_registration(world: World, policy: Registration | None = None) -> None:
    """Let everybody register, or what ``policy`` says."""
    change = OrganizationChange(registration=policy or Registration(mode="open"))
    await world.services.organizations.update(world.org.org_id, change, SYSTEM)


@dataclass
class Bench:
    """A browser in which a developer is signed in."""

    world: World
    http: httpx2.AsyncClient
    account: Account

    async def open(self, path: str) -> Visit:
        """Open a page of the portal: ``app?app=x`` is ``/developer/app?app=x``."""
        return await go(self.http, f"{self.world.issuer}/developer/{path}".rstrip("/"))

    async def form(self, path: str, action: str) -> Form:
        """The form on a page that posts to ``/developer/{action}``."""
        visit = await self.open(path)
        assert visit.response.status_code == 200, visit.page.text[:300]
        found = [
            each
            for each in visit.page.forms
            if each.action.partition("?")[0].endswith(f"/developer/{action}")
        ]
        assert found, f"no form to {action}: {[each.action for each in visit.page.forms]}"
        return found[0]

    async def send(self, path: str, action: str, /, **typed: str) -> Visit:
        """Fill in the form on a page that posts to ``/developer/{action}``, and send it."""
        form = await self.form(path, action)
        form.fields |= typed
        return await post(self.http, form)

    async def register(self, **changes: str) -> Application:
        """A draft, by the form for a new one."""
        visit = await self.send("new", "new", **{**DETAILS, **changes})
        assert visit.response.status_code == 200, visit.page.text[:400]
        found = await self.world.services.ownership.list_of(
            self.world.org.org_id, self.account.account_id
        )
        return next(each for each in found if each.name == changes.get("name", DETAILS["name"]))

    async def upload(self, client_id: str, data: bytes, name: str = "logo.png") -> httpx2.Response:
        """Send a picture as a browser does."""
        form = await self.form(f"app/details?app={client_id}", "app/logo")
        files = {"logo": (name, data, "application/octet-stream")}
        return await self.http.post(form.action, data={"csrf": form.fields["csrf"]}, files=files)

    async def read(self, client_id: str) -> Application:
        """The application as it is now."""
        return await self.world.services.applications.get(self.world.org.org_id, client_id)


@asynccontextmanager
async def at_bench(world: World) -> AsyncIterator[Bench]:
    """Somebody new, signed in at the portal."""
    name = f"dev{next(_NUMBERS)}"
    account = await make_account(world.services.db, name, org_id=world.org.org_id)
    async with world.http() as http:
        visit = await go(http, f"{world.issuer}/developer")
        form = form_of(visit, "password")
        shown = await post(http, form, username=name, password=PASSWORD.reveal())
        assert shown.path[-1] == "developer", shown.page.text[:300]
        yield Bench(world, http, account)


def routes(world: World) -> tuple[DeveloperRoute, ...]:
    """The table of the portal, over the services of ``world``."""
    use = world.services
    pages = TenantPages(pages=Pages(Assets()), csrf=Csrf(Secret(bytes(32))))
    frame = DeveloperFrame(
        sessions=use.sessions,
        accounts=use.accounts,
        applications=use.applications,
        sign_in=SignInPages(
            sessions=use.sessions,
            accounts=use.accounts,
            second_steps=use.second_steps,
            passkeys=use.passkeys,
            pages=pages,
        ),
        pages=pages,
    )
    return developer_table(developer_services(use), frame)
