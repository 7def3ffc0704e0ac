"""Staff with an API key, calling the Neon CRM dialect as programs do."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import httpx2

from doorward.accounts import Account, AccountKind
from doorward.audit import SYSTEM
from tests.support.factories import make_account
from tests.support.world import BASE_URL, World

__all__ = ["BOTH", "V1_ROOT", "Integration", "errors_of", "make_integration", "person"]

V1_ROOT = "/neonws/services/api"
BOTH = ("accounts.read", "accounts.write")
_NUMBERS = itertools.count(1)


@dataclass(frozen=True)
class Integration:
    """A program that holds a key of a member of staff."""

    world: World
    account: Account
    key_id: int
    key: str

    @property
    def org_id(self) -> str:
        """Its organization."""
        return str(self.world.org.org_id)

    def client(self, address: str = "192.0.2.1") -> httpx2.AsyncClient:
        """HTTP from a network address, to the installation's root."""
        transport = httpx2.ASGITransport(app=self.world.app, client=(address, 50_000))
        return httpx2.AsyncClient(transport=transport, base_url=BASE_URL)

    async def v2(self, method: str, path: str, **options: Any) -> httpx2.Response:
        """One call of API v2 with the key, at the root unless ``under`` names an issuer's path."""
        under, address = options.pop("under", ""), options.pop("address", "192.0.2.1")
        auth = options.pop("auth", (self.org_id, self.key))
        async with self.client(address) as http:
            return await http.request(method, f"{under}/v2{path}", auth=auth, **options)

    async def v1(self, path: str, **options: Any) -> httpx2.Response:
        """One call of API v1 by GET; ``params`` are its parameters."""
        under, address = options.pop("under", ""), options.pop("address", "192.0.2.1")
        method = options.pop("method", "GET")
        async with self.client(address) as http:
            return await http.request(method, f"{under}{V1_ROOT}/{path}", **options)

    async def session(self, address: str = "192.0.2.1") -> str:
        """The identifier of a new session of API v1."""
        params = {"login.apiKey": self.key, "login.orgid": self.org_id}
        answer = await self.v1("common/login", params=params, address=address)
        return str(answer.json()["loginResponse"]["userSessionId"])


async def make_integration(world: World, permissions: Iterable[str] = BOTH) -> Integration:
    """A new member of staff with a key."""
    account = await make_account(
        world.services.db,
        f"integration{next(_NUMBERS)}",
        org_id=world.org.org_id,
        kind=AccountKind.SYSTEM,
        permissions=tuple(permissions),
    )
    keys = world.services.api_keys
    await keys.switch_access_on(account.org_id, account.account_id, SYSTEM)
    key, secret = await keys.create(account.org_id, account.account_id, "tests", SYSTEM)
    return Integration(world, account, key.key_id, secret.reveal())


def person(first: str, last: str, email: str | None = None, **contact: Any) -> dict[str, Any]:
    """An individual as API v2 is told it."""
    told = {"firstName": first, "lastName": last, "email1": email, **contact}
    return {"individualAccount": {"primaryContact": told}}


def errors_of(answer: httpx2.Response) -> list[str]:
    """The codes of an error of API v2."""
    body = answer.json()
    assert isinstance(body, list), body
    assert all(set(each) == {"code", "message"} for each in body)
    assert all(isinstance(each["code"], str) and each["message"] for each in body)
    return [each["code"] for each in body]
