"""A platform that renews tokens as fast as it can: ``python -m bench.vault.upstream PORT``.

It takes each refresh token once, and answers 400 to one that comes again.
"""

from __future__ import annotations

import asyncio
import itertools
import re
import sys
from typing import Final, cast

import uvloop

__all__: list[str] = []

_LENGTH: Final = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)
_TOKEN: Final = re.compile(rb"(?:^|&)refresh_token=([^&]*)")
_NUMBERS = itertools.count(1)
_seen: set[bytes] = set()


class _Platform(asyncio.Protocol):
    """One connection, one request after the other."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.WriteTransport", transport)
        self._buffer = b""

    def data_received(self, data: bytes) -> None:
        """Answer every whole request."""
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            found = _LENGTH.search(self._buffer, 0, end)
            whole = end + 4 + (int(found[1]) if found else 0)
            if len(self._buffer) < whole:
                return
            body, self._buffer = self._buffer[end + 4 : whole], self._buffer[whole:]
            self._transport.write(_answer(body))


def _answer(body: bytes) -> bytes:
    found = _TOKEN.search(body)
    if found is not None and found[1] in _seen:
        return b'HTTP/1.1 400 No\r\nContent-Length: 25\r\n\r\n{"error":"invalid_grant"}'
    if found is not None:
        _seen.add(found[1])
    number = next(_NUMBERS)
    content = (
        b'{"access_token":"access-%09d-%s","token_type":"Bearer","expires_in":3600,'
        b'"refresh_token":"refresh-%09d-%s"}'
    ) % (number, b"a" * 40, number, b"r" * 40)
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    return head % len(content) + content


async def _serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(_Platform, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1])))
