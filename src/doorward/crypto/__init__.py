"""Random values, digests, secrets that do not print themselves, and envelopes at rest.

It owns how a bearer value looks and how bytes are sealed; it knows no row and no request.
Every room that mints, compares or keeps a secret calls it.
"""

from __future__ import annotations

from doorward.crypto.envelopes import (
    KeyRing,
    SealBroken,
    derive_key,
    open_under,
    seal_under,
    sealing_key,
)
from doorward.crypto.secret import Secret
from doorward.crypto.values import (
    Malformed,
    Random,
    ValueKind,
    digest,
    mint,
    parse_value,
    same,
    system_random,
)

__all__ = [
    "KeyRing",
    "Malformed",
    "Random",
    "SealBroken",
    "Secret",
    "ValueKind",
    "derive_key",
    "digest",
    "mint",
    "open_under",
    "parse_value",
    "same",
    "seal_under",
    "sealing_key",
    "system_random",
]
