"""Everything that becomes a secret while flows run, and where each of them turns up afterwards."""

from __future__ import annotations

from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable, Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch
from urllib.parse import quote, quote_plus

from doorward.crypto import Secret
from doorward.http import ASGIApp, Receive, Scope, Send

__all__ = ["Shown", "Watch", "keys_in", "places_of", "spellings", "watching"]

_SHORTEST = 12
"""Shorter ones would be found by chance. The recovery codes and keys of an app are longer."""
_SHORTEST_KEY = 16
"""Of bytes."""
_PLACES = frozenset({"set-cookie", "location"})
"""Headers in which a secret is handed over by its contract, kept apart from what is shown."""


@dataclass(frozen=True)
class Shown:
    """One answer: what was asked, and all of it but the headers that hand secrets over."""

    method: str
    path: str
    text: str


@dataclass
class Watch:
    """The secrets that came to be, and the answers that were given.

    ``keys`` are secrets of bytes. ``handed`` are the headers that hand secrets over, by their name.
    """

    secrets: set[str] = field(default_factory=set)
    keys: set[bytes] = field(default_factory=set)
    shown: list[Shown] = field(default_factory=list)
    handed: dict[str, list[Shown]] = field(default_factory=lambda: {n: [] for n in _PLACES})

    def over(self, app: ASGIApp) -> ASGIApp:
        """``app``, whose answers are noted."""

        async def noted(scope: Scope, receive: Receive, send: Send) -> None:
            parts: list[bytes] = []

            async def noting(message: MutableMapping[str, Any]) -> None:
                for name, value in message.get("headers", ()):
                    text, where = bytes(value).decode("latin-1"), bytes(name).decode()
                    if where in _PLACES:
                        handed = Shown(scope["method"], scope["path"], text)
                        self.handed[where].append(handed)
                    else:
                        parts.append(bytes(name) + b": " + bytes(value))
                parts.append(message.get("body", b""))
                await send(message)

            await app(scope, receive, noting)
            text = b"\n".join(parts).decode("latin-1")
            self.shown.append(Shown(scope["method"], scope["path"], text))

        return noted

    def found_in(self, text: str) -> list[str]:
        """The secrets that ``text`` has in any spelling, each with the one that gave it away."""
        return [
            f"{secret[:8]}… as {how}"
            for secret in sorted(self.secrets)
            for how, spelt in spellings(secret).items()
            if spelt in text
        ]

    def real_keys(self) -> set[bytes]:
        """The secrets of bytes that are not just the bytes of a text."""
        texts = {each.encode("utf-8", "surrogatepass") for each in self.secrets}
        return self.keys - texts


def keys_in(text: str, keys: Iterable[bytes]) -> list[str]:
    """The spellings in which ``text`` has one of ``keys``."""
    return [
        how
        for key in keys
        for how, spelt in (
            ("bytes", key.decode("latin-1")),
            ("hex", key.hex()),
            ("hex in capitals", key.hex().upper()),
            ("base64", b64encode(key).decode().rstrip("=")),
            ("base64 for URLs", urlsafe_b64encode(key).decode().rstrip("=")),
            ("the repr of bytes", repr(key)[2:-1]),
        )
        if spelt in text
    ]


def places_of(secret: str, among: list[Shown]) -> list[str]:
    """The answers, or headers, in which a secret stands in any spelling."""
    spelt = spellings(secret).values()
    return [
        f"{each.method} {each.path}" for each in among if any(text in each.text for text in spelt)
    ]


@contextmanager
def watching() -> Iterator[Watch]:
    """Note every text and key that is made a ``Secret`` for the length of a block."""
    watch = Watch()
    usual = Secret.__init__

    def noting(self: Secret[Any], value: Any) -> None:
        usual(self, value)
        is_text = isinstance(value, str) and len(value) >= _SHORTEST
        # An address is none, and what is kept of a password is made to be kept.
        if is_text and "://" not in value and not value.startswith("$argon2"):
            watch.secrets.add(value)
        if isinstance(value, bytes) and len(value) >= _SHORTEST_KEY:
            watch.keys.add(value)

    with patch.object(Secret, "__init__", noting):
        yield watch


def spellings(secret: str) -> dict[str, str]:
    """A secret in plain, and as the encodings that carry texts would spell it.

    In base64 also within a longer text, wherever it begins there, as in HTTP Basic.
    """
    raw = secret.encode("utf-8", "surrogatepass")
    found = {
        "plain": secret,
        "plain, without its kind": secret[6:] if secret.startswith("dw_") else secret,
        "hex": raw.hex(),
        "hex in capitals": raw.hex().upper(),
        "URL": quote(secret, safe=""),
        "form": quote_plus(secret),
        "the repr of bytes": repr(raw)[2:-1],
        "backwards": secret[::-1],
    }
    for before in range(3):
        # What is encoded together with a neighbour is left away on both sides.
        padded = bytes(before) + raw
        whole = len(padded) - len(padded) % 3
        start = 4 if before else 0
        end = whole // 3 * 4
        found[f"base64, {before} behind"] = b64encode(padded).decode()[start:end]
        found[f"base64 for URLs, {before} behind"] = urlsafe_b64encode(padded).decode()[start:end]
    return found
