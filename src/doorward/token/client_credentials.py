"""The client credentials grant (RFC 6749 4.4): an application acts for itself."""

from __future__ import annotations

from doorward.protocol import (
    OFFLINE_SCOPES,
    OPENID,
    ErrorCode,
    OAuthError,
    parse_scope,
    verify_scope_within,
)
from doorward.token.pipeline import Basis, Bought, TokenRequest, TokenServices
from doorward.tokens import MintedAccess

__all__ = ["ClientCredentialsGrant"]

_PERSONAL = frozenset({OPENID, "profile", "email", *OFFLINE_SCOPES})


class ClientCredentialsGrant:
    """No person, no refresh token, one durable row."""

    def __init__(self, services: TokenServices) -> None:
        """Work with ``services``."""
        self._use = services

    async def verify(self, request: TokenRequest) -> Basis:
        """The asked scopes, or every scope that makes sense without a person."""
        application = request.application
        if application.is_public:
            raise OAuthError(
                ErrorCode.UNAUTHORIZED_CLIENT, "A public application cannot act for itself."
            )
        asked = parse_scope(request.params.get("scope"))
        allowed = tuple(name for name in application.scopes if name not in _PERSONAL)
        return Basis(
            account_id=None,
            family_id=None,
            scopes=verify_scope_within(asked, allowed) or allowed,
            resources=(),
            auth_at=None,
            session_id=None,
            nonce=None,
        )

    async def redeem(self, request: TokenRequest, basis: Basis, access: MintedAccess) -> Bought:
        """Store the token."""
        del basis
        await self._use.tokens.store_access(request.tenant.org_id, access)
        return Bought(access.text, None, access.scopes, access.expires_at)
