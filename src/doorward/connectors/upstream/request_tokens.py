"""The request token of a visit of OAuth 1.0a (RFC 5849 2): read, and known again at its return."""

from __future__ import annotations

import hmac
from collections.abc import Mapping

from doorward.connectors.grants import Category, Plan, UpstreamFailure
from doorward.connectors.upstream.answers import Answer, text_at
from doorward.connectors.upstream.tokens import REQUEST_TOKEN, REQUEST_TOKEN_SECRET
from doorward.crypto import Secret

__all__ = ["read_request_token", "verify_request_token"]


def read_request_token(answer: Answer) -> dict[str, Secret[str]]:
    """The token and its secret, by the names that a plan has them under.

    RFC 5849 2.1: a platform that does not confirm the callback speaks OAuth 1.0, in which anybody
    could have the visit end in somebody else's session.
    """
    token, secret, confirmed = (
        text_at(answer.content, name)
        for name in ("oauth_token", "oauth_token_secret", "oauth_callback_confirmed")
    )
    if not token or not secret or confirmed.lower() != "true":
        raise UpstreamFailure(Category.MANIFEST, "no_request_token", status=answer.status)
    return {REQUEST_TOKEN: Secret(token), REQUEST_TOKEN_SECRET: Secret(secret)}


def verify_request_token(plan: Plan, callback: Mapping[str, str]) -> bool:
    """True where what came back is about the token that this visit began with.

    Raises ``UpstreamFailure``.
    """
    began = plan.secret_values.get(REQUEST_TOKEN)
    given = callback.get("oauth_token", "").encode()
    if began is None or not hmac.compare_digest(began.reveal().encode(), given):
        raise UpstreamFailure(Category.CONFIGURATION, "wrong_request_token", sent=False)
    return True
