"""Whom a request means: by an ID token that we issued, or by a name that it hints at."""

from __future__ import annotations

from doorward.keys import Keys
from doorward.orgs import Tenant
from doorward.protocol import AuthorizationRequest, ErrorCode, OAuthError
from doorward.sessions import Session
from doorward.tokens import find_id_token_hint

__all__ = ["find_hinted_account"]


async def find_hinted_account(
    keys: Keys, tenant: Tenant, request: AuthorizationRequest, live: tuple[Session, ...]
) -> int | None:
    """The account that the request means, if it says so.

    An ID token is binding: the answer must be about that account (OpenID Connect Core 3.1.2.1).
    A ``login_hint`` only chooses among the people who are signed in here.
    Raises ``invalid_request`` for an ``id_token_hint`` that is not ours.
    """
    if request.id_token_hint is not None:
        hint = await find_id_token_hint(keys, tenant.org_id, tenant.issuer, request.id_token_hint)
        if hint is None or not hint.subject.isdigit():
            raise OAuthError(
                ErrorCode.INVALID_REQUEST, "id_token_hint is not an ID token of this issuer."
            )
        return int(hint.subject)
    if request.login_hint is not None:
        wanted = request.login_hint.casefold()
        for each in live:
            if wanted in {each.username.casefold(), (each.email or "").casefold()}:
                return each.account_id
    return None
