"""``POST /oauth2/revoke``."""

from __future__ import annotations

from doorward.http import NO_STORE, Call, Reply
from doorward.orgs import tenant_of
from doorward.revoke.service import Revocation

__all__ = ["RevokeEndpoint"]


class RevokeEndpoint:
    """The web side of revocation."""

    def __init__(self, revocation: Revocation) -> None:
        """Answer with ``revocation``."""
        self._revocation = revocation

    async def answer(self, call: Call) -> Reply:
        """200 and nothing else (RFC 7009 2.2). Raises ``OAuthError``."""
        tenant = tenant_of(call.scope)
        await self._revocation.revoke(tenant, call.form(), call.authorization())
        return Reply(200, b"", NO_STORE)
