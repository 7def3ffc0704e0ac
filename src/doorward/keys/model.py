"""A signing key's life: next, current, retired, gone."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal, TypeAlias

import msgspec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateNumbers, RSAPublicNumbers
from joserfc.jwk import ECKey, RSAKey

from doorward.db import SECOND, Row
from doorward.protocol import Refusal

__all__ = [
    "DEFAULT_KEEP_S",
    "PUBLISH_S",
    "KeyIsNew",
    "KeyNotRetired",
    "KeyStatus",
    "KeysRefusal",
    "NoSigningKey",
    "PrivateKey",
    "PublishedSet",
    "RotationRaced",
    "Signer",
    "SigningAlg",
    "SigningKey",
    "import_private",
    "import_public",
    "public_part",
    "verify_published_long_enough",
]

SigningAlg = Literal["RS256", "ES256"]
PrivateKey: TypeAlias = RSAKey | ECKey

PUBLISH_S = 300
"""How long verifiers may keep the published set, and so how long a key is shown before its use."""

DEFAULT_KEEP_S = 30 * 86_400
"""How long a retired key stays published: signed-out ID token hints are the longest-lived."""


class KeysRefusal(Refusal):
    """Base of what this room refuses."""


class NoSigningKey(KeysRefusal):
    """The organization has no current key of this algorithm: ``ensure`` was never called."""

    code = "no_signing_key"
    status = 503
    sentence = "This organization has no signing key."


class KeyIsNew(KeysRefusal):
    """The next key was published moments ago; a verifier may not have seen it."""

    code = "key_is_new"
    status = 409
    sentence = (
        "The next key was published less than five minutes ago, so some verifiers may not know it. "
        "Try again later."
    )


class RotationRaced(KeysRefusal):
    """Somebody else rotated these keys at the same moment."""

    code = "rotation_raced"
    status = 409
    sentence = "These keys were just rotated by somebody else."


class KeyNotRetired(KeysRefusal):
    """There is no retired key of this name: the current and the next one are needed."""

    code = "key_not_retired"
    status = 409
    sentence = "Only a retired key can be taken out of the published set."


class KeyStatus(StrEnum):
    """Where a key is in its life."""

    NEXT = "next"
    CURRENT = "current"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One key. Times are microseconds; ``expires_at`` is when a retired key may be removed."""

    org_id: str
    kid: str
    alg: SigningAlg
    status: KeyStatus
    created_at: int
    activated_at: int | None
    retired_at: int | None
    expires_at: int | None
    public_jwk: Mapping[str, Any]
    sealed: bytes = field(repr=False)

    @classmethod
    def from_row(cls, row: Row) -> SigningKey:
        """Read a row of ``signing_keys`` in the order of its columns."""
        org_id, kid, alg, status, made, activated, retired, expires, public, sealed = row
        return cls(
            org_id=org_id,
            kid=kid,
            alg=alg,
            status=KeyStatus(status),
            created_at=made,
            activated_at=activated,
            retired_at=retired,
            expires_at=expires,
            public_jwk=msgspec.json.decode(public, type=dict[str, Any]),
            sealed=bytes(sealed),
        )

    @property
    def about(self) -> bytes:
        """What the seal of the private key is bound to."""
        return b"signing-key:" + self.org_id.encode() + b":" + self.kid.encode()


@dataclass(frozen=True, slots=True)
class Signer:
    """What signs: the header's ``kid`` and ``alg``, and the private key."""

    kid: str
    alg: SigningAlg
    key: PrivateKey = field(repr=False)


@dataclass(frozen=True, slots=True)
class PublishedSet:
    """What an organization publishes of its keys, as JSON (RFC 7517 5), built once per change."""

    jwks: bytes
    good_until: int | None
    """When the first of its keys leaves it (microseconds)."""
    keys: Sequence[tuple[str, int | None]]
    """What it is built from anew then; empty where that time is not known yet."""

    @classmethod
    def of(cls, keys: Sequence[tuple[str, int | None]], now: int) -> PublishedSet:
        """Build what is published at ``now``, of public JWKs with their ends (microseconds)."""
        shown = [(jwk, ends) for jwk, ends in keys if ends is None or now < ends]
        ends = [ends for _, ends in shown if ends is not None]
        # They were written as they are published: nothing is read and written once more.
        jwks = b'{"keys":[' + ",".join([jwk for jwk, _ in shown]).encode() + b"]}"
        # There is one of these for many an organization: it holds no more than it must.
        return cls(jwks, min(ends, default=None), shown if ends else ())

    def at(self, now: int) -> PublishedSet:
        """This set, or one without the keys whose time has come since it was built."""
        if self.good_until is None or now < self.good_until:
            return self
        return PublishedSet.of(self.keys, now)


_PUBLIC: Mapping[SigningAlg, tuple[str, ...]] = {
    "RS256": ("kty", "n", "e"),
    "ES256": ("kty", "crv", "x", "y"),
}
_RSA_NUMBERS = ("n", "e", "d", "p", "q", "dp", "dq", "qi")


def public_part(private_jwk: bytes, alg: SigningAlg) -> dict[str, Any]:
    """The public JWK of a private one, named by its thumbprint (RFC 7517 4, RFC 7638)."""
    values = msgspec.json.decode(private_jwk, type=dict[str, str])
    kind = RSAKey if alg == "RS256" else ECKey
    key = kind.import_key({name: values[name] for name in _PUBLIC[alg]})
    public = key.as_dict(private=False)
    return {**public, "kid": key.thumbprint(), "alg": alg, "use": "sig"}


def import_private(private_jwk: bytes, alg: SigningAlg) -> PrivateKey:
    """The key that signs with ``alg``, of a JWK that this installation generated and sealed.

    Its numbers are not proved anew: for an RSA key that would take longer than thirty signatures,
    and the seal shows that they are those which were generated.
    """
    if alg == "ES256":
        return ECKey.import_key(msgspec.json.decode(private_jwk, type=dict[str, Any]))
    jwk = msgspec.json.decode(private_jwk, type=dict[str, str])
    n, e, d, p, q, dp, dq, qi = (
        int.from_bytes(urlsafe_b64decode(jwk[name] + "==")) for name in _RSA_NUMBERS
    )
    numbers = RSAPrivateNumbers(
        p=p, q=q, d=d, dmp1=dp, dmq1=dq, iqmp=qi, public_numbers=RSAPublicNumbers(e, n)
    )
    return RSAKey.import_key(numbers.private_key(unsafe_skip_rsa_key_validation=True))


def import_public(key: SigningKey) -> PrivateKey:
    """The key that verifies what ``key`` signed."""
    values = dict(key.public_jwk)
    return RSAKey.import_key(values) if key.alg == "RS256" else ECKey.import_key(values)


def verify_published_long_enough(following: SigningKey, current: SigningKey, now: int) -> bool:
    """True when every verifier can know ``following`` at ``now``. Raises ``KeyIsNew``.

    It was there before the current one was ever used, or longer than sets are kept.
    """
    born_together = following.created_at <= current.created_at
    if born_together or now - following.created_at >= PUBLISH_S * SECOND:
        return True
    raise KeyIsNew
