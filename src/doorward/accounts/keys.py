"""The form in which names and addresses are compared."""

from __future__ import annotations

import re
import unicodedata

from doorward.audit import is_plain_line

__all__ = ["full_name", "is_email", "login_key", "prefix_end"]

_EMAIL = re.compile(r"[^\s@<>()\[\]\\,;:\"]{1,64}@[^\s@<>()\[\]\\,;:\"]{1,253}\Z")
_MAX_EMAIL = 254
_LAST = 0x10FFFF


def login_key(text: str | None) -> str:
    """The form in which names are compared: NFKC, case folded, and NFKC again."""
    if text is None:
        return ""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def prefix_end(prefix: str) -> str | None:
    """The first text, by code point, after all that start with ``prefix``; None past the last."""
    for place in range(len(prefix) - 1, -1, -1):
        code = ord(prefix[place])
        if code < _LAST:
            following = 0xE000 if code == 0xD7FF else code + 1
            return prefix[:place] + chr(following)
    return None


def is_email(text: str) -> bool:
    """Whether ``text`` is an e-mail address that can be kept, compared and shown."""
    return (
        is_plain_line(text, _MAX_EMAIL)
        and _EMAIL.match(text) is not None
        and is_plain_line(login_key(text), 512)
    )


def full_name(given: str | None, family: str | None) -> str | None:
    """Both names in the order of their own language; None when there is neither."""
    if given is None or family is None:
        return given or family
    wide = unicodedata.east_asian_width(family[0]) in {"W", "F"}
    return f"{family} {given}" if wide else f"{given} {family}"
