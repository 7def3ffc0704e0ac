"""Staff, their credentials, and the API that they call."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import httpx2

from doorward.accounts import Account, AccountKind, NewAccount
from doorward.app import Services, build_app
from doorward.audit import SYSTEM
from doorward.clients import Application, ApplicationStatus, NewApplication
from doorward.console import MANAGEMENT, ApiServices
from doorward.console.api.application import operations_of
from doorward.console.api.route import Operation
from doorward.db import Database
from doorward.http import ASGIApp
from doorward.orgs import (
    OPERATORS,
    NewOrganization,
    Organization,
    Permission,
)
from doorward.tokens import AccessOrder
from tests.support.clock import ManualClock
from tests.support.connected import running_platform
from tests.support.factories import make_account
from tests.support.world import BASE_URL, make_services, make_world

__all__ = ["EVERY", "Client", "Office", "open_office"]

EVERY = frozenset(str(permission) for permission in Permission)
_NUMBERS = itertools.count(1)


def api_services(use: Services) -> ApiServices:
    """The narrow services that the assembly hands over."""
    return ApiServices(
        organizations=use.organizations,
        accounts=use.accounts,
        platform_profiles=use.platform_profiles,
        applications=use.applications,
        reviews=use.reviews,
        ownership=use.ownership,
        usage=use.usage,
        secret_uses=use.secret_uses,
        scopes=use.scopes,
        keys=use.keys,
        sessions=use.sessions,
        passkeys=use.passkeys,
        consents=use.consents,
        audit=use.audit,
        api_keys=use.api_keys,
        project_groups=use.project_groups,
        project_members=use.project_members,
        tokens=use.tokens,
        guard=use.guard,
        connectors=use.connectors,
        vault=use.vault,
        connect_sessions=use.connecting.sessions,
        missing_scopes=use.connecting.missing,
        lender=use.lender,
        ring=use.ring,
        clock=use.clock,
        db=use.db,
    )


class Client:
    """Calls the API of one organization with one credential."""

    def __init__(self, app: ASGIApp, org_id: str, headers: dict[str, str]) -> None:
        self.app = app
        self.org_id = org_id
        self.headers = headers

    async def __call__(self, method: str, path: str, **options: Any) -> httpx2.Response:
        """One request; ``path`` is below ``/api``."""
        transport = httpx2.ASGITransport(app=self.app)
        headers = {**self.headers, **options.pop("headers", {})}
        async with httpx2.AsyncClient(transport=transport) as client:
            url = f"{BASE_URL}/o/{self.org_id}/api{path}"
            return await client.request(method, url, headers=headers, **options)


@dataclass
class Office:
    """Two organizations, ``river`` and ``lake``, and the operators."""

    services: Services
    app: ASGIApp
    operations: tuple[Operation, ...]
    organizations: dict[str, Organization]
    people: dict[str, Account] = field(default_factory=dict)
    applications: dict[str, Application] = field(default_factory=dict)

    async def close(self) -> None:
        """Let go of connections to the platform."""
        await self.services.vault.refresher.close()
        await self.services.outbound.close()

    async def staff(self, permissions: Iterable[str] = EVERY, *, org_id: str = "river") -> Account:
        """A new member of staff."""
        return await make_account(
            self.services.db,
            f"staff{next(_NUMBERS)}",
            org_id=org_id,
            kind=AccountKind.SYSTEM,
            permissions=tuple(permissions),
        )

    async def key_of(self, account: Account) -> str:
        """An API key of ``account``, whose API access is on from now on."""
        await self.services.api_keys.switch_access_on(account.org_id, account.account_id, SYSTEM)
        _, secret = await self.services.api_keys.create(
            account.org_id, account.account_id, "tests", SYSTEM
        )
        return secret.reveal()

    async def client(self, permissions: Iterable[str] = EVERY, *, org_id: str = "river") -> Client:
        """A client with the API key of a new member of staff."""
        key = await self.key_of(await self.staff(permissions, org_id=org_id))
        return self.holding(key, org_id=org_id)

    def holding(self, credential: str | None, *, org_id: str = "river") -> Client:
        """A client with this bearer credential, or with none."""
        headers = {} if credential is None else {"Authorization": f"Bearer {credential}"}
        return Client(self.app, org_id, headers)

    async def token(
        self,
        account: Account | None,
        *,
        scopes: tuple[str, ...] = (MANAGEMENT,),
        org_id: str = "river",
    ) -> str:
        """An access token of ``account``, or of an application that acts for itself."""
        minted = self.services.tokens.mint_access(
            AccessOrder(
                org_id=org_id,
                client_id=self.applications[org_id].client_id,
                account_id=None if account is None else account.account_id,
                family_id=None,
                scopes=scopes,
                audience=(),
                lifetime_s=600,
            )
        )
        await self.services.tokens.store_access(org_id, minted)
        return minted.text.reveal()


async def open_office(db: Database, clock: ManualClock) -> Office:
    """Everything that the tests of the API start from."""
    platform = running_platform(clock)
    services = make_services(db, clock, allowed=(platform.authority,))
    world = await make_world(db, clock, running=(services, build_app(services)))
    use = world.services
    organizations = {"river": world.org}
    for org_id, name in (("lake", "Lake Trust"), (OPERATORS, "Operators")):
        organizations[org_id] = await use.organizations.create(
            NewOrganization(org_id=org_id, name=name), SYSTEM
        )
    # Numbers of one organization, so that a foreign one is not by chance one's own.
    await use.accounts.create(
        NewAccount(org_id="lake", kind=AccountKind.CONSTITUENT, username="first", account_id=5000),
        SYSTEM,
    )
    narrow = api_services(use)
    office = Office(use, world.app, operations_of(narrow), organizations)
    for org_id in organizations:
        new = NewApplication(
            org_id=org_id,
            name="Back Office",
            redirect_uris=("https://office.example/callback",),
            scopes=(MANAGEMENT,),
            account_kind="system",
            status=ApplicationStatus.APPROVED,
        )
        office.applications[org_id], _ = await use.applications.create(new, SYSTEM)
        office.people[org_id] = await make_account(db, "bea", org_id=org_id)
    return office
