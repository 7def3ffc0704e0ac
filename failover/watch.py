"""How long answers take, and when writes are acknowledged again."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field

import httpx2

__all__ = ["Phase", "Stopwatch", "await_write"]

_TRY_EVERY_S = 0.05
_PATIENCE_S = 60.0


@dataclass
class Phase:
    """What was answered while one thing was so."""

    name: str
    answers: Counter[str] = field(default_factory=Counter)
    slowest_s: float = 0.0
    back_s: float | None = None
    """From the disturbance to the first acknowledged write; None where nothing was disturbed."""

    def note(self, answer: str, took_s: float) -> None:
        """Something was answered."""
        self.answers[answer] += 1
        self.slowest_s = max(self.slowest_s, took_s)


class Stopwatch(httpx2.AsyncBaseTransport):
    """Passes requests on, and notes each answer in the phase in which it was asked."""

    def __init__(self, connections: int) -> None:
        """Keep ``connections`` open."""
        limits = httpx2.Limits(max_connections=connections, max_keepalive_connections=connections)
        self._inside = httpx2.AsyncHTTPTransport(limits=limits)
        self.phase = Phase("preparation")
        self.phases: list[Phase] = []

    def begin(self, name: str) -> Phase:
        """From now on it is another phase."""
        self.phase = Phase(name)
        self.phases.append(self.phase)
        return self.phase

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """One request, from its beginning to the first bytes of its answer."""
        phase, begun = self.phase, time.monotonic()
        try:
            answer = await self._inside.handle_async_request(request)
        except httpx2.TransportError:
            phase.note("no answer", time.monotonic() - begun)
            raise
        phase.note(str(answer.status_code), time.monotonic() - begun)
        return answer

    async def aclose(self) -> None:
        """Let go of the connections."""
        await self._inside.aclose()


async def await_write(
    http: httpx2.AsyncClient, url: str, client: tuple[str, str], since: float
) -> float | None:
    """How long after ``since`` a token is issued at ``url``; None if it takes a minute."""

    async def once() -> bool:
        try:
            answer = await http.post(
                url, data={"grant_type": "client_credentials"}, auth=client, timeout=_PATIENCE_S
            )
        except httpx2.TransportError:
            return False
        return answer.status_code == 200

    pending: set[asyncio.Task[bool]] = set()
    try:
        while time.monotonic() - since < _PATIENCE_S:
            # The next one does not wait for an answer that may take its time.
            if len(pending) < 4:
                pending.add(asyncio.create_task(once()))
            await asyncio.sleep(_TRY_EVERY_S)
            done = {each for each in pending if each.done()}
            pending -= done
            if any(each.result() for each in done):
                return time.monotonic() - since
        return None
    finally:
        for each in pending:
            each.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
