"""Opaque cursors: where a list continues, good only for the place that they were given for."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256

import msgspec

from doorward.crypto import Secret, same

__all__ = ["CursorSeal", "ForeignCursor"]

_MAC_BYTES = 16
_MAX = 8 * 1024


class ForeignCursor(ValueError):
    """Not a cursor that was given for this place."""


class CursorSeal:
    """Seals and opens cursors with one key for the installation."""

    def __init__(self, key: Secret[bytes]) -> None:
        """Use ``key``, 32 bytes that every process knows."""
        self._key = key

    def render(self, place: bytes, after: int | str) -> str:
        """The cursor that continues the list at ``place`` after the row ``after``."""
        payload = msgspec.json.encode(after)
        return _encoded(self._mac(place, payload) + payload)

    def parse(self, place: bytes, text: str) -> int | str:
        """The row after which the list continues. Raises ``ForeignCursor``."""
        if len(text) > _MAX:
            raise ForeignCursor
        try:
            raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        except ValueError as error:
            raise ForeignCursor from error
        if _encoded(raw) != text:
            # One spelling only: the decoder skips over what it does not know.
            raise ForeignCursor
        mac, payload = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
        if not same(mac, self._mac(place, payload)):
            raise ForeignCursor
        return msgspec.json.decode(payload, type=int | str)

    def _mac(self, place: bytes, payload: bytes) -> bytes:
        bound = place + b"\x00" + payload
        return hmac.new(self._key.reveal(), bound, sha256).digest()[:_MAC_BYTES]


def _encoded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")
