"""JWTs that a client signs: to prove itself, or as the grant itself (RFC 7521, RFC 7523)."""

from __future__ import annotations

import warnings

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from doorward.connectors.grants import Category, Plan, UpstreamFailure
from doorward.connectors.requests import Assertion
from doorward.connectors.upstream.known import Known
from doorward.crypto import Random, Secret

__all__ = ["claims_of", "filled", "sign_with_key", "sign_with_secret"]

_SECOND = 1_000_000
_ALGORITHMS: tuple[tuple[type[RSAKey | ECKey | OKPKey], str], ...] = (
    (RSAKey, "RS256"),
    (ECKey, "ES256"),
    (OKPKey, "EdDSA"),
)
_CURVES = {"P-256": "ES256", "P-384": "ES384"}


def sign_with_key(rule: Assertion, plan: Plan, claims: dict[str, object]) -> str:
    """A JWT under the client's private key. Raises ``UpstreamFailure`` where that is none."""
    own = plan.client.private_key if plan.client is not None else None
    secret = own or plan.secret_values.get("private_key")
    if secret is None:
        raise UpstreamFailure(Category.CONFIGURATION, "no_private_key", sent=False)
    for kind, algorithm in _ALGORITHMS:
        try:
            key = kind.import_key(secret.reveal())
        except (JoseError, ValueError, TypeError):
            continue
        curve = str(key.get("crv")) if isinstance(key, ECKey) else ""
        return _sign(rule, rule.alg or _CURVES.get(curve, algorithm), claims, key)
    raise UpstreamFailure(Category.CONFIGURATION, "bad_private_key", sent=False)


def sign_with_secret(rule: Assertion, secret: Secret[str], claims: dict[str, object]) -> str:
    """A JWT under the client's secret."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SecurityWarning)
            key = OctKey.import_key(secret.reveal())
    except (JoseError, ValueError):
        raise UpstreamFailure(Category.CONFIGURATION, "bad_secret", sent=False) from None
    return _sign(rule, "HS256", claims, key)


def filled(rule: Assertion, known: Known) -> Assertion:
    """``rule`` with the name of the key that this client has."""
    return msgspec.structs.replace(rule, key_id=known.fill(rule.key_id, "text"))


def claims_of(
    rule: Assertion, known: Known, *, url: str, now: int, random: Random
) -> dict[str, object]:
    """The claims that the standard wants (RFC 7523 3), and over them the manifest's."""
    client_id = known.values.get("client_id", "")
    issued = now // _SECOND
    claims: dict[str, object] = {
        "iss": client_id,
        "sub": client_id,
        "aud": known.fill(rule.audience, "text") if rule.audience else url,
        "iat": issued,
        "exp": issued + rule.lifetime_s,
        "jti": random(16).hex(),
    }
    own = known.fill_all(rule.claims, "text")
    return claims | {name: value for name, value in own.items() if value}


def _sign(
    rule: Assertion,
    algorithm: str,
    claims: dict[str, object],
    key: RSAKey | ECKey | OKPKey | OctKey,
) -> str:
    header = {"alg": algorithm, "typ": "JWT"} | ({"kid": rule.key_id} if rule.key_id else {})
    try:
        with warnings.catch_warnings():
            # Short secrets and the older name of Ed25519 are the platform's choice, not ours.
            warnings.simplefilter("ignore", SecurityWarning)
            return jwt.encode(header, claims, key, algorithms=[algorithm])
    except (JoseError, ValueError, TypeError):
        raise UpstreamFailure(Category.CONFIGURATION, "bad_private_key", sent=False) from None
