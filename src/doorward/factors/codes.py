"""Recovery codes: how they are drawn, typed and kept."""

from __future__ import annotations

import unicodedata
from hashlib import sha256
from typing import Final

from doorward.crypto import Random, Secret

__all__ = ["HOW_MANY", "draw_codes", "grouped", "kept_code", "parse_recovery_code"]

HOW_MANY: Final = 10

_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's: without letters that look like another sign."""
_READ_AS: Final = str.maketrans("oil", "011")
_LENGTH: Final = 16
_GROUP: Final = 4


def draw_codes(random: Random) -> tuple[Secret[str], ...]:
    """Ten codes of 80 bits each, as they are shown."""
    return tuple(Secret(grouped(_draw(random))) for _ in range(HOW_MANY))


def grouped(text: str) -> str:
    """``text`` in fours, as people read and type it best."""
    return "-".join(text[at : at + _GROUP] for at in range(0, len(text), _GROUP))


def parse_recovery_code(text: str) -> Secret[str] | None:
    """The code that ``text`` means, typed in whatever width, case and grouping; else None."""
    plain = unicodedata.normalize("NFKC", text[:128]).lower()
    signs = "".join(sign for sign in plain if not sign.isspace() and sign != "-")
    signs = signs.translate(_READ_AS)
    if len(signs) != _LENGTH or not set(signs) <= set(_ALPHABET):
        return None
    return Secret(grouped(signs))


def kept_code(org_id: str, account_id: int, code: Secret[str]) -> bytes:
    """What is kept of a code. 80 random bits need no slow hash; it is good for one account only."""
    return sha256(f"recovery|{org_id}|{account_id}|{code.reveal()}".encode()).digest()


def _draw(random: Random) -> str:
    drawn = int.from_bytes(random(_LENGTH * 5 // 8), "big")
    return "".join(_ALPHABET[drawn >> 5 * place & 31] for place in range(_LENGTH))
