"""Claims about the person that a token acts for (OpenID Connect Core 5.3)."""

from __future__ import annotations

from doorward.accounts import Account, Accounts
from doorward.db import SECOND
from doorward.orgs import Tenant
from doorward.protocol import OPENID, ErrorCode, OAuthError, select_claims
from doorward.scopes import Scopes
from doorward.tokens import BearerGuard

__all__ = ["UserInfo"]


class UserInfo:
    """Answers from the account as it is now, not as it was when the token was issued."""

    def __init__(self, *, guard: BearerGuard, accounts: Accounts, scopes: Scopes) -> None:
        """Believe tokens by ``guard``; each scope opens the claims that ``scopes`` says."""
        self._guard = guard
        self._accounts = accounts
        self._scopes = scopes

    async def answer(self, tenant: Tenant, authorization: str | None) -> dict[str, object]:
        """The claims. Raises ``invalid_token`` or ``insufficient_scope``."""
        active = await self._guard.verify(tenant.org_id, authorization, scope=OPENID)
        if active.account_id is None:
            raise OAuthError(ErrorCode.INVALID_TOKEN, "The access token is not about a person.")
        account = await self._accounts.get(tenant.org_id, active.account_id)
        catalogue = await self._scopes.catalogue(tenant.org_id)
        names: list[str] = []
        for scope in active.scopes:
            known = catalogue.scopes.get(scope)
            if known is not None:
                names.extend(known.claims)
        return {"sub": active.subject, **select_claims(_claims(account), names)}


def _claims(account: Account) -> dict[str, object]:
    return {
        "name": account.name,
        "given_name": account.given_name,
        "family_name": account.family_name,
        "preferred_username": account.username,
        "picture": account.picture_url,
        "locale": account.locale,
        "updated_at": account.updated_at // SECOND,
        "email": account.email,
        "email_verified": account.email_verified if account.email else None,
    }
