"""A mailbox in this process's memory, where the demo's letters arrive instead of anywhere else."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from itertools import count

from doorward.db import Clock
from doorward.mail.rendering import Parcel

__all__ = ["Arrived", "Inbox"]

_MOST = 200


@dataclass(frozen=True, slots=True)
class Arrived:
    """A letter that arrived, under its number, ``at`` microseconds."""

    number: int
    at: int
    parcel: Parcel


class Inbox:
    """Takes every parcel, and shows the newest two hundred to whoever asks."""

    def __init__(self, *, clock: Clock) -> None:
        """Date arrivals by ``clock``."""
        self._clock = clock
        self._numbers = count(1)
        self._letters: deque[Arrived] = deque(maxlen=_MOST)

    async def carry(self, parcel: Parcel) -> None:
        """Keep ``parcel``."""
        self._letters.appendleft(Arrived(next(self._numbers), self._clock(), parcel))

    def close(self) -> None:
        """Nothing is held."""

    def newest(self) -> tuple[Arrived, ...]:
        """Every letter that is still here, the newest first."""
        return tuple(self._letters)

    def find(self, number: int) -> Arrived | None:
        """The letter ``number``, while it is still here."""
        return next((each for each in self._letters if each.number == number), None)
