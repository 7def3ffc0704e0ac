"""What an issuer says about itself, kept as bytes until something changes."""

from __future__ import annotations

from functools import lru_cache

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
_DOCUMENTS = 500
_PATTERNS = 100
_NAMELESS = "\0"
"""In the place of an issuer; no scope and no claim contains it."""
_NAMELESS_BYTES = msgspec.json.encode(_NAMELESS)[1:-1]
_Asked = tuple[str, str, bool]
"""The organization, its issuer, and whether people sign up."""


class Discovery:
    """Metadata and key sets of every issuer."""

    def __init__(self, *, db: Database, scopes: Scopes, keys: Keys) -> None:
        """Describe the ``scopes`` and ``keys`` of each organization."""
        self._scopes = scopes
        self._keys = keys
        self._documents: Cache[_Asked, bytes] = Cache(db, self._build, size=_DOCUMENTS)

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

    async def _build(self, key: _Asked) -> bytes:
        org_id, issuer, sign_up = key
        catalogue = await self._scopes.catalogue(org_id)
        pattern = _pattern(
            tuple(catalogue.scopes),
            tuple(scope.claims for scope in catalogue.scopes.values() if scope.claims),
            sign_up=sign_up,
        )
        return pattern.replace(_NAMELESS_BYTES, msgspec.json.encode(issuer)[1:-1])


@lru_cache(maxsize=_PATTERNS)
def _pattern(
    scopes: tuple[str, ...], claims: tuple[tuple[str, ...], ...], *, sign_up: bool
) -> bytes:
    """The document of every issuer that offers the same: they are thousands, and differ in name."""
    opened = [name for names in claims for name in names]
    document = server_metadata(
        _NAMELESS,
        scopes=scopes,
        algorithms=_ALGORITHMS,
        claims=tuple(dict.fromkeys((*_PROTOCOL_CLAIMS, *opened))),
        sign_up=sign_up,
    )
    return msgspec.json.encode(document)
