"""A server that does nothing: it shows how much load the generator itself can make."""

from __future__ import annotations

import asyncio
import sys
from typing import cast

import uvloop

__all__ = ["main"]

_BODY = b'{"access_token":"nothing","token_type":"Bearer","expires_in":3600}'
_ANSWER = (
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncache-control: no-store\r\n"
    b"content-length: %d\r\n\r\n%s" % (len(_BODY), _BODY)
)


class _Echo(asyncio.Protocol):
    """Whatever arrives is one request; the answer is always the same."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        # uvloop's transports are of no asyncio class.
        self._write = cast("asyncio.Transport", transport).write

    def data_received(self, data: bytes) -> None:
        """Answer without looking."""
        del data
        self._write(_ANSWER)


async def _serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(_Echo, "127.0.0.1", port)
    await server.serve_forever()


def main() -> None:
    """Listen on the port that the command line names, until interrupted."""
    try:
        uvloop.run(_serve(int(sys.argv[1])))
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    main()
