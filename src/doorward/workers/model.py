"""What is started, where a worker sits, and the words that are said on the way between them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

__all__ = ["Plan", "Seat", "Word"]


class Word(bytes, Enum):
    """One byte each, so that none arrives in part."""

    READY = b"+"
    """A worker: it serves."""
    ALIVE = b"."
    """A worker: its loop turns."""
    REPLACED = b"r"
    """To a worker: another serves in its place."""
    QUICK = b"q"
    """To a worker: end, and wait for nobody who has not asked yet."""


@dataclass(frozen=True, slots=True)
class Seat:
    """Where one worker sits: inherited descriptors, its number from 0, the folder they share."""

    listening: int
    channel: int
    number: int
    folder: Path

    def __str__(self) -> str:
        """As it is handed on in a command."""
        return f"{self.listening},{self.channel},{self.number},{self.folder}"

    @classmethod
    def parse(cls, text: str) -> Seat:
        """Read what ``str`` made. Raises ``ValueError``."""
        listening, channel, number, folder = text.split(",", 3)
        return cls(int(listening), int(channel), int(number), Path(folder))


@dataclass(frozen=True, slots=True)
class Plan:
    """What to start: a command, to which each worker's seat is added, and how often."""

    command: tuple[str, ...]
    workers: int
    ending_s: float
    """How long a worker may take to end before it is killed."""
