"""``/tokens``: what a token is good for, and its end, for staff who hold one."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field, SecretStr

from doorward.audit import record
from doorward.console.api.fields import Body, Caller, Document, Id, Moment, moment, moment_or_none
from doorward.console.api.model import ApiServices, StaffCall
from doorward.console.api.route import Operation
from doorward.crypto import ValueKind
from doorward.db import Transaction
from doorward.orgs import Permission
from doorward.tokens import ActiveToken, RefreshFacts, RevocationReason

__all__ = ["TokenRoutes"]

_REFRESH_PREFIX: Final = f"dw_{ValueKind.REFRESH.value}_"


class PresentedToken(Body):
    """An access or refresh token."""

    token: Annotated[SecretStr, Field(max_length=8192, examples=["dw_at_…"])]


class TokenFacts(Document):
    """What a token is good for. Of one that is not active nothing else is told."""

    active: bool
    token_use: Literal["access_token", "refresh_token"] | None = None
    client_id: str | None = None
    account_id: Id | None = None
    scopes: tuple[str, ...] = ()
    audience: tuple[str, ...] = ()
    issued_at: Moment | None = None
    expires_at: Moment | None = None
    signed_in_at: Moment | None = None


class Revocation(Document):
    """Whether the token was alive."""

    revoked: bool


class TokenRoutes:
    """Operations on tokens that staff hold in their hands: from a log, from a leak."""

    def __init__(self, use: ApiServices) -> None:
        """Serve ``use.tokens``."""
        self._use = use

    def operations(self) -> tuple[Operation, ...]:
        """What is served, in the order of the reference."""
        read, write = Permission.TOKENS_READ, Permission.TOKENS_WRITE
        return (
            Operation("POST", "/tokens/introspect", read, self.introspect_token, "Read a token"),
            Operation("POST", "/tokens/revoke", write, self.revoke_token, "Revoke a token"),
        )

    async def introspect_token(self, call: Caller, body: PresentedToken) -> TokenFacts:
        """Whose token it is and what it opens, if it is good at this moment."""
        text = body.token.get_secret_value()
        if text.startswith(_REFRESH_PREFIX):
            facts = await self._use.tokens.find_refresh(call.org_id, text)
            return TokenFacts(active=False) if facts is None else self._refresh(facts)
        active = await self._use.guard.find_active(call.org_id, text)
        return TokenFacts(active=False) if active is None else _access(active)

    async def revoke_token(self, call: Caller, body: PresentedToken) -> Revocation:
        """End an access token, or with a refresh token everything of its authorization."""
        text = body.token.get_secret_value()
        if text.startswith(_REFRESH_PREFIX):
            return Revocation(revoked=await self._revoke_refresh(call, text))
        active = await self._use.tokens.find_active(call.org_id, text)
        if active is None:
            return Revocation(revoked=False)
        ended = await self._use.tokens.revoke_access(call.org_id, active.token_id)
        if ended:
            await self._use.db.unit(lambda tx: self._record(tx, call, active.client_id))
        return Revocation(revoked=ended)

    def _refresh(self, facts: RefreshFacts) -> TokenFacts:
        ends = min(facts.expires_at, facts.family.expires_at)
        ended = facts.family_revoked or facts.rotated_at is not None or not facts.account_active
        if ended or ends <= self._use.clock():
            return TokenFacts(active=False)
        return TokenFacts(
            active=True,
            token_use="refresh_token",  # noqa: S106 - a kind of token
            client_id=facts.family.client_id,
            account_id=str(facts.family.account_id),
            scopes=facts.family.scopes,
            expires_at=moment(ends),
            signed_in_at=moment(facts.family.auth_at),
        )

    async def _revoke_refresh(self, call: StaffCall, text: str) -> bool:
        facts = await self._use.tokens.find_refresh(call.org_id, text)
        if facts is None:
            return False
        family = facts.family

        async def work(tx: Transaction) -> bool:
            ended = await self._use.tokens.revoke_family(
                tx, call.org_id, family.family_id, RevocationReason.STAFF_REVOKED
            )
            if ended:
                await self._record(tx, call, family.client_id)
            return ended

        return await self._use.db.unit(work)

    async def _record(self, tx: Transaction, call: StaffCall, client_id: str) -> None:
        event = call.actor.did("token.revoked", call.org_id, ("application", client_id))
        await record(tx, event, event_id=self._use.db.next_id(), now=self._use.clock())


def _access(active: ActiveToken) -> TokenFacts:
    return TokenFacts(
        active=True,
        token_use="access_token",  # noqa: S106 - a kind of token
        client_id=active.client_id,
        account_id=None if active.account_id is None else str(active.account_id),
        scopes=active.scopes,
        audience=active.audience,
        issued_at=moment(active.issued_at),
        expires_at=moment(active.expires_at),
        signed_in_at=moment_or_none(active.auth_at),
    )
