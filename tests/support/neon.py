"""Applications and people with keys of their own, calling Neon's API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx2

from doorward.accounts import Account
from doorward.audit import SYSTEM
from doorward.db import SECOND
from doorward.dialects.neon import API_SCOPES, DIALECT
from doorward.orgs import OrganizationChange
from doorward.projects import NewPersonalKey, NewProject, Project
from doorward.tokens import AccessOrder, Family
from tests.support.families import keep_family
from tests.support.programs import add_api
from tests.support.world import BASE_URL, Known, World

__all__ = [
    "API",
    "EVERY_SCOPE",
    "ApiProgram",
    "add_neon_api",
    "make_key",
    "make_project",
    "make_token",
    "message_of",
]

API = "https://console.example/api"
EVERY_SCOPE = tuple(sorted(API_SCOPES))


async def add_neon_api(world: World) -> Known:
    """Give the organization Neon's scopes, and an application that may ask for them."""
    await _speak_neon(world)
    await add_api(world, API, *EVERY_SCOPE)
    scopes = ("openid", "profile", "email", "offline_access", *EVERY_SCOPE)
    return await world.register("Deploy Board", scopes=scopes)


async def _speak_neon(world: World) -> None:
    """Switch the dialect on, if it is not."""
    org = await world.services.organizations.get(world.org.org_id)
    if DIALECT not in org.dialects:
        change = OrganizationChange(dialects=(*org.dialects, DIALECT))
        await world.services.organizations.update(org.org_id, change, SYSTEM)


async def make_token(
    world: World,
    known: Known,
    *scopes: str,
    account: Account | None = None,
    audience: tuple[str, ...] | None = None,
    lifetime_s: int = 3600,
) -> str:
    """An access token as the token endpoint would have issued it, without the way there."""
    use, who = world.services, account or world.person
    org_id, client_id = who.org_id, known.client_id
    family = Family(
        family_id=use.db.next_id(),
        org_id=org_id,
        client_id=client_id,
        account_id=who.account_id,
        session_id=use.db.next_id(),
        consent_id=use.db.next_id(),
        scopes=scopes,
        resources=(),
        auth_at=use.clock(),
        created_at=use.clock(),
        expires_at=use.clock() + 30 * 86_400 * SECOND,
    )
    if audience is None:
        audience = (API,) if API_SCOPES & set(scopes) else ()
    minted = use.tokens.mint_access(
        AccessOrder(
            org_id=org_id,
            client_id=client_id,
            account_id=who.account_id,
            family_id=family.family_id,
            scopes=scopes,
            audience=audience,
            lifetime_s=lifetime_s,
        )
    )
    await keep_family(use.db, family, minted)
    return minted.text.reveal()


async def make_key(
    world: World, account: Account | None = None, scopes: tuple[str, ...] = EVERY_SCOPE
) -> str:
    """A key that the person made."""
    await _speak_neon(world)
    who = account or world.person
    new = NewPersonalKey(who.org_id, who.account_id, "Laptop", (*scopes, "email", "profile"))
    _key, secret = await world.services.personal_keys.create(new, SYSTEM)
    return secret.reveal()


async def make_project(world: World, account: Account | None = None, **fields: Any) -> Project:
    """A project of the person."""
    who = account or world.person
    new = NewProject(who.org_id, who.account_id, **fields)
    return await world.services.projects.create(new, SYSTEM)


@dataclass(frozen=True)
class ApiProgram:
    """A program that holds one credential."""

    world: World
    credential: str

    async def call(self, method: str, path: str, **options: Any) -> httpx2.Response:
        """One call under the issuer, or at the place that ``under`` names."""
        under = options.pop("under", f"/o/{self.world.org.org_id}")
        headers = {"authorization": f"Bearer {self.credential}", **options.pop("headers", {})}
        transport = httpx2.ASGITransport(app=self.world.app, client=("192.0.2.1", 50_000))
        async with httpx2.AsyncClient(transport=transport, base_url=BASE_URL) as http:
            url = f"{under}/api/v2{path}"
            return await http.request(method, url, headers=headers, **options)

    async def get(self, path: str, **params: Any) -> httpx2.Response:
        """One GET."""
        return await self.call("GET", path, params=params)


def message_of(answer: httpx2.Response, status: int) -> str:
    """The sentence of a refusal, whose form is the platform's."""
    assert answer.status_code == status, f"{answer.status_code}: {answer.text}"
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    told: dict[str, str] = answer.json()
    assert set(told) == {"request_id", "code", "message"}
    assert told["request_id"] == answer.headers["x-request-id"]
    return told["message"]
