"""Start and end of the server, as ASGI's lifespan tells them."""

from __future__ import annotations

from typing import Protocol

from doorward.http import ASGIApp, Receive, Scope, Send

__all__ = ["Background", "with_lifespan"]


class Background(Protocol):
    """What goes on beside the requests."""

    def start(self) -> None:
        """Begin; called once, inside the running loop."""

    async def stop(self) -> None:
        """End; answers once nothing of it runs any more."""


def with_lifespan(app: ASGIApp, *background: Background) -> ASGIApp:
    """Run ``background`` between the server's start and end."""

    async def lived(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await app(scope, receive, send)
            return
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                for each in background:
                    each.start()
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                for each in background:
                    await each.stop()
                await send({"type": "lifespan.shutdown.complete"})
                return

    return lived
