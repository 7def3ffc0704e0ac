"""``/connections/{connection_id}/proxy``: calls to the platform, with a credential nobody sees."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import Depends, Path
from fastapi.responses import Response
from starlette.requests import Request

from doorward.console.api.fields import Caller, RowId
from doorward.console.api.model import ApiServices, StaffCall
from doorward.console.api.refusals import NotFound, RepeatedHeader
from doorward.console.api.route import Operation
from doorward.orgs import Permission
from doorward.vault import ApiCall, ApiReply

__all__ = ["ProxyRoutes"]

_PLACE: Final = re.compile(rb"/connections/([1-9][0-9]{0,18})/proxy/")
_LISTS: Final = frozenset({"accept", "accept-language", "cache-control", "if-match", "prefer"})
"""Headers that may come in several lines, which mean one list (RFC 9110 5.3)."""
_SAFE: Final = "/:@!$&'()*+,;=-._~"
_FROM: Final = ("doorward-answer-from", "platform")


@dataclass(frozen=True, slots=True)
class Target:
    """For which connection, and what of the platform's API."""

    connection_id: int
    wanted: str


async def _target(
    request: Request,
    connection_id: RowId,
    path: Annotated[str, Path(description="Below the platform's API, percent-encoded once.")],
) -> Target:
    """What follows our part of the address, as it was spelt. Raises ``NotFound``."""
    raw: bytes | None = request.scope.get("raw_path")
    query: bytes = request.scope["query_string"]
    tail = b"?" + query if query else b""
    if raw is None:
        # A server that keeps no spelling: it is spelt anew, so that it means the same.
        return Target(connection_id, quote(path, safe=_SAFE) + tail.decode("latin-1"))
    found = _PLACE.search(raw)
    if found is None or int(found[1]) != connection_id:
        raise NotFound
    return Target(connection_id, (raw[found.end() :] + tail).decode("latin-1"))


Below = Annotated[Target, Depends(_target)]


class ProxyRoutes:
    """One operation for each method: what is called is in the path."""

    def __init__(self, use: ApiServices) -> None:
        """Serve ``use.lender``."""
        self._use = use

    def operations(self) -> tuple[Operation, ...]:
        """What is served, in the order of the reference."""
        methods: tuple[tuple[Any, Any, str], ...] = (
            ("GET", self.proxy_get, "Read at the platform"),
            ("HEAD", self.proxy_head, "Read headers at the platform"),
            ("OPTIONS", self.proxy_options, "Ask the platform what it permits"),
            ("POST", self.proxy_post, "Post to the platform"),
            ("PUT", self.proxy_put, "Replace at the platform"),
            ("PATCH", self.proxy_patch, "Change at the platform"),
            ("DELETE", self.proxy_delete, "Delete at the platform"),
        )
        return tuple(
            Operation(
                method,
                "/connections/{connection_id}/proxy/{path:path}",
                # Whoever may call with a credential may do all that it opens.
                Permission.CONNECTIONS_REVEAL,
                endpoint,
                summary,
                raw=True,
                problems=("409", "413", "502", "504"),
            )
            for method, endpoint, summary in methods
        )

    async def proxy_get(self, request: Request, call: Caller, target: Below) -> Response:
        """The platform's answer, whatever it is; redirects are not followed.

        The path is taken as it is spelt, below the API that the connector names; a whole address
        on another host only where the connector names that host. Every call is recorded.
        """
        return await self._pass_on(request, call, target)

    async def proxy_head(self, request: Request, call: Caller, target: Below) -> Response:
        """The same for the headers alone; how long the answer would be is not told."""
        response = await self._pass_on(request, call, target)
        # Of the empty body, and so a lie about the other one (RFC 9110 8.6).
        del response.headers["content-length"]
        return response

    async def proxy_options(self, request: Request, call: Caller, target: Below) -> Response:
        """The same for what may be done there. It is no preflight: those carry no credential."""
        return await self._pass_on(request, call, target)

    async def proxy_post(self, request: Request, call: Caller, target: Below) -> Response:
        """The same for a change; the body goes as it comes, up to one megabyte."""
        return await self._pass_on(request, call, target)

    async def proxy_put(self, request: Request, call: Caller, target: Below) -> Response:
        """The same for a change; the body goes as it comes, up to one megabyte."""
        return await self._pass_on(request, call, target)

    async def proxy_patch(self, request: Request, call: Caller, target: Below) -> Response:
        """The same for a change; the body goes as it comes, up to one megabyte."""
        return await self._pass_on(request, call, target)

    async def proxy_delete(self, request: Request, call: Caller, target: Below) -> Response:
        """The same for a deletion."""
        return await self._pass_on(request, call, target)

    async def _pass_on(self, request: Request, call: StaffCall, target: Target) -> Response:
        row = await self._use.vault.connections.get(call.org_id, target.connection_id)
        asked = ApiCall(request.method, target.wanted, _headers(request), await request.body())
        return _response(await self._use.lender.call(row, asked, call.actor))


def _headers(request: Request) -> dict[str, str]:
    """The caller's headers, each once. Raises ``RepeatedHeader`` where two could be meant."""
    found: dict[str, str] = {}
    for name, value in request.headers.items():
        if name not in found:
            found[name] = value
        elif name in _LISTS:
            found[name] += f", {value}"
        else:
            raise RepeatedHeader(f"Send the header {name} once.")
    return found


def _response(reply: ApiReply) -> Response:
    response = Response(reply.body, reply.status)
    for name, value in (*reply.headers, _FROM, *_HARMLESS):
        response.headers.append(name, value)
    return response


_HARMLESS: Final = (
    ("content-security-policy", "sandbox; default-src 'none'"),
    ("cross-origin-resource-policy", "same-origin"),
)
"""What a platform answers is never a page of ours."""
