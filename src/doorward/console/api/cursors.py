"""Pages of a list: opaque cursors that are good only for the list that they were given for."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TypeVar

import msgspec

from doorward.console.api.refusals import BadCursor
from doorward.crypto import Secret, same

__all__ = ["Cursors", "Place", "Window"]

T = TypeVar("T")
K = TypeVar("K", int, str)
_MAC_BYTES = 16


@dataclass(frozen=True, slots=True)
class Place:
    """What a cursor is bound to: the organization, the list, and its filters as JSON."""

    org_id: str
    operation: str
    filters: bytes

    def render(self) -> bytes:
        """The same bytes for the same place, and for no other."""
        return msgspec.json.encode((self.org_id, self.operation, self.filters.decode()))


class Cursors:
    """Seals and opens cursors with one key for the installation."""

    def __init__(self, key: Secret[bytes]) -> None:
        """Use ``key``, 32 bytes that every process knows."""
        self._key = key

    def render(self, place: Place, after: int | str) -> str:
        """The cursor that continues the list at ``place`` after the row ``after``."""
        payload = msgspec.json.encode(after)
        return _encoded(self._mac(place, payload) + payload)

    def parse(self, place: Place, text: str) -> int | str:
        """The row after which the list continues. Raises ``BadCursor``."""
        try:
            raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        except ValueError as error:
            raise BadCursor from error
        if _encoded(raw) != text:
            # One spelling only: the decoder skips over what it does not know.
            raise BadCursor
        mac, payload = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
        if not same(mac, self._mac(place, payload)):
            raise BadCursor
        return msgspec.json.decode(payload, type=int | str)

    def open(self, place: Place, text: str | None, limit: int) -> Window:
        """The window of the list that a request asks for. Raises ``BadCursor``."""
        after = None if text is None else self.parse(place, text)
        return Window(cursors=self, place=place, after=after, limit=limit)

    def _mac(self, place: Place, payload: bytes) -> bytes:
        bound = place.render() + b"\x00" + payload
        return hmac.new(self._key.reveal(), bound, sha256).digest()[:_MAC_BYTES]


@dataclass(frozen=True, slots=True)
class Window:
    """One page of a list."""

    cursors: Cursors
    place: Place
    after: int | str | None
    limit: int

    @property
    def fetch(self) -> int:
        """How many rows to read: one more, to know whether there is another page."""
        return self.limit + 1

    @property
    def after_number(self) -> int | None:
        """The row before the page, in a list that is ordered by numbers."""
        if isinstance(self.after, str):
            raise BadCursor
        return self.after

    @property
    def after_text(self) -> str | None:
        """The row before the page, in a list that is ordered by names."""
        if isinstance(self.after, int):
            raise BadCursor
        return self.after

    def close(
        self, rows: Sequence[T], key: Callable[[T], int | str]
    ) -> tuple[Sequence[T], str | None]:
        """The page's rows, and the cursor of the next page if there is one."""
        if len(rows) <= self.limit:
            return rows, None
        shown = rows[: self.limit]
        return shown, self.cursors.render(self.place, key(shown[-1]))

    def cut(
        self, rows: Sequence[T], key: Callable[[T], K], after: K | None
    ) -> tuple[Sequence[T], str | None]:
        """Like ``close``, for a whole list that is in memory: it is ordered by ``key`` first."""
        ordered = sorted(rows, key=key)
        rest = [row for row in ordered if after is None or key(row) > after]
        return self.close(rest[: self.fetch], key)


def _encoded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")
