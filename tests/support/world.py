"""A whole Doorward over one test database, called without a network."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import httpx2

from doorward.accounts import Account, Accounts
from doorward.app import Services, assemble, build_app
from doorward.audit import SYSTEM
from doorward.clients import Application, NewApplication
from doorward.config import Settings
from doorward.crypto import Secret
from doorward.db import Database
from doorward.http import ASGIApp
from doorward.imports import Imports
from doorward.invitations import Invitations
from doorward.keys import Keys
from doorward.mail import Carrier
from doorward.orgs import NewOrganization, Organization, OrgId, Policy
from doorward.protocol import AuthMethod, challenge_of
from doorward.recovery import Links, Recovery
from doorward.sessions import Visitor
from tests.support.clock import ManualClock
from tests.support.factories import cheap_passwords, make_account, premade_keys, sealing_ring
from tests.support.randomness import SeededRandom

__all__ = [
    "BASE_URL",
    "CALLBACK",
    "NOBODY",
    "VERIFIER",
    "Known",
    "World",
    "make_services",
    "make_world",
    "register",
]

BASE_URL = "http://127.0.0.1:8400"
CALLBACK = "http://127.0.0.1:8765/callback"
NOBODY = Visitor(address=None, user_agent=None)
VERIFIER = "a-verifier-of-forty-three-characters-or-more"
SCOPES = ("openid", "profile", "email", "offline_access")


@dataclass(frozen=True)
class Known:
    """An application and its secret."""

    application: Application
    secret: Secret[str] | None

    @property
    def client_id(self) -> str:
        """Its identifier."""
        return self.application.client_id

    @property
    def basic(self) -> tuple[str, str]:
        """Its credentials for HTTP Basic."""
        assert self.secret is not None
        return self.client_id, self.secret.reveal()


@dataclass(frozen=True)
class World:
    """Services, the application over them, and one organization with its people."""

    services: Services
    app: ASGIApp
    org: Organization
    person: Account
    web: Known
    clock: ManualClock

    @property
    def issuer(self) -> str:
        """The organization's issuer."""
        return f"{BASE_URL}/o/{self.org.org_id}"

    def http(self, **options: Any) -> httpx2.AsyncClient:
        """A browser or a program: it keeps cookies and does not follow redirects."""
        transport = httpx2.ASGITransport(app=self.app)
        return httpx2.AsyncClient(transport=transport, base_url=self.issuer, **options)

    def request(self, **changes: str | None) -> dict[str, str]:
        """The parameters of an ordinary authorization request."""
        params: dict[str, str | None] = {
            "response_type": "code",
            "client_id": self.web.client_id,
            "redirect_uri": CALLBACK,
            "scope": " ".join(SCOPES),
            "state": "the state",
            "nonce": "the nonce",
            "code_challenge": challenge_of(VERIFIER),
            "code_challenge_method": "S256",
            **changes,
        }
        return {name: value for name, value in params.items() if value is not None}

    async def register(self, name: str = "Donor Portal", **fields: Any) -> Known:
        """Another application of the organization."""
        return await register(self.services, self.org.org_id, name, **fields)


async def register(services: Services, org_id: str, name: str, **fields: Any) -> Known:
    """An approved application, confidential by HTTP Basic unless ``fields`` say otherwise."""
    given = {
        "kind": "web",
        "auth_method": AuthMethod.BASIC,
        "grant_types": frozenset({"authorization_code", "refresh_token"}),
        "redirect_uris": (CALLBACK,),
        "scopes": SCOPES,
        "status": "approved",
        **fields,
    }
    new = NewApplication(org_id=org_id, name=name, **given)
    return Known(*await services.applications.create(new, SYSTEM))


def make_services(
    db: Database,
    clock: ManualClock,
    *,
    carrier: Carrier | None = None,
    allowed: tuple[str, ...] = (),
    base_url: str = BASE_URL,
    plugins: tuple[str, ...] = (),
) -> Services:
    """Every service over ``db``, with passwords that cost nothing and keys made beforehand.

    Mail is off without a ``carrier``. ``allowed`` are private targets that may be called, and
    ``plugins`` connectors in Python.
    """
    ring = sealing_ring()
    settings = Settings(base_url=base_url, outbound_allowed=allowed, connector_plugins=plugins)
    services = assemble(settings, db, ring, clock=clock, random=SeededRandom(7), carrier=carrier)
    services.passwords.close()
    accounts = Accounts(
        db=db,
        clock=clock,
        passwords=cheap_passwords(),
        brakes=services.brakes,
        organizations=services.organizations,
    )
    return replace(
        services,
        passwords=cheap_passwords(),
        accounts=accounts,
        keys=Keys(db=db, clock=clock, ring=ring, generate=premade_keys()),
        imports=Imports(db=db, clock=clock, accounts=accounts),
        invitations=Invitations(
            db=db,
            clock=clock,
            random=services.random,
            accounts=accounts,
            outbox=services.outbox,
        ),
        recovery=_recovery(services, accounts),
    )


def _recovery(services: Services, accounts: Accounts) -> Recovery:
    db, clock, key = services.db, services.clock, Secret(services.ring.subkey("action codes"))
    return Recovery(
        db=db,
        clock=clock,
        links=Links(db=db, clock=clock, random=services.random, key=key),
        accounts=accounts,
        outbox=services.outbox,
        brakes=services.brakes,
    )


async def make_world(
    db: Database,
    clock: ManualClock,
    *,
    org_id: str = "river",
    policy: Policy | None = None,
    running: tuple[Services, ASGIApp] | None = None,
) -> World:
    """An organization with one constituent and one application.

    ``running`` is what already serves ``db``: to build it takes longer than most tests.
    """
    if running is None:
        services = make_services(db, clock)
        running = services, build_app(services)
    services, app = running
    new = NewOrganization(org_id=OrgId(org_id), name="River Trust", policy=policy or Policy())
    org = await services.organizations.create(new, SYSTEM)
    await services.keys.ensure(org.org_id)
    person = await make_account(db, "anna", org_id=org.org_id)
    web = await register(services, org.org_id, "Donor Portal")
    return World(services, app, org, person, web, clock)
