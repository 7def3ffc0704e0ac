"""Protocol errors as the JSON of token-like endpoints."""

from __future__ import annotations

from doorward.http.exchange import NO_STORE, Reply, json_reply
from doorward.protocol import ErrorCode, OAuthError

__all__ = ["oauth_error_reply", "too_many_reply"]


def oauth_error_reply(error: OAuthError, *, basic: bool = False) -> Reply:
    """The answer of RFC 6749 5.2; ``basic`` adds the challenge of a failed Basic attempt."""
    headers = NO_STORE
    if error.code is ErrorCode.INVALID_CLIENT and basic:
        headers = (*headers, (b"www-authenticate", b'Basic realm="doorward", charset="UTF-8"'))
    if error.code is ErrorCode.TEMPORARILY_UNAVAILABLE:
        headers = (*headers, (b"retry-after", b"1"))
    body = {"error": error.code.value, "error_description": error.description}
    return json_reply(body, status=error.status, headers=headers)


def too_many_reply(retry_after_s: int) -> Reply:
    """429 (RFC 6585 4), in the word that RFC 6749 has for it: try again later."""
    body = {
        "error": ErrorCode.TEMPORARILY_UNAVAILABLE.value,
        "error_description": "There were too many requests. Wait as long as Retry-After says.",
    }
    patience = (b"retry-after", str(retry_after_s).encode())
    return json_reply(body, status=429, headers=(*NO_STORE, patience))
