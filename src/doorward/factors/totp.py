"""Codes of authenticator apps (RFC 6238): SHA-1, six digits, every thirty seconds.

It knows no clock: whoever asks says when.
"""

from __future__ import annotations

import hmac
import unicodedata
from base64 import b32encode
from typing import Final

import pyotp

from doorward.crypto import Random, Secret
from doorward.db import SECOND

__all__ = ["draw_key", "find_step", "parse_code", "setup_uri"]

_KEY_BYTES: Final = 20  # RFC 4226 4, R6: 160 bits
_PERIOD: Final = 30 * SECOND
_DIGITS: Final = 6
_NAME_CHARACTERS: Final = 48
_WINDOW: Final = 1
"""How many steps a clock may be off, either way (RFC 6238 5.2)."""


def draw_key(random: Random) -> Secret[str]:
    """A new key, in the letters in which apps take it (RFC 4648 6)."""
    return Secret(b32encode(random(_KEY_BYTES)).decode())


def parse_code(text: str) -> str | None:
    """The six digits that ``text`` means, typed in whatever width and grouping; else None."""
    digits = "".join(unicodedata.normalize("NFKC", text[:64]).split()).replace("-", "")
    if len(digits) == _DIGITS and digits.isascii() and digits.isdigit():
        return digits
    return None


def find_step(key: Secret[str], code: str, *, now: int, after: int) -> int | None:
    """The time step whose code ``code`` is, if it is near ``now`` (µs) and later than ``after``.

    A step counts once (RFC 6238 5.2): who calls keeps it and gives it as ``after``.
    """
    totp = pyotp.TOTP(key.reveal())
    current = now // _PERIOD
    found = None
    # All of them each time: how long it takes says nothing about which one was near.
    for step in range(current - _WINDOW, current + _WINDOW + 1):
        matches = hmac.compare_digest(totp.generate_otp(step), code)
        if matches and step > after:
            found = step
    return found


def setup_uri(key: Secret[str], *, issuer: str, label: str) -> Secret[str]:
    """What the picture for apps says: the key, whose it is and where."""
    totp = pyotp.TOTP(key.reveal())
    return Secret(totp.provisioning_uri(name=_named(label), issuer_name=_named(issuer)))


def _named(text: str) -> str:
    # A colon stands between the two names in the address, and can be part of neither. Longer
    # ones make a picture that a camera has to come close for.
    return text.replace(":", " ")[:_NAME_CHARACTERS]
