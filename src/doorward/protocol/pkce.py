"""Proof Key for Code Exchange (RFC 7636), S256 only."""

from __future__ import annotations

import hmac
import re
from base64 import urlsafe_b64encode
from hashlib import sha256

from doorward.protocol.errors import ErrorCode, OAuthError

__all__ = ["challenge_of", "parse_challenge", "verify_code_verifier"]

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}\Z")
_VERIFIER = re.compile(r"[A-Za-z0-9\-._~]{43,128}\Z")


def parse_challenge(challenge: str | None, method: str | None, *, required: bool) -> str | None:
    """The challenge of an authorization request, or None when there is none and none is required.

    Raises ``invalid_request`` (RFC 7636 4.4.1): missing although required, ``plain`` (also by
    leaving the method out), or not 43 characters of base64url.
    """
    if challenge is None:
        if required:
            raise _bad("code_challenge is required for this application (PKCE, S256).")
        if method is not None:
            raise _bad("code_challenge_method is given without code_challenge.")
        return None
    if method != "S256":
        raise _bad("code_challenge_method must be S256.")
    if not _CHALLENGE.match(challenge):
        raise _bad("code_challenge must be 43 characters of base64url.")
    return challenge


def challenge_of(verifier: str) -> str:
    """The S256 challenge of ``verifier`` (RFC 7636 4.2)."""
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def verify_code_verifier(verifier: str | None, challenge: str | None) -> bool:
    """True when ``verifier`` answers ``challenge``, or when there is neither.

    Raises ``invalid_grant`` otherwise, also for a verifier without a challenge (RFC 9700 2.1.1).
    """
    if challenge is None:
        if verifier is not None:
            raise _wrong("code_verifier is given, but the authorization had no code_challenge.")
        return True
    if verifier is None:
        raise _wrong("code_verifier is missing.")
    if not _VERIFIER.match(verifier):
        raise _wrong("code_verifier must be 43 to 128 unreserved characters.")
    if not hmac.compare_digest(challenge_of(verifier), challenge):
        raise _wrong("code_verifier does not answer code_challenge.")
    return True


def _bad(sentence: str) -> OAuthError:
    return OAuthError(ErrorCode.INVALID_REQUEST, sentence)


def _wrong(sentence: str) -> OAuthError:
    return OAuthError(ErrorCode.INVALID_GRANT, sentence)
