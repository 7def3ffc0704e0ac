"""A connector with credentials of the organization's own, and the people around it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import msgspec

from doorward.audit import Actor
from doorward.connectors import (
    AuthOption,
    Connector,
    ConnectorAuthor,
    Environment,
    Manifest,
    Party,
    Plan,
    Variable,
)
from doorward.connectors.requests import Authorize, ScopeRule, TokenRequest
from doorward.crypto import Secret
from doorward.db import Clock, Database
from doorward.orgs import Permission
from doorward.vault import Connections, NewConnection
from doorward.vault.credentials import Credentials
from doorward.vault.credentials_model import Submission, TenantCredentials
from doorward.vault.credentials_rules import Place
from doorward.vault.credentials_use import CredentialsInUse
from doorward.vault.flows_keeping import Keeper
from doorward.vault.model import Kept
from tests.support.factories import sealing_ring
from tests.vault.samples import grant

__all__ = ["ADMIN", "CALLBACK", "ISSUER", "OTHER_ADMIN", "PERSON", "Desk", "crm", "given", "place"]

ORG = "river"
ISSUER = "https://id.example.org/o/river"
CALLBACK = f"{ISSUER}/connect/callback/crm"


def author(number: int, *permissions: Permission) -> ConnectorAuthor:
    """An account of staff with these permissions."""
    return ConnectorAuthor(
        Actor(kind="account", id=str(number)), number, "system", frozenset(map(str, permissions))
    )


ADMIN = author(1, Permission.CONNECTORS_WRITE)
OTHER_ADMIN = author(2, Permission.CONNECTORS_WRITE)
PERSON = ConnectorAuthor(Actor(kind="account", id="7"), 7, "constituent")


def crm(**more: Any) -> Manifest:
    """A platform at which every organization registers its own client.

    ``option`` holds fields of its way to connect, the rest of ``more`` fields of the manifest.
    """
    option = AuthOption(
        name="oauth",
        type="oauth2_code",
        admin_managed=True,
        authorize=Authorize(
            url="https://crm.example.com/authorize", scope=ScopeRule(default=("read", "write"))
        ),
        token=TokenRequest(url="https://crm.example.com/token", client_auth="basic"),
        variables=(
            Variable(
                name="host",
                type="hostname",
                scope="account",
                required=False,
                pattern=r"^[a-z]+\.crm\.example\.com$",
            ),
        ),
    )
    changed = msgspec.structs.replace(option, **more.pop("option", {}))
    return Manifest(slug="crm", name="Example CRM", auth_options=(changed,), **more)


REGIONS = (Environment(name="eu"), Environment(name="us"))


def place(
    manifest: Manifest | None = None,
    *,
    org_id: str = ORG,
    environment: str = "",
    connector_id: int = 11,
) -> Place:
    """The connector in one organization, which registered it under this number."""
    manifest = manifest or crm()
    connector = Connector(
        org_id=org_id,
        slug=manifest.slug,
        connector_id=connector_id,
        manifest=manifest,
        origin="registered",
        enabled=True,
    )
    issuers = (f"https://id.example.org/o/{org_id}", f"https://{org_id}.example.org")
    return Place(connector, environment, issuers)


def given(number: int = 1, **more: Any) -> Submission:
    """What an administrator types."""
    fields: dict[str, Any] = {
        "client_id": f"client-{number}",
        "client_secret": Secret(f"secret-{number}"),
        **more,
    }
    return Submission(**fields)


@dataclass(frozen=True)
class Desk:
    """The services around tenant credentials, over one database."""

    db: Database
    connections: Connections
    credentials: Credentials
    in_use: CredentialsInUse
    keeper: Keeper

    @classmethod
    def over(cls, db: Database, clock: Clock) -> Desk:
        """All of them, with one key ring."""
        ring = sealing_ring()
        connections = Connections(db=db, clock=clock, ring=ring)
        in_use = CredentialsInUse(db=db, clock=clock, ring=ring, connections=connections)
        return cls(
            db,
            connections,
            Credentials(db=db, clock=clock, ring=ring, connections=connections),
            in_use,
            Keeper(db=db, connections=connections, in_use=in_use),
        )

    async def connect(
        self,
        credentials: TenantCredentials,
        author: ConnectorAuthor,
        where: Place | None = None,
        *,
        party: str = "acct",
        secret_used: int = 0,
        reconnect_of: int | None = None,
    ) -> Kept:
        """A first connection of ``author`` that the platform let succeed."""
        where = where or place()
        new = NewConnection(
            org_id=where.org_id,
            account_id=author.account_id,
            plan=Plan(where.manifest, where.manifest.auth_options[0]),
            environment=where.environment,
            connector_id=where.connector.connector_id,
            grant=replace(grant(), secret_used=secret_used),
            party=Party(account_id=f"{party}-{author.account_id}"),
            reconnect_of=reconnect_of,
        )
        return await self.keeper.keep(new, where.connector, credentials, author.actor)

    async def set_up(self, where: Place | None = None, number: int = 1) -> TenantCredentials:
        """Active credentials, submitted and proved by an administrator."""
        where = where or place()
        submitted = await self.credentials.submit(where, given(number), ADMIN)
        await self.connect(submitted, ADMIN, where)
        active = await self.credentials.find_active(where)
        assert active is not None
        return active
