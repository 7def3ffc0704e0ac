"""``POST /oauth2/introspect``."""

from __future__ import annotations

from typing import Final

from doorward.http import Call, Reply, json_reply
from doorward.introspect.service import Introspection
from doorward.metrics import Counter, Family, Kind
from doorward.orgs import tenant_of

__all__ = ["INTROSPECTIONS", "IntrospectEndpoint"]

INTROSPECTIONS: Final = Counter(
    Family(
        "doorward_introspections_total",
        Kind.COUNTER,
        "Answers about a token, by whether they call it active.",
        ("outcome",),
    ),
    ("active", "inactive"),
)


class IntrospectEndpoint:
    """The web side of introspection."""

    def __init__(self, introspection: Introspection) -> None:
        """Answer with ``introspection``."""
        self._introspection = introspection

    async def answer(self, call: Call) -> Reply:
        """Raises ``OAuthError``, which the error door renders."""
        tenant = tenant_of(call.scope)
        authorization = call.authorization()
        answer = await self._introspection.answer(tenant, call.form(), authorization)
        INTROSPECTIONS.add("active" if answer["active"] else "inactive")
        return json_reply(answer)
