"""Whether two names look alike: one must not pass for another on a consent page."""

from __future__ import annotations

import unicodedata
from typing import Final

__all__ = ["has_odd_marks", "likeness"]

_JOINERS: Final = frozenset("\u200c\u200d")
"""Scripts of India and Iran, and emoji, are written with these."""
_BLANKS: Final = frozenset("\u115f\u1160\u3164\uffa0\u2800\u034f\u17b4\u17b5")
"""Characters that take part in no name and show as nothing."""
_MAX_MARKS: Final = 3

_LETTERS: Final = {
    "a": "\u0430\u03b1\u0251\u1d00",
    "b": "\u042c\u044c\u0432\u03b2\u0299\u0184\u0185",
    "c": "\u0441\u03f2\u1d04\u04ab",
    "d": "\u0501\u1d05\u0111\u00f0",
    "e": "\u0435\u03b5\u044d\u0454\u04bd\u1d07\u04bf",
    "g": "\u0261\u050d",
    "h": "\u04bb\u043d\u029c\u0127",
    "j": "\u0458\u03f3\u1d0a",
    "k": "\u043a\u03ba\u1d0b\u04a1\u049b",
    "l": "i\u0456\u03b9\u0131\u0269\u026a\u2113\ua781\u01c0\u04cf\u0142\u029f1|!",
    "m": "\u043c\u1d0d",
    "n": "\u03b7\u0578\u043f\u0274",
    "o": "\u043e\u03bf\u03c3\u0585\u1d0f\u04e9\u00f80",
    "p": "\u0440\u03c1\u1d18",
    "q": "\u051b",
    "r": "\u0433\u1d26\u0280",
    "s": "\u0455\ua7315$",
    "t": "\u0442\u03c4\u1d1b\u01677",
    "u": "\u03c5\u057d\u0446\u1d1c",
    "v": "\u03bd\u0475\u1d20",
    "w": "\u03c9\u051d\u0461\u1d21\u0448",
    "x": "\u0445\u03c7",
    "y": "\u0443\u03b3\u04af\u028f",
    "z": "\u1d22",
    "ss": "\u00df",
    "ae": "\u00e6",
    "oe": "\u0153",
    "3": "\u0437\u04e1",
}
"""The letters and signs that pages draw like a plain one, or like two (UTS 39, in lower case)."""
_ALIKE: Final = str.maketrans({like: one for one, many in _LETTERS.items() for like in many})
_PAIRS: Final = (("rn", "m"), ("vv", "w"))


def likeness(name: str) -> str:
    """What remains of ``name`` for the eye: the same for names that are easily taken for another.

    Case, accents, spaces, punctuation and characters that do not show make no difference, nor does
    the script of a letter that is drawn alike.
    """
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).casefold())
    shown = "".join(c for c in plain if not unicodedata.combining(c)).translate(_ALIKE)
    letters = "".join(c for c in shown if c.isalnum())
    for pair, one in _PAIRS:
        letters = letters.replace(pair, one)
    # A name of signs only is compared by its signs.
    return letters or "".join(shown.split())


def has_odd_marks(name: str) -> bool:
    """Whether ``name`` has characters that do not show, or piles of accents."""
    marks = 0
    for char in name:
        category = unicodedata.category(char)
        if (category == "Cf" and char not in _JOINERS) or char in _BLANKS:
            return True
        marks = marks + 1 if category in {"Mn", "Me"} else 0
        if marks > _MAX_MARKS:
            return True
    return False
