"""How often something may happen: a moving window for each key, in this process's memory."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable
from datetime import timedelta
from math import ceil

__all__ = ["MovingWindow"]

_MICROSECOND = timedelta(microseconds=1)
_SECOND = 1_000_000


class MovingWindow:
    """Lets each key happen ``most`` times within any ``span``.

    It remembers ``keys`` keys and forgets the one that happened longest ago first, so that its
    memory has a bound whoever calls. Each process counts for itself.
    """

    def __init__(
        self, most: int, span: timedelta, *, clock: Callable[[], int], keys: int = 20_000
    ) -> None:
        """Count by ``clock`` (microseconds)."""
        self._most = most
        self._span = span // _MICROSECOND
        self._clock = clock
        self._keys = keys
        self._happened: OrderedDict[str, deque[int]] = OrderedDict()

    def is_full(self, key: str) -> bool:
        """Whether ``key`` may not happen now."""
        times = self._happened.get(key)
        return times is not None and len(self._recent(times)) >= self._most

    def hit(self, key: str) -> bool:
        """Let ``key`` happen, and answer True; False, and nothing changes, when it may not."""
        times = self._happened.setdefault(key, deque())
        self._happened.move_to_end(key)
        while len(self._happened) > self._keys:
            self._happened.popitem(last=False)
        if len(self._recent(times)) >= self._most:
            return False
        times.append(self._clock())
        return True

    def wait_s(self, key: str) -> int:
        """After how many whole seconds ``key`` may happen again; at least 1."""
        times = self._recent(self._happened.get(key, deque()))
        if len(times) < self._most:
            return 1
        return max(1, ceil((times[0] + self._span - self._clock()) / _SECOND))

    def _recent(self, times: deque[int]) -> deque[int]:
        earliest = self._clock() - self._span
        while times and times[0] <= earliest:
            times.popleft()
        return times
