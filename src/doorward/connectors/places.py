"""How a value is written in each place, so that it stays one value there.

Each function takes the value's name, for the refusal, and the value.
"""

from __future__ import annotations

import json
import re
from typing import Final
from urllib.parse import quote
from xml.sax.saxutils import escape

__all__ = [
    "BadValue",
    "as_header",
    "as_host",
    "as_json",
    "as_path",
    "as_query",
    "as_text",
    "as_xml",
    "is_host",
]

_LABEL: Final = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST: Final = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\Z")
_HOST_PIECE: Final = re.compile(r"[A-Za-z0-9_.-]+\Z")
_VISIBLE: Final = re.compile(r"[\x20-\x7e]*\Z")
_NO_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LONGEST_HOST: Final = 253


class BadValue(ValueError):
    """A value cannot be written where it is to stand. ``name`` says which value it is."""

    def __init__(self, name: str, sentence: str) -> None:
        """Refuse the value of ``name``; the value itself is never repeated."""
        super().__init__(f"{name}: {sentence}")
        self.name = name
        self.sentence = sentence


def is_host(text: str) -> bool:
    """Whether ``text`` is a host name in ASCII, without a port and without a final dot."""
    return len(text) <= _LONGEST_HOST and _HOST.match(text) is not None


def as_host(name: str, value: str) -> str:
    """A part of a host name: ASCII letters, digits, dots and hyphens, so neither port nor path."""
    if not _HOST_PIECE.match(value) or value.startswith(".") or value.endswith("."):
        raise BadValue(name, "This has characters that a host name cannot have.")
    return value.lower()


def as_path(name: str, value: str) -> str:
    """A part of one segment of a path: a slash in it is no slash of the path."""
    if value and not value.strip("."):
        raise BadValue(name, "Dots alone lead to another place.")
    return _quoted(name, value)


def as_query(name: str, value: str) -> str:
    """A part of a query or a fragment."""
    return _quoted(name, value)


def as_header(name: str, value: str) -> str:
    """A part of a header's value: visible ASCII, so no line break."""
    if not _VISIBLE.match(value):
        raise BadValue(name, "This has characters that a header cannot have.")
    return value


def as_json(name: str, value: str) -> str:
    """The inside of a JSON string."""
    _verify_unicode(name, value)
    return json.dumps(value, ensure_ascii=True)[1:-1]


def as_xml(name: str, value: str) -> str:
    """Text or an attribute's value in XML 1.0."""
    if _NO_XML.search(value):
        raise BadValue(name, "This has characters that XML cannot have.")
    escaped = escape(value, {'"': "&quot;", "'": "&apos;"})
    return escaped.replace("\r", "&#13;").replace("\n", "&#10;").replace("\t", "&#9;")


def as_text(name: str, value: str) -> str:
    """The value as it is, for whoever encodes it afterwards."""
    _verify_unicode(name, value)
    return value


def _quoted(name: str, value: str) -> str:
    _verify_unicode(name, value)
    return quote(value, safe="")


def _verify_unicode(name: str, value: str) -> None:
    if "\x00" in value or any("\ud800" <= character <= "\udfff" for character in value):
        raise BadValue(name, "This has characters that cannot be sent.")
