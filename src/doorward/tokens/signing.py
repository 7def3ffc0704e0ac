"""Signed tokens: JWTs under an organization's keys, and what a presented one says of itself."""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode
from collections.abc import Mapping

import msgspec
from joserfc import jwt

from doorward.crypto import Malformed, ValueKind, parse_value
from doorward.keys import Signer

__all__ = ["sign_jwt", "unverified_row_id", "unverified_token_id"]

_MAX = 8 * 1024
_PARTS = 3


class _Identified(msgspec.Struct):
    jti: str


_decode = msgspec.json.Decoder(_Identified).decode


def sign_jwt(signer: Signer, claims: Mapping[str, object], *, typ: str) -> str:
    """A JWT of ``claims`` under ``signer`` (RFC 7519), its header typed ``typ``."""
    header = {"alg": signer.alg, "kid": signer.kid, "typ": typ}
    return jwt.encode(header, dict(claims), signer.key, algorithms=[signer.alg])


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
