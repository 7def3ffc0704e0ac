"""``/userinfo``, by GET and POST."""

from __future__ import annotations

from doorward.http import NO_STORE, Call, Reply, json_reply
from doorward.orgs import tenant_of
from doorward.protocol import OAuthError, bearer_challenge
from doorward.userinfo.service import UserInfo

__all__ = ["UserInfoEndpoint"]


class UserInfoEndpoint:
    """The web side of userinfo, with the challenges of RFC 6750 3."""

    def __init__(self, userinfo: UserInfo) -> None:
        """Answer with ``userinfo``."""
        self._userinfo = userinfo

    async def answer(self, call: Call) -> Reply:
        """The claims, or a challenge."""
        tenant = tenant_of(call.scope)
        try:
            return json_reply(await self._userinfo.answer(tenant, call.authorization()))
        except OAuthError as error:
            presented = None if call.header(b"authorization") is None else error
            challenge = bearer_challenge(tenant.org_id, presented)
            headers = (*NO_STORE, (b"www-authenticate", challenge.encode("latin-1")))
            body = {"error": error.code.value, "error_description": error.description}
            return json_reply(body, status=error.status, headers=headers)
