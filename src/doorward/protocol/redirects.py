"""Redirect URIs: what may be registered, and what equals a registered one.

RFC 6749 3.1.2, RFC 8252 7 and 8.4, RFC 9700 2.1 and 4.1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from doorward.protocol.errors import ErrorCode, OAuthError

__all__ = [
    "RedirectUri",
    "is_web_url",
    "matches_registered",
    "parse_redirect_uri",
]

_MAX = 2048
_ALLOWED = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+\Z")
_PRIVATE_SCHEME = re.compile(r"[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+\Z")
_LOOPBACK_HOSTS = frozenset({"127.0.0.1", "[::1]"})
# Each label is matched by exactly one branch: a hostile host cannot make the search backtrack.
_LABEL = r"[A-Za-z0-9]+(?:-+[A-Za-z0-9]+)*"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?\Z|\[[0-9A-Fa-f:.]+\]\Z")
_DOT_SEGMENT = re.compile(r"(?:^|/)(?:\.|%2e){1,2}(?:;[^/]*)?(?:/|\Z)", re.IGNORECASE)
_MAX_PORT = 65_535


@dataclass(frozen=True, slots=True)
class RedirectUri:
    """A URI that may be registered, with the parts that comparisons need."""

    text: str
    scheme: str
    host: str
    port: int | None
    rest: str
    """Everything after the authority, byte for byte."""

    @property
    def is_loopback(self) -> bool:
        """Whether it names this machine by address over http (RFC 8252 7.3)."""
        return self.scheme == "http" and self.host in _LOOPBACK_HOSTS

    @property
    def is_private_scheme(self) -> bool:
        """Whether it opens a native application (RFC 8252 7.1)."""
        return self.scheme not in {"http", "https"}


@lru_cache(maxsize=1024)
def parse_redirect_uri(text: str) -> RedirectUri:
    """Read ``text`` as a redirect URI that may be registered and redirected to.

    An absolute http or https URI, or a native application's own scheme with a dot in it; without
    fragment, userinfo, backslash, dot segments or characters outside RFC 3986.
    Raises ``OAuthError`` (``invalid_request``) with a sentence that says which rule it breaks.
    """
    if not text or len(text) > _MAX or not _ALLOWED.match(text):
        raise _bad("The redirect URI is empty, too long, or has characters that are not allowed.")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise _bad("The redirect URI is not a valid URI.") from error
    scheme = text.partition(":")[0]
    if "#" in text:
        raise _bad("The redirect URI must not have a fragment.")
    if _PRIVATE_SCHEME.match(scheme):
        return _private(text, scheme)
    if scheme not in {"http", "https"} or not text.startswith(f"{scheme}://"):
        raise _bad("The redirect URI must start with https:// or http://, or be a private scheme.")
    authority = text[len(scheme) + 3 :].partition("/")[0].partition("?")[0]
    host = _parse_host(authority, port)
    rest = text[len(scheme) + 3 + len(authority) :]
    if _DOT_SEGMENT.search(rest.partition("?")[0]):
        raise _bad("The redirect URI must not have dot segments.")
    return RedirectUri(text=text, scheme=scheme, host=host.lower(), port=port, rest=rest)


def _parse_host(authority: str, port: int | None) -> str:
    if "@" in authority:
        raise _bad("The redirect URI must not have a user name.")
    host = authority
    if port is not None or authority.endswith(":"):
        host, _, digits = authority.rpartition(":")
        if not digits or str(port) != digits or not 0 < (port or 0) <= _MAX_PORT:
            raise _bad("The port of the redirect URI is not valid.")
    if not _HOST.match(host):
        raise _bad("The host of the redirect URI is not valid.")
    return host


def _private(text: str, scheme: str) -> RedirectUri:
    rest = text[len(scheme) + 1 :]
    if rest.startswith("//") and "@" in rest:
        raise _bad("The redirect URI must not have a user name.")
    if _DOT_SEGMENT.search(rest.partition("?")[0]):
        raise _bad("The redirect URI must not have dot segments.")
    return RedirectUri(text=text, scheme=scheme, host="", port=None, rest=rest)


def matches_registered(requested: str, registered: tuple[str, ...]) -> bool:
    """Whether ``requested`` equals one of ``registered``, character for character.

    Only the port of an http address on 127.0.0.1 or [::1] is free (RFC 8252 7.3).
    """
    if requested in registered:
        return _is_sound(requested)
    if not requested.startswith(("http://127.0.0.1", "http://[::1]")):
        return False
    try:
        wanted = parse_redirect_uri(requested)
    except OAuthError:
        return False
    return wanted.is_loopback and any(_same_but_port(wanted, text) for text in registered)


def _is_sound(text: str) -> bool:
    try:
        parse_redirect_uri(text)
    except OAuthError:
        return False
    return True


def _same_but_port(wanted: RedirectUri, text: str) -> bool:
    try:
        known = parse_redirect_uri(text)
    except OAuthError:
        return False
    return known.is_loopback and (known.host, known.rest) == (wanted.host, wanted.rest)


def is_web_url(text: str) -> bool:
    """Whether ``text`` is an http or https URL that a page may link to."""
    if len(text) > _MAX or not _ALLOWED.match(text):
        return False
    try:
        return not parse_redirect_uri(text.partition("#")[0]).is_private_scheme
    except OAuthError:
        return False


def _bad(sentence: str) -> OAuthError:
    return OAuthError(ErrorCode.INVALID_REQUEST, sentence)
