"""A client gives back what it holds (RFC 7009)."""

from __future__ import annotations

from doorward.audit import Actor, record
from doorward.clients import Applications
from doorward.crypto import ValueKind
from doorward.db import Clock, Database, Transaction
from doorward.orgs import Tenant
from doorward.protocol import ErrorCode, OAuthError, Parameters
from doorward.tokens import RevocationReason, Tokens

__all__ = ["Revocation"]

_REFRESH_PREFIX = f"dw_{ValueKind.REFRESH.value}_"


class Revocation:
    """Ends an access token alone, or with a refresh token its whole family."""

    def __init__(
        self, *, db: Database, clock: Clock, applications: Applications, tokens: Tokens
    ) -> None:
        """End rows of ``tokens``."""
        self._db = db
        self._clock = clock
        self._applications = applications
        self._tokens = tokens

    async def revoke(self, tenant: Tenant, params: Parameters, authorization: str | None) -> None:
        """Return when the token is of no more use, also if it never was.

        Raises ``invalid_client``, and ``invalid_request`` for another client's token
        (RFC 7009 2.1).
        """
        client = await self._applications.prove(tenant.org_id, authorization, params)
        caller = client.application.client_id
        text = params.require("token")
        if text.startswith(_REFRESH_PREFIX):
            await self._revoke_refresh(tenant, text, caller)
            return
        # Also one that is of no use at the moment: its account may be enabled again.
        found = await self._tokens.find_holder(tenant.org_id, text)
        if found is None:
            return
        token_id, holder = found
        if holder != caller:
            raise _not_yours()
        await self._tokens.revoke_access(tenant.org_id, token_id)

    async def _revoke_refresh(self, tenant: Tenant, text: str, caller: str) -> None:
        facts = await self._tokens.find_refresh(tenant.org_id, text)
        if facts is None:
            return
        family = facts.family
        if family.client_id != caller:
            raise _not_yours()
        actor = Actor(kind="client", id=caller)

        async def work(tx: Transaction) -> None:
            ended = await self._tokens.revoke_family(
                tx, tenant.org_id, family.family_id, RevocationReason.CLIENT_REVOKED
            )
            if ended:
                event = actor.did(
                    "token.revoked", tenant.org_id, ("account", str(family.account_id))
                )
                await record(tx, event, event_id=self._db.next_id(), now=self._clock())

        await self._db.unit(work)


def _not_yours() -> OAuthError:
    return OAuthError(ErrorCode.INVALID_REQUEST, "The token was not issued to this application.")
