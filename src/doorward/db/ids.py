"""Row identifiers that sort by time and never collide between processes."""

from __future__ import annotations

import re

from doorward.db.clock import Clock

__all__ = ["NODES", "RowIds", "find_row_id", "moment_of", "oldest_id_at"]

_NODE_BITS = 12
_LARGEST = (1 << 63) - 1
_DIGITS = re.compile(r"[0-9]{1,19}\Z")
_EPOCH = 1_767_225_600_000_000
"""2026-01-01T00:00:00Z in microseconds: 51 bits of microseconds from here last until 2097."""

NODES = 1 << _NODE_BITS
"""How many processes may write at once before a node number repeats."""


class RowIds:
    """Mints 63-bit identifiers: microseconds since 2026, then the number of this process.

    The microsecond never repeats and never goes back within a process, even when the clock does.
    """

    def __init__(self, *, node: int, clock: Clock) -> None:
        """Mint for the process ``node`` (0 to ``NODES`` - 1), by ``clock`` (microseconds)."""
        self.node = node
        """The number of this process, as it was taken from the installation."""
        self._node = node % NODES
        self._clock = clock
        self._last = 0

    def next(self) -> int:
        """A new identifier, larger than every earlier one of this process."""
        moment = max(self._clock() - _EPOCH, self._last + 1)
        self._last = moment
        return (moment << _NODE_BITS) | self._node


def oldest_id_at(moment: int) -> int:
    """The smallest identifier that can have been minted at ``moment`` (microseconds)."""
    return max(moment - _EPOCH, 0) << _NODE_BITS


def moment_of(row_id: int) -> int:
    """When ``row_id`` was minted, in microseconds."""
    return (row_id >> _NODE_BITS) + _EPOCH


def find_row_id(text: str | None) -> int | None:
    """The identifier that an address or a form names; None for what cannot be one."""
    if text is None or not _DIGITS.match(text):
        return None
    number = int(text)
    return number if number <= _LARGEST else None
