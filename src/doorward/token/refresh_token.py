"""The refresh token grant with rotation (RFC 6749 6, RFC 9700 4.14)."""

from __future__ import annotations

from doorward.audit import Actor, record
from doorward.crypto import Secret
from doorward.db import Transaction
from doorward.protocol import OFFLINE_SCOPES, ErrorCode, OAuthError, parse_scope
from doorward.token.pipeline import TOKENS_REUSED, Basis, Bought, TokenRequest, TokenServices
from doorward.tokens import MintedAccess, RefreshFacts, RevocationReason

__all__ = ["RefreshTokenGrant"]


class RefreshTokenGrant:
    """Every use replaces the token. The one just replaced gets the same pair for its grace."""

    def __init__(self, services: TokenServices) -> None:
        """Work with ``services``."""
        self._use = services

    async def verify(self, request: TokenRequest) -> Basis:
        """The token, its client and its family. Raises ``invalid_grant`` or ``invalid_scope``."""
        text = request.params.require("refresh_token")
        facts = await self._use.tokens.find_refresh(request.tenant.org_id, text)
        if facts is None:
            raise _invalid("the refresh token is unknown or damaged")
        family = facts.family
        if family.client_id != request.application.client_id:
            raise _invalid("the refresh token was issued to another client")
        now = self._use.clock()
        if facts.family_revoked or family.expires_at <= now:
            raise _invalid("the family has ended")
        if not facts.account_active:
            raise _invalid("the account is not active")
        if facts.rotated_at is None and facts.expires_at <= now:
            raise _invalid("the refresh token has expired")
        return Basis(
            account_id=family.account_id,
            family_id=family.family_id,
            scopes=_narrowed(request, _still_allowed(request, family.scopes)),
            resources=family.resources,
            auth_at=family.auth_at,
            methods=family.methods,
            session_id=family.session_id,
            nonce=None,
            state=facts,
        )

    async def redeem(self, request: TokenRequest, basis: Basis, access: MintedAccess) -> Bought:
        """One caller rotates; others get the same pair within the grace, or end the family."""
        facts = basis.state
        assert isinstance(facts, RefreshFacts)  # noqa: S101 - verify put it there
        text = Secret(request.params.require("refresh_token"))
        if facts.rotated_at is not None:
            return await self._again(request, facts, text)
        refresh = self._use.tokens.mint_refresh(
            facts.family, idle_s=request.tenant.org.policy.refresh_idle_s
        )
        if await self._use.tokens.rotate_refresh((facts, text), access, refresh):
            return Bought(access.text, refresh.text, access.scopes, access.expires_at)
        later = await self._use.tokens.find_refresh(facts.family.org_id, text.reveal())
        if later is None or later.family_revoked:
            raise _invalid("the family ended meanwhile")
        return await self._again(request, later, text)

    async def _again(self, request: TokenRequest, facts: RefreshFacts, text: Secret[str]) -> Bought:
        grace_s = request.tenant.org.policy.refresh_grace_s
        pair = self._use.tokens.open_grace(facts, text, grace_s=grace_s)
        if pair is None:
            TOKENS_REUSED.add("refresh_token")
            await self._end_reused(facts)
            raise _invalid("the refresh token was used before")
        return Bought(
            access=Secret(pair.access),
            refresh=Secret(pair.refresh),
            scopes=tuple(pair.scope.split()),
            expires_at=pair.expires_at,
        )

    async def _end_reused(self, facts: RefreshFacts) -> None:
        family = facts.family
        client = Actor(kind="client", id=family.client_id)

        async def work(tx: Transaction) -> None:
            ended = await self._use.tokens.revoke_family(
                tx, family.org_id, family.family_id, RevocationReason.REFRESH_REUSED
            )
            if ended:
                event = client.did(
                    "refresh_token.reused", family.org_id, ("account", str(family.account_id))
                )
                await record(tx, event, event_id=self._use.db.next_id(), now=self._use.clock())

        await self._use.db.unit(work)


def _still_allowed(request: TokenRequest, granted: tuple[str, ...]) -> tuple[str, ...]:
    """What the registration allows to this day; without offline access there is no refresh."""
    allowed = tuple(name for name in granted if name in request.application.scopes)
    if not any(name in OFFLINE_SCOPES for name in allowed):
        raise _invalid("the application may not have offline access any more")
    return allowed


def _narrowed(request: TokenRequest, granted: tuple[str, ...]) -> tuple[str, ...]:
    """The asked scopes, which may only be fewer than those granted (RFC 6749 6)."""
    asked = parse_scope(request.params.get("scope"))
    for name in asked:
        if name not in granted:
            raise OAuthError(ErrorCode.INVALID_SCOPE, f"The scope {name} was not granted.")
    return asked or granted


def _invalid(detail: str) -> OAuthError:
    return OAuthError(
        ErrorCode.INVALID_GRANT,
        "The refresh token is invalid, expired, revoked, or not for this application.",
        detail=detail,
    )
