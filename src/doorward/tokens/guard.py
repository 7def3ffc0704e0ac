"""The one way in which a protected resource of ours believes an access token."""

from __future__ import annotations

from doorward.clients import Applications
from doorward.protocol import ErrorCode, OAuthError, parse_bearer
from doorward.tokens.model import ActiveToken
from doorward.tokens.service import Tokens

__all__ = ["BearerGuard"]


class BearerGuard:
    """Verifies Authorization headers of one installation's resources (RFC 6750)."""

    def __init__(self, *, tokens: Tokens, applications: Applications) -> None:
        """Believe ``tokens`` of ``applications`` that may be used."""
        self._tokens = tokens
        self._applications = applications

    async def find_active(self, org_id: str, text: str) -> ActiveToken | None:
        """The token, if it and the application that holds it are good at this moment."""
        active = await self._tokens.find_active(org_id, text)
        if active is None:
            return None
        application = await self._applications.find(org_id, active.client_id)
        if application is None or not application.may_be_used_by(active.account_id):
            return None
        return active

    async def find_org(self, text: str) -> str | None:
        """The organization to ask about the token ``text``, where no address says it."""
        return await self._tokens.find_org(text)

    async def verify(
        self, org_id: str, authorization: str | None, *, scope: str | None = None
    ) -> ActiveToken:
        """The active token of an Authorization header that holds ``scope``.

        Raises ``invalid_token`` or ``insufficient_scope`` (RFC 6750 3.1); ``invalid_request``
        for a malformed header.
        """
        text = parse_bearer(authorization)
        if text is None:
            raise OAuthError(ErrorCode.INVALID_TOKEN, "An access token is required.")
        active = await self.find_active(org_id, text)
        if active is None:
            raise OAuthError(
                ErrorCode.INVALID_TOKEN, "The access token is unknown, expired or revoked."
            )
        if scope is not None and scope not in active.scopes:
            raise OAuthError(
                ErrorCode.INSUFFICIENT_SCOPE, f"The access token lacks the scope {scope}."
            )
        return active
