"""Finding an endpoint: exact paths in one dictionary, then the few mounted prefixes.

A longer prefix comes before a shorter one: ``/api/v2`` may be another application than ``/api``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from doorward.http import ASGIApp, Call, Endpoint, Receive, Reply, Scope, Send, as_asgi, send_reply
from doorward.metrics import ROUTE, name_route
from doorward.orgs import find_tenant

__all__ = ["CORS", "REST", "Dispatcher", "Route"]

CORS: tuple[tuple[bytes, bytes], ...] = ((b"access-control-allow-origin", b"*"),)
"""No cookie is ever read where this is sent, so that any page may call (Fetch standard)."""

REST: Final = "/{rest}"
"""What stands in a route's template for whatever a mounted application does not name itself."""

_PREFLIGHT = (
    *CORS,
    (b"access-control-allow-methods", b"GET, POST"),
    (b"access-control-allow-headers", b"authorization, content-type"),
    (b"access-control-max-age", b"3600"),
)


@dataclass(frozen=True, slots=True)
class Route:
    """One address and what answers there, by method. ``cors`` lets scripts of any page call.

    A ``streamed`` endpoint reads a form with a file itself, piece by piece. An address of a
    ``dialect`` is there for organizations that speak it; at the root, where none is known yet, for
    everyone.
    """

    path: str
    methods: Mapping[str, Endpoint]
    cors: bool = False
    streamed: bool = False
    dialect: str | None = None


class Dispatcher:
    """Routes of one organization, or of the installation itself."""

    def __init__(
        self,
        routes: tuple[Route, ...],
        *,
        mounts: Mapping[str, ASGIApp],
        missing: ASGIApp,
        dialects: Mapping[str, str] | None = None,
    ) -> None:
        """Answer ``routes``; below ``mounts``' prefixes their applications; else ``missing``.

        ``dialects`` names the mounts that are there for organizations that speak one.
        """
        self._table: dict[str, dict[str, ASGIApp]] = {}
        self._dialects = {r.path: r.dialect for r in routes if r.dialect is not None}
        self._dialects |= dialects or {}
        for route in routes:
            methods = {
                verb: as_asgi(_shared(e, route), streamed=route.streamed)
                for verb, e in route.methods.items()
            }
            if "GET" in methods:
                methods["HEAD"] = methods["GET"]
            methods["OPTIONS"] = as_asgi(_options(route, tuple(methods)))
            self._table[route.path] = methods
        self._mounts: dict[str, tuple[tuple[str, ASGIApp], ...]] = {}
        for prefix in sorted(mounts, key=len, reverse=True):
            first = _first_segment(prefix)
            self._mounts[first] = (*self._mounts.get(first, ()), (prefix, mounts[prefix]))
        self._missing = missing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Route one request."""
        path: str = scope["path"]
        methods = self._table.get(path)
        if methods is not None and self._is_spoken(scope, path):
            # What ``name_route`` does, without a call for every request.
            if ROUTE in scope:
                scope[ROUTE].route = path
            app = methods.get(scope["method"])
            if app is None:
                allowed = ", ".join(methods).encode()
                headers = ((b"allow", allowed), (b"cache-control", b"no-store"))
                await send_reply(send, Reply(405, b"", headers))
                return
            await app(scope, receive, send)
            return
        for prefix, mounted in self._mounts.get(_first_segment(path), ()):
            below = path == prefix or path.startswith(prefix + "/")
            if below and self._is_spoken(scope, prefix):
                name_route(scope, prefix + REST)
                inner = {**scope, "path": path[len(prefix) :] or "/"}
                inner["root_path"] = scope.get("root_path", "") + prefix
                await mounted(inner, receive, send)
                return
        await self._missing(scope, receive, send)

    def _is_spoken(self, scope: Scope, address: str) -> bool:
        dialect = self._dialects.get(address)
        if dialect is None:
            return True
        tenant = find_tenant(scope)
        return tenant is None or dialect in tenant.org.dialects


def _first_segment(path: str) -> str:
    return "/" + path[1:].partition("/")[0]


def _shared(endpoint: Endpoint, route: Route) -> Endpoint:
    if not route.cors:
        return endpoint

    async def shared(call: Call) -> Reply | ASGIApp:
        reply = await endpoint(call)
        if isinstance(reply, Reply):
            reply.headers = (*reply.headers, *CORS)
        return reply

    return shared


def _options(route: Route, verbs: tuple[str, ...]) -> Endpoint:
    async def options(_call: Call) -> Reply:
        allow = (b"allow", ", ".join(verbs).encode())
        return Reply(204, b"", (allow, *_PREFLIGHT) if route.cors else (allow,))

    return options
