"""What the connections of one server share: its bounds, what is under way, whether it is ending."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass
from email.utils import formatdate
from typing import TYPE_CHECKING, Final

from uvicorn.server import ServerState

from doorward.app.gathering import Gathering
from doorward.metrics import Counter, Family, Kind

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["TOO_MANY", "Limits", "Traffic"]

TOO_MANY: Final = Counter(
    Family(
        "doorward_http_requests_turned_away_total",
        Kind.COUNTER,
        "Requests that were answered with 503 unread, because too much was under way.",
    )
)

log = logging.getLogger("doorward")

_SWEEP_S = 1.0
_CROWDED = 0.9
"""From this share of the connections on, those that do nothing have to go sooner."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one server takes on. Sizes in bytes, times in seconds."""

    connections: int = 4096
    requests: int = 512
    """Requests that were read and wait for their answer, whatever they wait for."""
    pipelined: int = 32
    """Requests that one client may send ahead of its answers."""
    head_bytes: int = 65_536
    head_s: float = 10.0
    """For the head of a request, from its first byte; and for the first byte of a connection."""
    body_s: float = 20.0
    bytes_per_s: int = 500
    """Whoever sends a body has ``body_s``, and a second more for so many bytes."""
    answer_s: float = 30.0
    """How long a client may take nothing of an answer."""
    idle_s: float = 65.0
    """A little longer than common proxies, which then are the ones that close."""
    crowded_idle_s: float = 5.0
    lingering_s: float = 5.0
    """How long what still arrives is thrown away, so that the last answer is not lost with it."""


class Traffic(ServerState):
    """The connections of one server, counted and looked after once a second.

    Looking at all of them costs less than a timer that every request sets and cancels.
    """

    def __init__(self, limits: Limits, *, exempt: frozenset[str] = frozenset()) -> None:
        """Keep to ``limits``; requests for paths that are ``exempt`` are answered always."""
        super().__init__()
        self.limits = limits
        self.exempt = exempt
        self.now = time.monotonic()
        """As of the last look."""
        self.under_way = 0
        """Requests that were read, and wait for their answer."""
        self.turned_away = 0
        """Requests that were too much, since the last look."""
        self.arriving: set[asyncio.Task[None]] = set()
        """Connections that were accepted this moment."""
        self.date_line = b""
        self.note_date()
        self.is_leaving = False
        """Whether every answer is the last on its connection."""
        self._looked_at = self.now
        self.gathering = Gathering(self.now)

    def note_date(self) -> None:
        """Date the answers of the next second (RFC 9110 6.6.1)."""
        self.date_line = f"date: {formatdate(usegmt=True)}\r\n".encode()

    @property
    def is_full(self) -> bool:
        """Whether there is no room for another connection, even to refuse it in words."""
        return len(self.connections) >= self.limits.connections + self.limits.requests

    @property
    def is_quiet(self) -> bool:
        """Whether nobody is connected and nothing is under way."""
        return not self.connections and not self.tasks and not self.arriving

    @property
    def is_crowded(self) -> bool:
        """Whether there are more connections than there should be."""
        return len(self.connections) > self.limits.connections

    def admits(self, path: str) -> bool:
        """Whether a request for ``path`` may be answered now; else it is turned away."""
        if self.under_way < self.limits.requests and not self.is_crowded:
            return True
        if path in self.exempt:
            return True
        self.turned_away += 1
        TOO_MANY.add()
        return False

    def look(self, *, every_s: float = _SWEEP_S) -> None:
        """Close what has taken too long; does nothing when it was called a moment ago."""
        self.now = now = time.monotonic()
        self.gathering.look(self.total_requests, now)
        if now - self._looked_at < every_s:
            return
        self._looked_at = now
        if self.turned_away:
            log.warning("too busy: %d requests were turned away", self.turned_away)
            self.turned_away = 0
        limits = self.limits
        crowded = len(self.connections) > _CROWDED * limits.connections
        patience = limits.crowded_idle_s if crowded else limits.idle_s
        for connection in list(self.connections):
            connection.look(now, patience)  # type: ignore[union-attr] # they are all ours

    def leave(self, *, linger_s: float) -> None:
        """Answer once more on every connection; those that are silent for ``linger_s`` close."""
        self.is_leaving = True
        self.now = time.monotonic()
        for connection in list(self.connections):
            connection.leave(self.now + linger_s)  # type: ignore[union-attr] # likewise

    async def wait_until(self, done: Callable[[], bool], seconds: float) -> bool:
        """Go on serving until ``done``, for at most ``seconds``; whether it came to that."""
        end = time.monotonic() + seconds
        while not done():
            if time.monotonic() >= end:
                return False
            await asyncio.sleep(0.02)
            self.look(every_s=0.05)
        return True

    def break_off(self) -> int:
        """Cancel what is still under way and cut every connection; how many requests."""
        broken = list(self.tasks)
        for task in broken:
            task.cancel()
        for connection in list(self.connections):
            connection.cut()  # type: ignore[union-attr] # likewise
        return len(broken)
