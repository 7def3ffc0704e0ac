"""From an address to an organization: by path under the shared host, or by a host of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import msgspec

from doorward.http import ASGIApp, Receive, Scope, Send
from doorward.orgs.model import Organization, OrganizationSuspended, OrgId, UnknownOrganization
from doorward.orgs.service import Organizations

__all__ = ["OrganizationResolver", "Site", "Tenant", "find_tenant", "tenant_of"]

_KEY: Final = "doorward.tenant"
_PREFIX: Final = "/o/"
_MOST: Final = 20_000
"""Organizations whose addresses are in memory."""


@dataclass(frozen=True, slots=True)
class Site:
    """The configured address of the installation; nothing is ever built from a Host header."""

    base_url: str
    scheme: str
    host: str
    port: str
    origin: str

    @classmethod
    def of(cls, base_url: str) -> Site:
        """Read ``https://id.example.org`` or ``http://127.0.0.1:8400``."""
        base_url = base_url.rstrip("/")
        parts = urlsplit(base_url)
        port = "" if parts.port is None else f":{parts.port}"
        host = parts.hostname or ""
        return cls(base_url, parts.scheme, host, port, f"{parts.scheme}://{host}{port}")

    def tenant(self, org: Organization) -> Tenant:
        """``org`` under the shared host, where its issuer is a path."""
        base = f"{_PREFIX}{org.org_id}"
        return Tenant(org, self.base_url + base, base, self.origin)


class Tenant(msgspec.Struct, frozen=True):
    """The organization that a request is for, and the address under which it was asked."""

    org: Organization
    issuer: str
    base: str
    origin: str

    @property
    def org_id(self) -> OrgId:
        """The organization's identifier."""
        return self.org.org_id

    @property
    def https(self) -> bool:
        """Whether people reach this address by TLS."""
        return self.origin.startswith("https:")


def find_tenant(scope: Scope) -> Tenant | None:
    """The tenant of this request; None at the root, where a credential has to name it."""
    return None if _KEY not in scope else tenant_of(scope)


def tenant_of(scope: Scope) -> Tenant:
    """The tenant that ``OrganizationResolver`` found for this request."""
    tenant = scope[_KEY]
    assert isinstance(tenant, Tenant)  # noqa: S101 - only the resolver sets it
    return tenant


class OrganizationResolver:
    """Hands requests of an organization to ``inside``, with its prefix taken off the path.

    Everything else goes to ``outside``; unknown and suspended organizations to ``refused``, which
    finds the refusal's class under ``doorward.refusal`` in the scope.
    """

    def __init__(
        self,
        *,
        organizations: Organizations,
        site: Site,
        inside: ASGIApp,
        outside: ASGIApp,
        refused: ASGIApp,
    ) -> None:
        """Resolve under ``site`` by ``organizations``."""
        self._organizations = organizations
        self._site = site
        self._inside = inside
        self._outside = outside
        self._refused = refused
        self._tenants: dict[str, Tenant] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Route one request."""
        if scope["type"] != "http":
            await self._outside(scope, receive, send)
            return
        path: str = scope["path"]
        try:
            if path.startswith(_PREFIX):
                name, slash, rest = path[len(_PREFIX) :].partition("/")
                tenant = await self._by_path(name)
                scope = {**scope, _KEY: tenant, "path": slash + rest or "/"}
                scope["root_path"] = tenant.base
            else:
                found = await self._by_host(scope)
                if found is None:
                    await self._outside(scope, receive, send)
                    return
                scope = {**scope, _KEY: found}
        except (UnknownOrganization, OrganizationSuspended) as refusal:
            scope = {**scope, "doorward.refusal": type(refusal)}
            await self._refused(scope, receive, send)
            return
        await self._inside(scope, receive, send)

    async def _by_path(self, name: str) -> Tenant:
        org = await self._organizations.get(OrgId(name))
        known = self._tenants.get(name)
        if known is not None and known.org is org:
            return known
        tenant = self._site.tenant(org)
        if known is None and len(self._tenants) >= _MOST:
            self._tenants.pop(next(iter(self._tenants)))
        self._tenants[name] = tenant
        return tenant

    async def _by_host(self, scope: Scope) -> Tenant | None:
        host = next((bytes(v) for k, v in scope["headers"] if k == b"host"), b"")
        name = host.decode("latin-1").partition(":")[0].lower()
        if not name or name == self._site.host:
            return None
        org = await self._organizations.find_by_host(name)
        if org is None:
            return None
        origin = f"{self._site.scheme}://{name}{self._site.port}"
        return Tenant(org, origin, "", origin)
