"""Signing keys: generated, published before they are used, rotated, retired, removed.

It owns the private keys, sealed at rest, and the published set; it signs nothing itself.
Token issuing asks it for a signer, verifiers fetch its set, operators rotate it.
"""

from __future__ import annotations

from doorward.keys.generation import generate_private_jwk
from doorward.keys.model import (
    DEFAULT_KEEP_S,
    PUBLISH_S,
    KeyIsNew,
    KeyNotRetired,
    KeysRefusal,
    KeyStatus,
    NoSigningKey,
    RotationRaced,
    Signer,
    SigningAlg,
    SigningKey,
)
from doorward.keys.service import Keys

__all__ = [
    "DEFAULT_KEEP_S",
    "PUBLISH_S",
    "KeyIsNew",
    "KeyNotRetired",
    "KeyStatus",
    "Keys",
    "KeysRefusal",
    "NoSigningKey",
    "RotationRaced",
    "Signer",
    "SigningAlg",
    "SigningKey",
    "generate_private_jwk",
]
