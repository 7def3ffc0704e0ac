"""Bearer values: what they look like, and how they are minted, recognised and compared.

``dw_at_`` and 48 characters of base64url over 36 bytes: the row's identifier (8), randomness (24)
and a CRC-32 of both (4). The prefix and the checksum let secret scanners find a leaked value and
let us refuse a damaged one without a look-up; the identifier makes that look-up one integer key.
"""

from __future__ import annotations

import hmac
import os
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from enum import StrEnum
from hashlib import sha256
from zlib import crc32

from doorward.crypto.secret import Secret

__all__ = [
    "Malformed",
    "Random",
    "ValueKind",
    "digest",
    "mint",
    "parse_value",
    "same",
    "system_random",
]

Random = Callable[[int], bytes]
"""Answers that many unpredictable bytes."""

system_random: Random = os.urandom

_RANDOM_BYTES = 24
_BODY = re.compile(r"[A-Za-z0-9_-]{48}\Z")
_ROW_IDS = 1 << 63


class ValueKind(StrEnum):
    """What a value is for. A value of one kind is never accepted as another."""

    ACCESS = "at"
    REFRESH = "rt"
    CODE = "ac"
    BROWSER = "bs"
    FLOW = "fl"
    CLIENT_SECRET = "cs"  # noqa: S105 - the name of a kind
    API_KEY = "ak"
    PERSONAL_KEY = "pk"
    INVITATION = "iv"
    CONNECT_FLOW = "cf"
    CONNECT_SESSION = "cn"
    ACTION = "al"


_PREFIXES = {kind: f"dw_{kind.value}_" for kind in ValueKind}


class Malformed(ValueError):
    """Not a value of the expected kind, or damaged on its way."""


def mint(kind: ValueKind, row_id: int, random: Random) -> Secret[str]:
    """A new value of ``kind`` for the row ``row_id`` (63 bits), with 192 bits of ``random``."""
    if not 0 <= row_id < _ROW_IDS:
        raise ValueError("a row identifier has 63 bits")
    body = row_id.to_bytes(8, "big") + random(_RANDOM_BYTES)
    prefix = _PREFIXES[kind]
    check = crc32(body, crc32(prefix.encode())).to_bytes(4, "big")
    return Secret(prefix + urlsafe_b64encode(body + check).decode())


def parse_value(text: str, kind: ValueKind) -> int:
    """The row identifier inside ``text``. Raises ``Malformed`` unless it is whole and of ``kind``.

    Nothing is proved by it: compare the digest of the row afterwards.
    """
    prefix = _PREFIXES[kind]
    # One spelling only: a decoder alone would also take "+" for "-" and "/" for "_".
    if not text.startswith(prefix) or not _BODY.match(text, len(prefix)):
        raise Malformed(kind)
    raw = urlsafe_b64decode(text[len(prefix) :])
    check = crc32(raw[:32], crc32(prefix.encode())).to_bytes(4, "big")
    if raw[32:] != check or raw[0] & 0x80:
        raise Malformed(kind)
    return int.from_bytes(raw[:8], "big")


def digest(text: str) -> bytes:
    """SHA-256 of a long random value: all that the database keeps of it."""
    return sha256(text.encode("utf-8", "surrogatepass")).digest()


def same(left: bytes, right: bytes) -> bool:
    """Whether two digests are equal, in time that does not depend on where they differ."""
    return hmac.compare_digest(left, right)
