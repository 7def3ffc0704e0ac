"""Start and end of the server, as ASGI's lifespan tells them."""

from __future__ import annotations

from doorward.app.housekeeping import Housekeeping
from doorward.http import ASGIApp, Receive, Scope, Send

__all__ = ["with_lifespan"]


def with_lifespan(app: ASGIApp, housekeeping: Housekeeping) -> ASGIApp:
    """Run ``housekeeping`` between the server's start and end."""

    async def lived(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await app(scope, receive, send)
            return
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                housekeeping.start()
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await housekeeping.stop()
                await send({"type": "lifespan.shutdown.complete"})
                return

    return lived
