"""What the servers acknowledged, and what they did that they must not."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

__all__ = ["Chain", "Journal", "Renamed"]


@dataclass
class Renamed:
    """An account whose name is changed again and again.

    ``settled`` is the last name that was acknowledged. ``open_`` are names that were sent after it
    without an answer that says what became of them: the account may have any of these.
    """

    settled: str
    open_: set[str] = field(default_factory=set)


@dataclass
class Chain:
    """The newest tokens of one authorization that a client holds."""

    access: str
    refresh: str


@dataclass
class Journal:
    """Acknowledged writes by kind. Whatever is in here must be found in the end."""

    kinds: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    tokens: list[str] = field(default_factory=list)
    revoked: list[str] = field(default_factory=list)
    chains: list[Chain] = field(default_factory=list)
    accounts: dict[str, str] = field(default_factory=dict)
    renamed: dict[str, Renamed] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    dead_keys: dict[str, str] = field(default_factory=dict)
    consents: set[str] = field(default_factory=set)
    withdrawn: set[str] = field(default_factory=set)
    sessions: list[dict[str, str]] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)

    def acknowledged(self, kind: str) -> None:
        """A write was answered with success."""
        self.kinds[kind] += 1

    def fault(self, sentence: str) -> None:
        """Something happened that must not."""
        self.faults[sentence] += 1

    @property
    def is_clean(self) -> bool:
        """Whether nothing was lost, and nothing happened that must not."""
        return not self.lost and not self.faults
