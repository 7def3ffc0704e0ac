"""What an issuer says about itself, kept as bytes until something changes."""

from __future__ import annotations

import msgspec

from doorward.db import Cache, Database
from doorward.keys import Keys
from doorward.orgs import Tenant
from doorward.protocol import server_metadata
from doorward.scopes import Scopes

__all__ = ["Discovery"]

_ALGORITHMS = ("RS256", "ES256")
_PROTOCOL_CLAIMS = (
    "sub",
    "iss",
    "aud",
    "exp",
    "iat",
    "auth_time",
    "nonce",
    "at_hash",
    "sid",
    "acr",
    "amr",
)


class Discovery:
    """Metadata and key sets of every issuer."""

    def __init__(self, *, db: Database, scopes: Scopes, keys: Keys) -> None:
        """Describe the ``scopes`` and ``keys`` of each organization."""
        self._scopes = scopes
        self._keys = keys
        self._documents: Cache[tuple[str, str, bool], bytes] = Cache(db, self._build)

    async def metadata(self, tenant: Tenant) -> bytes:
        """The discovery document as JSON."""
        document = await self._documents.get(
            (tenant.org_id, tenant.issuer, tenant.org.policy.sign_up)
        )
        assert document is not None  # noqa: S101 - the loader always answers
        return document

    async def jwks(self, tenant: Tenant) -> bytes:
        """The published keys as JSON (RFC 7517)."""
        return await self._keys.jwks(tenant.org_id)

    async def _build(self, key: tuple[str, str, bool]) -> bytes:
        org_id, issuer, sign_up = key
        catalogue = await self._scopes.catalogue(org_id)
        opened = [name for scope in catalogue.scopes.values() for name in scope.claims]
        document = server_metadata(
            issuer,
            scopes=tuple(catalogue.scopes),
            algorithms=_ALGORITHMS,
            claims=tuple(dict.fromkeys((*_PROTOCOL_CLAIMS, *opened))),
            sign_up=sign_up,
        )
        return msgspec.json.encode(document)
