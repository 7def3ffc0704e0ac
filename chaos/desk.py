"""Requests to whichever server is there, and what every answer must be like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Protocol

import httpx2

from chaos.journal import Journal

__all__ = ["Desk", "Door", "Doors", "Unknown"]

_TIMEOUT_S = 40.0


class Door(Protocol):
    """Where a server is asked."""

    @property
    def url(self) -> str:
        """Its address, without a slash at the end."""


class Doors(Protocol):
    """Where the same is answered, whichever is asked."""

    @property
    def servers(self) -> Sequence[Door]:
        """Each of them."""


class Unknown(Exception):
    """Nobody knows what became of the request: the server did not answer, or said to try again."""


@dataclass(frozen=True)
class Desk:
    """Where workers ask. ``base`` is the path of the organization."""

    doors: Doors
    journal: Journal
    random: Random
    base: str
    client: tuple[str, str]
    key: str
    http: httpx2.AsyncClient

    async def program(self, path: str, form: dict[str, str]) -> httpx2.Response:
        """A call of the application. Raises ``Unknown``."""
        return await self._ask("POST", path, data=form, auth=self.client)

    async def api(self, method: str, path: str, **options: Any) -> httpx2.Response:
        """A call of the management API. Raises ``Unknown``."""
        headers = {"authorization": f"Bearer {options.pop('key', self.key)}"}
        headers |= options.pop("headers", {})
        return await self._ask(method, f"/api{path}", headers=headers, **options)

    async def page(self, method: str, path: str, **options: Any) -> httpx2.Response:
        """A page, which a person opened. Raises ``Unknown``."""
        return await self._ask(method, path, is_page=True, **options)

    async def _ask(
        self, method: str, path: str, *, is_page: bool = False, **options: Any
    ) -> httpx2.Response:
        answer = await self._send(method, path, options)
        self.journal.answers[str(answer.status_code)] += 1
        if answer.status_code < 500:
            return answer
        self._judge(answer, f"{method} {path.partition('?')[0]}", is_page=is_page)
        raise Unknown

    async def _send(self, method: str, path: str, options: dict[str, Any]) -> httpx2.Response:
        """Ask one server, and the other where the first took nothing, as a balancer would."""
        servers = list(self.doors.servers)
        self.random.shuffle(servers)
        for server in servers:
            url = f"{server.url}{self.base}{path}"
            try:
                return await self.http.request(method, url, timeout=_TIMEOUT_S, **options)
            except httpx2.ConnectError:
                self.journal.answers["not there"] += 1
            except httpx2.TransportError as error:
                self.journal.answers[type(error).__name__] += 1
                raise Unknown from error
        raise Unknown

    def _judge(self, answer: httpx2.Response, what: str, *, is_page: bool) -> None:
        """A failure is a 503 that says when to come again, in the form that was asked for."""
        tell = self.journal.fault
        kind = answer.headers.get("content-type", "")
        if answer.status_code != 503:
            tell(f"{what} answered {answer.status_code}: {answer.text[:200]}")
        if "retry-after" not in answer.headers:
            tell(f"{what} does not say when to come again")
        if not is_page and "json" not in kind:
            tell(f"{what} answered a program with {kind}")
        inside = ("Traceback", "sqlite", "asyncpg")
        if any(word in answer.text for word in inside):
            tell(f"{what} shows its inside")
