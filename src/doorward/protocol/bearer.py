"""Bearer credentials and challenges (RFC 6750)."""

from __future__ import annotations

import re

from doorward.protocol.errors import ErrorCode, OAuthError

__all__ = ["bearer_challenge", "parse_bearer"]

_TOKEN = re.compile(r"[A-Za-z0-9\-._~+/]+=*\Z")
_MAX = 8 * 1024


def parse_bearer(authorization: str | None) -> str | None:
    """The token of an Authorization header, or None when no header was sent.

    Raises ``invalid_request`` for another scheme or a malformed token (RFC 6750 3.1).
    """
    if authorization is None:
        return None
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or len(token) > _MAX or not _TOKEN.match(token):
        raise OAuthError(
            ErrorCode.INVALID_REQUEST, "The Authorization header is not a Bearer token."
        )
    return token


def bearer_challenge(realm: str, error: OAuthError | None, *, scope: str | None = None) -> str:
    """The ``WWW-Authenticate`` value; without an error when nothing was presented (RFC 6750 3)."""
    parts = [f'realm="{realm}"']
    if error is not None:
        parts += [f'error="{error.code.value}"', f'error_description="{error.description}"']
    if scope is not None:
        parts.append(f'scope="{scope}"')
    return "Bearer " + ", ".join(parts)
