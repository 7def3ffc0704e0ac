"""Logos of applications: what is kept of one, how many, and what is refused."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from doorward.clients.refusals import ClientsRefusal

__all__ = [
    "LARGE",
    "MAX_LOGO_BYTES",
    "MAX_LOGO_SIDE",
    "SMALL",
    "BadLogo",
    "Logo",
    "LogosBusy",
    "TooManyLogos",
    "UnknownLogo",
    "is_logo_key",
    "logo_path",
]

MAX_LOGO_BYTES: Final = 2 * 1024 * 1024
"""A file that is larger is not read at all."""
MAX_LOGO_SIDE: Final = 4096
"""A picture that is wider or higher, in pixels, is not decoded."""
LARGE: Final = 256
SMALL: Final = 96
"""The two sizes that are kept: the longer side, in pixels."""

_KEY = re.compile(r"[0-9a-f]{64}\Z")


class BadLogo(ClientsRefusal):
    """Not a picture that can be shown."""

    code = "bad_logo"
    status = 422
    sentence = "A logo is a PNG, JPEG or WebP picture that is not damaged. SVG is not accepted."
    field = "logo"


class TooManyLogos(ClientsRefusal):
    """One person sends one picture after the other."""

    code = "too_many_logos"
    status = 429
    sentence = "You have sent many pictures today. Try again tomorrow."
    field = "logo"


class LogosBusy(ClientsRefusal):
    """Every place in which pictures are decoded is taken."""

    code = "logos_busy"
    status = 503
    sentence = "The server is busy. Try again in a moment."
    field = "logo"


class UnknownLogo(ClientsRefusal):
    """The organization has no picture of this key."""

    code = "unknown_logo"
    status = 404
    sentence = "There is no such logo."


@dataclass(frozen=True, slots=True)
class Logo:
    """A picture in its two sizes, drawn anew as square PNG files without any metadata.

    ``key`` is the SHA-256 of the large one, in hexadecimal digits.
    """

    key: str
    large: bytes = field(repr=False)
    small: bytes = field(repr=False)


def is_logo_key(text: str) -> bool:
    """Whether a logo can have this key at all."""
    return _KEY.match(text) is not None


def logo_path(key: str | None, *, small: bool = False) -> str | None:
    """Where the logo ``key`` lies under an organization; None without one."""
    if key is None or not is_logo_key(key):
        return None
    return f"/logos/{key}{'-small' if small else ''}.png"
