"""Claims of ID tokens, access tokens and userinfo."""

from __future__ import annotations

from msgspec import structs

from doorward.protocol import (
    STANDARD_CLAIMS,
    AccessTokenFacts,
    IdTokenFacts,
    access_token_claims,
    id_token_claims,
    select_claims,
    token_hash,
)
from tests.support.spec import spec

SECOND = 1_000_000
ISSUER = "https://id.example.com/o/riverbend"
ID = IdTokenFacts(
    issuer=ISSUER,
    subject="1001",
    client_id="app",
    now=1_790_000_000 * SECOND + 999_999,
    lifetime_s=600,
    auth_at=1_789_999_000 * SECOND + 1,
    nonce="n-0S6_WzA2Mj",
    session="s1",
    access_token="jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y",
)
ACCESS = AccessTokenFacts(
    issuer=ISSUER,
    subject="1001",
    client_id="app",
    audience=("https://api.example.com",),
    scope="read write",
    token_id="42",
    issued_at=1_790_000_000 * SECOND,
    expires_at=1_790_003_600 * SECOND,
    auth_at=1_789_999_000 * SECOND,
)


@spec("OpenID Connect Core 1.0", "2", "an ID token's claims")
def test_an_id_token() -> None:
    assert id_token_claims(ID) == {
        "iss": ISSUER,
        "sub": "1001",
        "aud": "app",
        "iat": 1_790_000_000,
        "exp": 1_790_000_600,
        "auth_time": 1_789_999_000,
        "nonce": "n-0S6_WzA2Mj",
        "sid": "s1",
        "at_hash": "77QmUPtjPfzWtF2AnpK9RQ",
    }


def test_an_id_token_leaves_out_what_was_not_given() -> None:
    plain = structs.replace(ID, nonce=None, session=None, access_token=None)
    assert not {"nonce", "sid", "at_hash"} & set(id_token_claims(plain))


@spec("OpenID Connect Core 1.0", "3.1.3.6", "at_hash is the left half of SHA-256")
def test_the_hash_of_an_access_token() -> None:
    """The token and its hash stand in the example of appendix A.3."""
    assert token_hash("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y") == "77QmUPtjPfzWtF2AnpK9RQ"


@spec("RFC 9068", "2.2", "a JWT access token's claims")
def test_an_access_token() -> None:
    assert access_token_claims(ACCESS) == {
        "iss": ISSUER,
        "sub": "1001",
        "client_id": "app",
        "aud": "https://api.example.com",
        "iat": 1_790_000_000,
        "exp": 1_790_003_600,
        "jti": "42",
        "scope": "read write",
        "auth_time": 1_789_999_000,
    }


@spec("RFC 9068", "2.2", "the required claims are always there")
def test_an_access_token_of_a_service() -> None:
    facts = structs.replace(ACCESS, scope="", auth_at=None, audience=("a", "b"))
    claims = access_token_claims(facts)
    assert set(claims) == {"iss", "sub", "client_id", "aud", "iat", "exp", "jti"}
    assert claims["aud"] == ["a", "b"]


@spec("OpenID Connect Core 1.0", "5.4", "a scope opens its claims and no others")
def test_claims_are_selected() -> None:
    known = {"name": "Sofia", "email": "s@example.org", "email_verified": False, "locale": None}
    assert select_claims(known, STANDARD_CLAIMS["email"]) == {
        "email": "s@example.org",
        "email_verified": False,
    }
    assert select_claims(known, STANDARD_CLAIMS["profile"]) == {"name": "Sofia"}
    assert select_claims(known, ()) == {}
