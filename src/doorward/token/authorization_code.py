"""The authorization code grant (RFC 6749 4.1.3, RFC 7636 4.6, RFC 9700 4.5)."""

from __future__ import annotations

from doorward.audit import Actor, record
from doorward.crypto import Secret
from doorward.db import SECOND, Transaction
from doorward.protocol import (
    OFFLINE_SCOPES,
    ErrorCode,
    OAuthError,
    verify_code_verifier,
)
from doorward.token.pipeline import TOKENS_REUSED, Basis, Bought, TokenRequest, TokenServices
from doorward.tokens import Family, MintedAccess, MintedRefresh, RevocationReason, StoredCode

__all__ = ["AuthorizationCodeGrant"]


class AuthorizationCodeGrant:
    """A code is good once; presented again by its own client, it ends what it bought."""

    def __init__(self, services: TokenServices) -> None:
        """Work with ``services``."""
        self._use = services

    async def verify(self, request: TokenRequest) -> Basis:
        """The code, its client, redirect URI and verifier. Raises ``invalid_grant``."""
        params = request.params
        text = params.require("code")
        found = await self._use.tokens.find_code(request.tenant.org_id, text)
        if found is None:
            raise _invalid("the code is unknown or damaged")
        code, account_active = found
        facts = code.facts
        if facts.dialect is not None:
            raise _invalid("the code is for the token endpoint of a dialect")
        if facts.client_id != request.application.client_id:
            raise _invalid("the code was issued to another client")
        if params.get("redirect_uri") != facts.redirect_uri:
            raise _invalid("redirect_uri differs from the authorization request")
        verify_code_verifier(params.get("code_verifier"), facts.code_challenge)
        if code.redeemed_at is not None:
            await self._end_replayed(request, code)
            raise _invalid("the code was redeemed before")
        if code.expires_at <= self._use.clock():
            raise _invalid("the code has expired")
        if not account_active:
            raise _invalid("the account is not active")
        return Basis(
            account_id=facts.account_id,
            family_id=self._use.db.next_id(),
            scopes=facts.scopes,
            resources=facts.resources,
            auth_at=facts.auth_at,
            methods=facts.methods,
            session_id=facts.session_id,
            nonce=facts.nonce,
            state=code,
        )

    async def redeem(self, request: TokenRequest, basis: Basis, access: MintedAccess) -> Bought:
        """Exactly one caller gets the tokens; any other ends them."""
        code = basis.state
        assert isinstance(code, StoredCode)  # noqa: S101 - verify put it there
        family = self._family(request, code, basis)
        refresh = self._refresh(request, family)
        if not await self._use.tokens.redeem(code, family, access, refresh):
            await self._end_replayed(request, code)
            raise _invalid("another request redeemed the code first")
        return Bought(
            access=access.text,
            refresh=refresh.text if refresh else None,
            scopes=access.scopes,
            expires_at=access.expires_at,
        )

    def _family(self, request: TokenRequest, code: StoredCode, basis: Basis) -> Family:
        now = self._use.clock()
        policy = request.tenant.org.policy
        facts = code.facts
        assert basis.family_id is not None  # noqa: S101 - verify put it there
        return Family(
            family_id=basis.family_id,
            org_id=code.org_id,
            client_id=facts.client_id,
            account_id=facts.account_id,
            session_id=facts.session_id,
            consent_id=facts.consent_id,
            scopes=facts.scopes,
            resources=facts.resources,
            auth_at=facts.auth_at,
            methods=facts.methods,
            created_at=now,
            expires_at=now + policy.refresh_absolute_s * SECOND,
        )

    def _refresh(self, request: TokenRequest, family: Family) -> MintedRefresh | None:
        offline = any(name in OFFLINE_SCOPES for name in family.scopes)
        if not offline or "refresh_token" not in request.application.grant_types:
            return None
        return self._use.tokens.mint_refresh(
            family, idle_s=request.tenant.org.policy.refresh_idle_s
        )

    async def _end_replayed(self, request: TokenRequest, seen: StoredCode) -> None:
        """A second valid use ends what the first one bought (RFC 6749 4.1.2, ASVS 10.4.2)."""
        TOKENS_REUSED.add("authorization_code")
        text = Secret(request.params.require("code"))
        found = await self._use.tokens.find_code(seen.org_id, text.reveal())
        if found is None or found[0].family_id is None:
            return
        family_id = found[0].family_id
        client = Actor(kind="client", id=seen.facts.client_id)

        async def work(tx: Transaction) -> None:
            ended = await self._use.tokens.revoke_family(
                tx, seen.org_id, family_id, RevocationReason.CODE_REPLAYED
            )
            if ended:
                event = client.did(
                    "code.replayed", seen.org_id, ("account", str(seen.facts.account_id))
                )
                await record(tx, event, event_id=self._use.db.next_id(), now=self._use.clock())

        await self._use.db.unit(work)


def _invalid(detail: str) -> OAuthError:
    return OAuthError(
        ErrorCode.INVALID_GRANT,
        "The authorization code is invalid, expired, used, or not for this request.",
        detail=detail,
    )
