"""Organizations that speak Neos or Neon, and programs that were written for those."""

from __future__ import annotations

from typing import Any

import httpx2

from doorward.audit import SYSTEM
from doorward.orgs import OrganizationChange
from doorward.protocol import AuthMethod
from doorward.scopes import Scope
from tests.support.visits import Visit, authorize
from tests.support.world import BASE_URL, CALLBACK, Known, World

__all__ = ["ALL_NEOS", "add_scope", "neos_code", "neos_redeem", "neos_site", "neos_token", "speak"]

ALL_NEOS = ("profile", "email", "patreon")


async def speak(world: World, *dialects: str) -> None:
    """Switch these contracts on, and all others off."""
    change = OrganizationChange(dialects=dialects)
    await world.services.organizations.update(world.org.org_id, change, SYSTEM)


async def add_scope(world: World, name: str) -> None:
    """A scope of the organization's own, unless it has it."""
    known = await world.services.scopes.catalogue(world.org.org_id)
    if name not in known.scopes:
        scope = Scope(
            org_id=world.org.org_id,
            name=name,
            api=None,
            title_en=name,
            sentence_en=f"See {name}",
            title_ja=name,
            sentence_ja=f"{name} を見る",
            sensitivity="personal",
        )
        await world.services.scopes.create_scope(scope, SYSTEM)


async def neos_site(world: World, **fields: Any) -> Known:
    """A site that was registered at Neos; the organization speaks as it expects."""
    await speak(world, "neos")
    await add_scope(world, "patreon")
    given = {
        "auth_method": AuthMethod.POST,
        "scopes": ("openid", "profile", "email", "patreon", "offline_access"),
        **fields,
    }
    return await world.register("Event Desk", **given)


async def neos_code(world: World, site: Known, scope: str) -> Visit:
    """The person's way through ``/connect/authorize``, without state and without PKCE."""
    asked = {
        "response_type": "code",
        "client_id": site.client_id,
        "redirect_uri": CALLBACK,
        "scope": scope,
    }
    async with world.http() as browser:
        return await authorize(browser, asked, at="connect/authorize")


async def neos_redeem(
    world: World, site: Known, code: str, *, at_root: bool = False, basic: bool = False
) -> httpx2.Response:
    """The token request, as the platform's sample sends it."""
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
    if not basic:
        assert site.secret is not None
        form |= {"client_id": site.client_id, "client_secret": site.secret.reveal()}
    url = f"{BASE_URL}/connect/token" if at_root else "connect/token"
    async with world.http() as http:
        if basic:
            return await http.post(url, data=form, auth=site.basic)
        return await http.post(url, data=form)


async def neos_token(world: World, site: Known, scope: str = "profile") -> str:
    """An access token with ``scope``."""
    visit = await neos_code(world, site, scope)
    answer = await neos_redeem(world, site, visit.parameters["code"])
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])
