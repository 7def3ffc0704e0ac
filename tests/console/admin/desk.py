"""Somebody of the staff, at the console of a world, without JavaScript."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx2

from doorward.accounts import Account, AccountKind
from doorward.app.admin_routes import admin_services
from doorward.console import AdminFrame, admin_table
from doorward.console.admin import AdminRoute
from doorward.crypto import Secret
from doorward.http import Assets, Csrf, Pages
from doorward.orgs import Permission, TenantPages
from doorward.sessions import SignInPages
from tests.support.browser_forms import Form
from tests.support.factories import PASSWORD, make_account
from tests.support.visits import Visit, form_of, go, post
from tests.support.world import World

__all__ = ["EVERY", "Desk", "at_desk", "hire", "routes_of", "sign_in"]

EVERY = frozenset(str(permission) for permission in Permission)
_NUMBERS = itertools.count(1)


async def hire(
    world: World, permissions: Iterable[str] = EVERY, username: str | None = None
) -> Account:
    """A new member of staff of the world's organization."""
    return await make_account(
        world.services.db,
        username or f"staff{next(_NUMBERS)}",
        org_id=world.org.org_id,
        kind=AccountKind.SYSTEM,
        permissions=tuple(permissions),
    )


async def sign_in(http: httpx2.AsyncClient, visit: Visit, username: str) -> Visit:
    """Type the name and the password into the sign-in form that is shown."""
    form = form_of(visit, "password")
    return await post(http, form, username=username, password=PASSWORD.reveal())


@dataclass
class Desk:
    """A browser in which somebody of the staff is signed in."""

    world: World
    http: httpx2.AsyncClient
    staff: Account

    async def open(self, path: str) -> Visit:
        """Open a page of the console: ``users`` is ``/admin/users``."""
        return await go(self.http, f"{self.world.issuer}/admin/{path}".rstrip("/"))

    async def form(self, path: str, action: str) -> Form:
        """The form on a page that posts to ``/admin/{action}``."""
        visit = await self.open(path)
        assert visit.response.status_code == 200, visit.page.text[:300]
        found = [each for each in visit.page.forms if each.action.endswith(f"/admin/{action}")]
        assert found, f"no form to {action}: {[each.action for each in visit.page.forms]}"
        return found[0]

    async def send(self, path: str, action: str, /, **typed: str) -> Visit:
        """Fill in the form on a page that posts to ``/admin/{action}``, and send it."""
        form = await self.form(path, action)
        form.fields |= typed
        return await post(self.http, form)

    async def csrf(self) -> str:
        """The token of this session's forms."""
        return (await self.open("")).page.forms[0].fields["csrf"]


@asynccontextmanager
async def at_desk(world: World, staff: Account | None = None) -> AsyncIterator[Desk]:
    """``staff``, or somebody with every permission, signed in at the console."""
    somebody = staff or await hire(world)
    async with world.http() as http:
        visit = await go(http, f"{world.issuer}/admin")
        shown = await sign_in(http, visit, somebody.username)
        assert shown.path[-1] == "admin", shown.page.text[:300]
        yield Desk(world, http, somebody)


def routes_of(world: World) -> tuple[AdminRoute, ...]:
    """The table of the console, over the services of ``world``."""
    use = world.services
    pages = TenantPages(pages=Pages(Assets()), csrf=Csrf(Secret(bytes(32))))
    sign_in_pages = SignInPages(
        sessions=use.sessions,
        accounts=use.accounts,
        second_steps=use.second_steps,
        passkeys=use.passkeys,
        pages=pages,
    )
    frame = AdminFrame(
        sessions=use.sessions, accounts=use.accounts, sign_in=sign_in_pages, pages=pages
    )
    return admin_table(admin_services(use), frame)
