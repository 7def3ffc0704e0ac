"""Addresses put together from what a template spells out and from values.

What stands in the template decides where scheme, host, path and query are; a value never does. The
one exception stands at the very front: a value that is itself the base of addresses.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from doorward.connectors.places import BadValue, as_host, as_path, as_query, is_host

__all__ = ["Piece", "assemble_url", "is_base_url", "is_loopback"]

_BASE: Final = re.compile(
    r"(https?)://([A-Za-z0-9._-]+|\[::1\])(:[0-9]{1,5})?((?:/[A-Za-z0-9._~!$&'()*+,;=:@%-]*)*)\Z"
)
_AUTHORITY: Final = re.compile(r"([A-Za-z0-9._-]+|\[::1\])(:[0-9]{1,5})?\Z")
_START: Final = re.compile(r"https?://\Z")
_SAFE: Final = re.compile(r"[\x21-\x7e]*\Z")
_DOTS: Final = re.compile(r"(?:\.|%2e){1,2}\Z", re.IGNORECASE)
_LOOPBACK: Final = re.compile(r"http://(?:localhost|127\.0\.0\.1|\[::1\])(?::[0-9]{1,5})?(?:/|\Z)")
_TOP_PORT: Final = 65_535

_Place = Literal["authority", "path", "query"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of an address; ``name`` is that of the value it came from, if it is one."""

    text: str
    name: str | None = None


def is_base_url(value: str) -> bool:
    """Whether a value can stand in front of a path: scheme, host, perhaps port and path."""
    found = _BASE.match(value)
    if found is None or (found[2] != "[::1]" and not is_host(found[2])):
        return False
    return _is_port(found[3]) and not _climbs(found[4])


def is_loopback(url: str) -> bool:
    """Whether an address is plain HTTP to this machine, spelt the plain way."""
    return _LOOPBACK.match(url) is not None


def assemble_url(pieces: Sequence[Piece]) -> str:
    """One address. Raises ``BadValue`` for what does not fit its place, or is no web address."""
    if not pieces:
        raise BadValue("url", "An address is empty.")
    assembly = _Assembly()
    rest = list(pieces)
    if rest[0].name is not None:
        first = rest.pop(0)
        assembly.begin_with(first, rest[0] if rest else None)
    for piece in rest:
        assembly.add(piece)
    return assembly.settled()


class _Assembly:
    """The address so far, and the place at which it stands."""

    def __init__(self) -> None:
        self._place: _Place | None = None
        self._texts = {"scheme": "", "authority": "", "path": "", "query": ""}
        self._host_from = "url"

    def begin_with(self, piece: Piece, following: Piece | None) -> None:
        """Take a value as the base; what follows goes on behind its path, never in its host."""
        name = piece.name or "url"
        if not is_base_url(piece.text):
            raise BadValue(name, "This is not the address of a site, such as https://example.com.")
        scheme, _, rest = piece.text.partition("://")
        host, slash, path = rest.partition("/")
        base = slash + path
        if following is not None:
            joins = following.name is None and following.text[:1] in {"/", "?", "#"}
            base = base.rstrip("/") + ("" if joins else "/")
        self._texts.update(scheme=scheme + "://", authority=host.lower(), path=base)
        self._place = "path"

    def add(self, piece: Piece) -> None:
        """Go on with a stretch of the template, or with a value."""
        if piece.name is None:
            self._add_literal(piece.text)
        elif self._place is None:
            raise BadValue(piece.name, "A value cannot be the scheme of an address.")
        elif self._place == "authority":
            self._host_from = piece.name
            self._texts["authority"] += as_host(piece.name, piece.text)
        elif self._place == "path":
            self._texts["path"] += as_path(piece.name, piece.text)
        else:
            self._texts["query"] += as_query(piece.name, piece.text)

    def settled(self) -> str:
        """The whole, checked once more as a whole."""
        if not _START.match(self._texts["scheme"]):
            raise BadValue("url", "An address starts with https://.")
        authority = self._texts["authority"].lower()
        found = _AUTHORITY.match(authority)
        is_named = found is not None and (found[1] == "[::1]" or is_host(found[1]))
        if found is None or not is_named or not _is_port(found[2]):
            raise BadValue(self._host_from, "This does not make a host name.")
        if _climbs(self._texts["path"]):
            raise BadValue("url", "A path must not have dot segments.")
        url = self._texts["scheme"] + authority + self._texts["path"] + self._texts["query"]
        if not _SAFE.match(url) or "\\" in url:
            raise BadValue("url", "An address is visible ASCII without spaces.")
        return url

    def _add_literal(self, text: str) -> None:
        if self._place is None:
            before, separator, text = (self._texts["scheme"] + text).partition("://")
            self._texts["scheme"] = before + separator
            if not separator:
                return
            self._place = "authority"
        if self._place == "authority":
            cut = _first_of(text, "/?#")
            self._texts["authority"] += text[:cut]
            text = text[cut:]
            self._place = "path" if text else "authority"
        if self._place == "path" and text:
            cut = _first_of(text, "?#")
            self._texts["path"] += text[:cut]
            text = text[cut:]
            self._place = "query" if text else "path"
        self._texts["query"] += text


def _first_of(text: str, signs: str) -> int:
    return min((text.index(sign) for sign in signs if sign in text), default=len(text))


def _is_port(text: str | None) -> bool:
    return text is None or 0 < int(text[1:]) <= _TOP_PORT


def _climbs(path: str) -> bool:
    return any(_DOTS.match(segment) for segment in path.split("/"))
