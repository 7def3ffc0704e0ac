"""``POST /oauth2/introspect``."""

from __future__ import annotations

from doorward.http import Call, Reply, json_reply
from doorward.introspect.service import Introspection
from doorward.orgs import tenant_of

__all__ = ["IntrospectEndpoint"]


class IntrospectEndpoint:
    """The web side of introspection."""

    def __init__(self, introspection: Introspection) -> None:
        """Answer with ``introspection``."""
        self._introspection = introspection

    async def answer(self, call: Call) -> Reply:
        """Raises ``OAuthError``, which the error door renders."""
        tenant = tenant_of(call.scope)
        authorization = call.authorization()
        return json_reply(await self._introspection.answer(tenant, call.form(), authorization))
