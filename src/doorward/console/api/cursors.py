"""Pages of a list: opaque cursors that are good only for the list that they were given for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from doorward.console.api.refusals import BadCursor
from doorward.crypto import Secret
from doorward.http import CursorSeal, ForeignCursor

__all__ = ["Cursors", "Place", "Window"]

T = TypeVar("T")
K = TypeVar("K", int, str)


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
        self._seal = CursorSeal(key)

    def render(self, place: Place, after: int | str) -> str:
        """The cursor that continues the list at ``place`` after the row ``after``."""
        return self._seal.render(place.render(), after)

    def parse(self, place: Place, text: str) -> int | str:
        """The row after which the list continues. Raises ``BadCursor``."""
        try:
            return self._seal.parse(place.render(), text)
        except ForeignCursor as foreign:
            raise BadCursor from foreign

    def open(self, place: Place, text: str | None, limit: int) -> Window:
        """The window of the list that a request asks for. Raises ``BadCursor``."""
        after = None if text is None else self.parse(place, text)
        return Window(cursors=self, place=place, after=after, limit=limit)


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
