"""HTTP/1.1 as cheap as Python can speak it: bytes out, one answer in, over a kept connection."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote_plus, urlencode, urlsplit

__all__ = ["Answer", "Reader", "Unreadable", "basic", "field_of", "get", "post", "post_json"]

_END_OF_HEAD = b"\r\n\r\n"
_MOST_HEAD = 65_536


class Unreadable(Exception):
    """The server answered in a way that this reader does not follow."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One response: its status, its head as sent (status line and headers), its body."""

    status: int
    head: bytes
    body: bytes

    def header(self, name: bytes) -> bytes | None:
        """The value of the first header called ``name`` (lower case), or None."""
        at = self.head.lower().find(b"\r\n" + name + b":")
        if at < 0:
            return None
        start = at + len(name) + 3
        end = self.head.find(b"\r\n", start)
        return self.head[start : end if end >= 0 else len(self.head)].strip()


class Reader:
    """Collects bytes until one response is whole. Bodies must state their length."""

    __slots__ = ("_held",)

    def __init__(self) -> None:
        """Begin with nothing received."""
        self._held = b""

    def feed(self, data: bytes) -> Answer | None:
        """Take in what arrived; the response once it is whole, None before.

        Raises ``Unreadable`` for a body without Content-Length, and for bytes after the body:
        one request is under way at a time, so nothing may follow.
        """
        held = self._held + data if self._held else data
        end = held.find(_END_OF_HEAD)
        if end < 0:
            if len(held) > _MOST_HEAD:
                raise Unreadable("a head without an end")
            self._held = held
            return None
        head = held[:end]
        start = end + 4
        whole = start + _length_of(head)
        if len(held) < whole:
            self._held = held
            return None
        if len(held) > whole:
            raise Unreadable("bytes after the response")
        self._held = b""
        return Answer(int(head[9:12]), head, held[start:])


def _length_of(head: bytes) -> int:
    lowered = head.lower()
    at = lowered.find(b"\r\ncontent-length:")
    if at < 0:
        if lowered[9:12] in {b"204", b"304"}:
            return 0
        raise Unreadable("a response without Content-Length")
    end = lowered.find(b"\r\n", at + 17)
    return int(lowered[at + 17 : end if end >= 0 else len(lowered)])


def field_of(body: bytes, name: bytes) -> bytes | None:
    """The string value of ``name`` (given with its quotes) in a JSON body, found by its text.

    Good for values without escapes, which tokens are; None when there is no such string.
    """
    at = body.find(name)
    if at < 0:
        return None
    first = body.find(b'"', at + len(name))
    last = body.find(b'"', first + 1)
    return body[first + 1 : last] if 0 <= first < last else None


def basic(client_id: str, client_secret: str) -> str:
    """The Authorization value of client_secret_basic (RFC 6749 section 2.3.1)."""
    pair = f"{quote_plus(client_id)}:{quote_plus(client_secret)}"
    return "Basic " + base64.b64encode(pair.encode()).decode()


def get(url: str, headers: dict[str, str] | None = None) -> bytes:
    """A whole GET request for ``url``."""
    return _head("GET", url, headers or {}) + b"\r\n"


def post(url: str, form: dict[str, str], headers: dict[str, str] | None = None) -> bytes:
    """A whole POST request of a form to ``url``."""
    return _post(url, urlencode(form).encode(), "application/x-www-form-urlencoded", headers)


def post_json(
    url: str, document: Mapping[str, object], headers: dict[str, str] | None = None
) -> bytes:
    """A whole POST request of a JSON object to ``url``."""
    return _post(url, json.dumps(document).encode(), "application/json", headers)


def _post(url: str, body: bytes, kind: str, headers: dict[str, str] | None) -> bytes:
    said = {**(headers or {}), "Content-Type": kind, "Content-Length": str(len(body))}
    return _head("POST", url, said) + b"\r\n" + body


def _head(method: str, url: str, headers: dict[str, str]) -> bytes:
    parts = urlsplit(url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    lines = [f"{method} {target or '/'} HTTP/1.1", f"Host: {parts.netloc}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n"
