"""What comes along when somebody pastes a value, and is no part of it. Pure."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

from doorward.connectors import Manifest, Variable

__all__ = ["clean", "declared_in"]

_INVISIBLE: Final = re.compile("[\u200b-\u200f\u2060\ufeff\u202a-\u202e\u2066-\u2069]")
_BEARER: Final = re.compile(r"(?:authorization:\s*)?bearer\s+", re.IGNORECASE)
_QUOTES: Final = {'"': '"', "'": "'", "`": "`", "“": "”", "「": "」"}


def declared_in(manifest: Manifest, variables: tuple[Variable, ...]) -> dict[str, Variable]:
    """The manifest's variables and those of one way to connect, by name; the nearer one counts."""
    return {each.name: each for each in (*manifest.variables, *variables)}


def clean(variable: Variable, text: str) -> str:
    """``text`` without what pasting brings along.

    That is white space and invisible characters around it, ``Bearer `` and quotation marks around
    a secret, the prefix and suffix that the page shows beside the field, and the address around a
    host name.
    """
    text = _INVISIBLE.sub("", text).strip()
    if variable.secret:
        return _unquoted(_BEARER.sub("", text, count=1) if _BEARER.match(text) else text)
    if variable.type == "hostname":
        text = _host_of(text)
    if variable.prefix and text.startswith(variable.prefix):
        text = text.removeprefix(variable.prefix)
    if variable.suffix and text.endswith(variable.suffix):
        text = text.removesuffix(variable.suffix)
    return text


def _unquoted(text: str) -> str:
    if len(text) > 1 and _QUOTES.get(text[0]) == text[-1]:
        return text[1:-1].strip()
    return text


def _host_of(text: str) -> str:
    """The host in a pasted address; what is no address stays as it is."""
    if "://" not in text:
        return text.rstrip("/").rstrip(".").lower()
    try:
        parts = urlsplit(text)
        # A user name in front of the host is how an address lies: it is not tidied away.
        return text if "@" in parts.netloc else (parts.hostname or "").rstrip(".")
    except ValueError:
        return text
