"""Claims of ID tokens, access tokens and the userinfo answer.

OpenID Connect Core 2, 5.1 and 5.4; RFC 9068 2.2.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Iterable, Mapping
from hashlib import sha256

import msgspec

from doorward.protocol.assurance import acr_of, amr_of

__all__ = [
    "STANDARD_CLAIMS",
    "AccessTokenFacts",
    "IdTokenFacts",
    "access_token_claims",
    "id_token_claims",
    "select_claims",
    "token_hash",
]

_SECOND = 1_000_000

STANDARD_CLAIMS: Mapping[str, tuple[str, ...]] = {
    "profile": (
        "name",
        "family_name",
        "given_name",
        "preferred_username",
        "picture",
        "locale",
        "updated_at",
    ),
    "email": ("email", "email_verified"),
}
"""Which claims each standard scope opens (OpenID Connect Core 5.4), of those that are kept."""


class IdTokenFacts(msgspec.Struct, frozen=True):
    """What an ID token states; times in microseconds."""

    issuer: str
    subject: str
    client_id: str
    now: int
    lifetime_s: int
    auth_at: int
    nonce: str | None
    session: str | None
    access_token: str | None
    methods: tuple[str, ...] = ()


def id_token_claims(facts: IdTokenFacts) -> dict[str, object]:
    """The claims of an ID token (OpenID Connect Core 2 and 3.1.3.6)."""
    issued = facts.now // _SECOND
    claims: dict[str, object] = {
        "iss": facts.issuer,
        "sub": facts.subject,
        "aud": facts.client_id,
        "iat": issued,
        "exp": issued + facts.lifetime_s,
        "auth_time": facts.auth_at // _SECOND,
    }
    if facts.methods:
        claims["acr"] = acr_of(facts.methods)
        claims["amr"] = amr_of(facts.methods)
    if facts.nonce is not None:
        claims["nonce"] = facts.nonce
    if facts.session is not None:
        claims["sid"] = facts.session
    if facts.access_token is not None:
        claims["at_hash"] = token_hash(facts.access_token)
    return claims


def token_hash(value: str) -> str:
    """``at_hash`` for the algorithms that end in 256 (OpenID Connect Core 3.1.3.6)."""
    return urlsafe_b64encode(sha256(value.encode("ascii")).digest()[:16]).rstrip(b"=").decode()


class AccessTokenFacts(msgspec.Struct, frozen=True):
    """What a JWT access token states; times in microseconds."""

    issuer: str
    subject: str
    client_id: str
    audience: tuple[str, ...]
    scope: str
    token_id: str
    issued_at: int
    expires_at: int
    auth_at: int | None
    methods: tuple[str, ...] = ()


def access_token_claims(facts: AccessTokenFacts) -> dict[str, object]:
    """The claims of a JWT access token (RFC 9068 2.2 and 2.2.1, RFC 9470 6.1)."""
    single = len(facts.audience) == 1
    claims: dict[str, object] = {
        "iss": facts.issuer,
        "sub": facts.subject,
        "client_id": facts.client_id,
        "aud": facts.audience[0] if single else list(facts.audience),
        "iat": facts.issued_at // _SECOND,
        "exp": facts.expires_at // _SECOND,
        "jti": facts.token_id,
    }
    if facts.scope:
        claims["scope"] = facts.scope
    if facts.auth_at is not None:
        claims["auth_time"] = facts.auth_at // _SECOND
    if facts.methods:
        claims["acr"] = acr_of(facts.methods)
        claims["amr"] = amr_of(facts.methods)
    return claims


def select_claims(known: Mapping[str, object], names: Iterable[str]) -> dict[str, object]:
    """Those of ``known`` that ``names`` opens and that have a value."""
    return {name: known[name] for name in names if known.get(name) is not None}
