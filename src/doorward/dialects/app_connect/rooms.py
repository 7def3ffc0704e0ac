"""What the contract stands on, and what its handlers share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias, TypeVar
from urllib.parse import urlsplit

from doorward.accounts import Accounts
from doorward.connectors import (
    AuthOption,
    Connector,
    Connectors,
    Grant,
    Manifest,
    Plan,
    PluggedUpstream,
    UpstreamFailure,
    Variable,
)
from doorward.crypto import Secret
from doorward.dialects.app_connect.callers import Callers
from doorward.dialects.app_connect.calls import AppCall
from doorward.dialects.app_connect.errors import Said
from doorward.dialects.app_connect.settings import AdminSettings
from doorward.http import Reply
from doorward.orgs import Site, Tenant
from doorward.vault import Connecting, Connection, Held, Place, Vault

__all__ = [
    "DIALECT",
    "PREFIX",
    "Asking",
    "Handler",
    "Rooms",
    "declared",
    "find_host",
    "option_of",
    "place_of",
]

T = TypeVar("T")
Handler: TypeAlias = Callable[[AppCall], Awaitable[Reply]]

DIALECT: Final = "app_connect"
PREFIX: Final = "/app-connect"
_UNAUTHORIZED: Final = 401


@dataclass(frozen=True, slots=True)
class Rooms:
    """The rooms below. ``hash_key`` salts what ``/userInfoHash`` answers."""

    callers: Callers
    accounts: Accounts
    connectors: Connectors
    upstream: PluggedUpstream
    connecting: Connecting
    vault: Vault
    settings: AdminSettings
    site: Site
    hash_key: Secret[bytes]

    async def get_connector(self, org_id: str, platform: str) -> Connector:
        """The connector that is switched on under this name. Raises ``Said``."""
        found = await self.connectors.find(org_id, platform)
        if found is None or not found.enabled:
            raise Said(400, {"error": f"Connector not found for platform: {platform[:100]}"})
        return found


class Asking:
    """Questions to a platform by a connection, with one renewal where its token is refused."""

    def __init__(self, rooms: Rooms) -> None:
        """Ask through the rooms of the vault."""
        self._vault = rooms.vault
        self._plans = rooms.connecting.plans

    async def ask(
        self, row: Connection, question: Callable[[Plan, Grant | None], Awaitable[T]]
    ) -> T:
        """What the platform answers.

        Raises ``UpstreamFailure``, ``Unplannable``, and what ``Refresher.get_token`` raises.
        """
        held = await self._vault.refresher.get_token(row.org_id, row.connection_id)
        try:
            return await self._put(held, question)
        except UpstreamFailure as failure:
            if failure.status != _UNAUTHORIZED:
                raise
        seen = held.connection.token_version
        held = await self._vault.refresher.get_token(
            row.org_id, row.connection_id, seen_version=seen
        )
        return await self._put(held, question)

    async def _put(self, held: Held, question: Callable[[Plan, Grant | None], Awaitable[T]]) -> T:
        plan = await self._plans.plan(held.connection, held.tokens)
        return await question(plan, held.as_grant() if held.tokens.access else None)


def place_of(rooms: Rooms, tenant: Tenant, connector: Connector, environment: str = "") -> Place:
    """The connector under all addresses of the organization, the one that was asked first."""
    org, site = tenant.org, rooms.site
    others = (
        site.tenant(org).issuer,
        *(f"{site.scheme}://{host}{site.port}" for host in org.hosts),
    )
    issuers = (tenant.issuer, *(each for each in others if each != tenant.issuer))
    return Place(connector, environment, issuers)


def option_of(manifest: Manifest) -> AuthOption:
    """The way to connect that the platform's clients see: they know one only."""
    return manifest.auth_options[0]


def declared(manifest: Manifest, option: AuthOption) -> dict[str, Variable]:
    """Every variable of a way to connect, by name."""
    return {each.name: each for each in (*manifest.variables, *option.variables)}


def find_host(connector: Connector, values: Mapping[str, str]) -> str:
    """The host of somebody's account on the platform; empty where the manifest has none."""
    manifest = connector.manifest
    known = declared(manifest, option_of(manifest))
    for name, value in values.items():
        if name in known and known[name].type == "hostname":
            return value
    for name, value in values.items():
        if name in known and known[name].type == "url":
            return urlsplit(value).hostname or ""
    base = manifest.proxy.base_url
    return "" if "{" in base else urlsplit(base).hostname or ""
