"""The well-known documents."""

from __future__ import annotations

from doorward.discovery.service import Discovery
from doorward.http import Call, Reply
from doorward.orgs import tenant_of

__all__ = ["DiscoveryEndpoints"]

_HEADERS = (
    (b"content-type", b"application/json"),
    (b"cache-control", b"public, max-age=300"),
)


class DiscoveryEndpoints:
    """``/.well-known/openid-configuration``, ``oauth-authorization-server`` and ``jwks.json``."""

    def __init__(self, discovery: Discovery) -> None:
        """Answer with ``discovery``."""
        self._discovery = discovery

    async def metadata(self, call: Call) -> Reply:
        """The document of OpenID Connect Discovery 4 and RFC 8414 3: one and the same."""
        return Reply(200, await self._discovery.metadata(tenant_of(call.scope)), _HEADERS)

    async def jwks(self, call: Call) -> Reply:
        """The keys. Five minutes of caching are far less than a key is published ahead."""
        return Reply(200, await self._discovery.jwks(tenant_of(call.scope)), _HEADERS)
