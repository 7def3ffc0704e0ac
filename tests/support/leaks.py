"""Searching what was logged, stored and shown for secrets that were minted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import httpx2
import pytest

from doorward.db import metadata, statement
from tests.support.world import World

__all__ = ["Recorder", "dump", "found_in", "logged"]


class Recorder(httpx2.AsyncBaseTransport):
    """Keeps every body, and every header but those that carry a secret by design."""

    def __init__(self, world: World) -> None:
        self._inner = httpx2.ASGITransport(app=world.app)
        self.pages: list[str] = []

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        answer = await self._inner.handle_async_request(request)
        await answer.aread()
        if answer.headers.get("content-type", "").startswith("text/html"):
            headers = [f"{k}: {v}" for k, v in answer.headers.items() if k != "set-cookie"]
            self.pages.append("\n".join([*headers, answer.text]))
        return answer


async def dump(world: World) -> str:
    """Everything that is in the database, also as text of its bytes."""
    parts: list[str] = []
    for table in metadata.sorted_tables:
        rows = await world.services.db.scan(statement(table.select()))
        parts += [value for row in rows for value in map(_text, row)]
    return "\n".join(parts)


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def found_in(text: str, secrets: Iterable[str]) -> list[str]:
    """The secrets that ``text`` contains, whole or without their prefix."""
    found = [each for each in secrets if each in text]
    return found + [each for each in secrets if len(each) > 20 and each[8:] in text]


def logged(caplog: pytest.LogCaptureFixture) -> str:
    """Everything that was logged on our side, with its arguments."""
    return "\n".join(
        f"{r.getMessage()} {r.args} {r.exc_text or ''}"
        for r in caplog.records
        if r.name != "httpx2"
    )
