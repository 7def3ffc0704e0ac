"""Headers below which no answer goes, whoever made it: pages say more, programs' answers this."""

from __future__ import annotations

from typing import Final

from doorward.http import ASGIApp, Receive, Scope, Send

__all__ = ["FLOOR", "HSTS", "with_floor"]

FLOOR: Final = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)
"""What an answer has that says nothing of its own about the same."""

HSTS: Final = (b"strict-transport-security", b"max-age=63072000")
"""RFC 6797 7.2: only where people come by TLS."""


def with_floor(app: ASGIApp, *, https: bool) -> ASGIApp:
    """``app``, each of whose answers has the headers of ``FLOOR``, and ``HSTS`` by https."""
    floor = (*FLOOR, HSTS) if https else FLOOR

    async def floored(scope: Scope, receive: Receive, send: Send) -> None:
        async def filled(message: dict[str, object]) -> None:
            if message["type"] == "http.response.start":
                headers = message["headers"]
                assert isinstance(headers, list)  # noqa: S101 - ASGI says so
                said = {name.lower() for name, _ in headers}
                headers += [pair for pair in floor if pair[0] not in said]
            await send(message)

        await app(scope, receive, filled)  # type: ignore[arg-type]

    return floored
