"""Who may learn what about a token (RFC 7662)."""

from __future__ import annotations

from doorward.clients import Application, Applications
from doorward.crypto import ValueKind
from doorward.db import SECOND, Clock
from doorward.orgs import Tenant
from doorward.protocol import (
    OAuthError,
    Parameters,
    acr_of,
    amr_of,
    invalid_client,
)
from doorward.scopes import Scopes
from doorward.tokens import ActiveToken, BearerGuard, Tokens

__all__ = ["Introspection"]

_INACTIVE: dict[str, object] = {"active": False}
_REFRESH_PREFIX = f"dw_{ValueKind.REFRESH.value}_"


class Introspection:
    """Answers for the client that a token was issued to, and for the APIs in its audience."""

    def __init__(
        self,
        *,
        applications: Applications,
        scopes: Scopes,
        tokens: Tokens,
        guard: BearerGuard,
        clock: Clock,
    ) -> None:
        """Look tokens up through ``guard`` and ``tokens``."""
        self._applications = applications
        self._scopes = scopes
        self._tokens = tokens
        self._guard = guard
        self._clock = clock

    async def answer(
        self, tenant: Tenant, params: Parameters, authorization: str | None
    ) -> dict[str, object]:
        """The answer of RFC 7662 2.2. Anyone else learns only that the token is not active.

        Raises ``invalid_client``, also for a public client, and ``invalid_request``.
        """
        client = await self._applications.prove(tenant.org_id, authorization, params)
        if client.application.is_public:
            raise _public()
        text = params.require("token")
        if text.startswith(_REFRESH_PREFIX):
            return await self._refresh(tenant, text, client.application)
        active = await self._guard.find_active(tenant.org_id, text)
        if active is None or not await self._may_see(tenant, active, client.application):
            return _INACTIVE
        return _describe(tenant, active)

    async def _may_see(self, tenant: Tenant, active: ActiveToken, caller: Application) -> bool:
        if active.client_id == caller.client_id:
            return True
        # What others' people allowed is not for a program that nobody has reviewed.
        if not active.audience or not caller.is_live:
            return False
        catalogue = await self._scopes.catalogue(tenant.org_id)
        for identifier in active.audience:
            api = catalogue.apis.get(identifier)
            if api is not None and caller.client_id in api.resource_client_ids:
                return True
        return False

    async def _refresh(self, tenant: Tenant, text: str, caller: Application) -> dict[str, object]:
        facts = await self._tokens.find_refresh(tenant.org_id, text)
        if facts is None or facts.family.client_id != caller.client_id:
            return _INACTIVE
        if not caller.may_be_used_by(facts.family.account_id):
            return _INACTIVE
        ended = facts.family_revoked or facts.rotated_at is not None or not facts.account_active
        if ended or min(facts.expires_at, facts.family.expires_at) <= self._clock():
            return _INACTIVE
        return {
            "active": True,
            "iss": tenant.issuer,
            "client_id": facts.family.client_id,
            "sub": str(facts.family.account_id),
            "scope": " ".join(facts.family.scopes),
            "token_use": "refresh_token",
            "exp": facts.expires_at // SECOND,
        }


def _describe(tenant: Tenant, active: ActiveToken) -> dict[str, object]:
    answer: dict[str, object] = {
        "active": True,
        "iss": tenant.issuer,
        "client_id": active.client_id,
        "sub": active.subject,
        "scope": " ".join(active.scopes),
        "token_type": "Bearer",
        "token_use": "access_token",
        "iat": active.issued_at // SECOND,
        "exp": active.expires_at // SECOND,
    }
    if active.audience:
        single = len(active.audience) == 1
        answer["aud"] = active.audience[0] if single else list(active.audience)
    if active.auth_at is not None:
        answer["auth_time"] = active.auth_at // SECOND
    if active.methods:
        answer["acr"] = acr_of(active.methods)  # RFC 9470 6.2
        answer["amr"] = amr_of(active.methods)
    return answer


def _public() -> OAuthError:
    return invalid_client("a public client asked to introspect")
