"""Signed tokens: JWTs under an organization's keys, and what a presented one says of itself."""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

import msgspec
from joserfc.jws import JWSRegistry

from doorward.crypto import Malformed, ValueKind, parse_value
from doorward.keys import Signer, SigningAlg

__all__ = ["sign_jwt", "unverified_row_id", "unverified_token_id"]

_MAX = 8 * 1024
_PARTS = 3


class _Identified(msgspec.Struct):
    jti: str


_decode = msgspec.json.Decoder(_Identified).decode
_encode = msgspec.json.Encoder().encode
_ALGORITHMS: Final = JWSRegistry(algorithms=["ES256", "RS256"])
"""Whoever opened a key has checked that it is one for its algorithm."""


def sign_jwt(signer: Signer, claims: Mapping[str, object], *, typ: str) -> str:
    """A JWT of ``claims`` under ``signer`` (RFC 7519), its header typed ``typ``."""
    signed = _rendered_header(signer.alg, signer.kid, typ) + _unpadded(_encode(claims))
    signature = _ALGORITHMS.get_alg(signer.alg).sign(signed, signer.key)
    return (signed + b"." + _unpadded(signature)).decode("ascii")


@lru_cache(maxsize=1024)
def _rendered_header(alg: SigningAlg, kid: str, typ: str) -> bytes:
    """The first part and its dot (RFC 7515 3.1), the same for everything that a key signs."""
    return _unpadded(_encode({"alg": alg, "kid": kid, "typ": typ})) + b"."


def _unpadded(data: bytes) -> bytes:
    return urlsafe_b64encode(data).rstrip(b"=")


def unverified_row_id(text: str) -> int | None:
    """The row that an access token of either format claims to be, or None.

    Nothing is believed of it: whoever asks compares the digest of the whole text with the row.
    """
    try:
        return parse_value(text, ValueKind.ACCESS)
    except Malformed:
        return unverified_token_id(text)


def unverified_token_id(text: str) -> int | None:
    """The row that a JWT access token claims to be, or None."""
    parts = text.split(".")
    if len(parts) != _PARTS or len(text) > _MAX:
        return None
    try:
        payload = urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
        token_id = int(_decode(payload).jti)
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        return None
    return token_id if 0 < token_id < 1 << 63 else None
