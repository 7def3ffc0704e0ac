"""Operations as a table, and the gate before each of them."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final, Literal

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import Scope

from doorward.console.api.authority import verify_permission
from doorward.console.api.credentials import Credentials
from doorward.console.api.idempotency import Idempotency
from doorward.console.api.model import ApplicationCall, StaffCall
from doorward.console.api.refusals import RepeatedParameter, WrongContentType
from doorward.metrics import name_route
from doorward.orgs import Permission, tenant_of
from doorward.sessions import Visitor

__all__ = ["PREFIX", "Gate", "Operation", "add_operations"]

PREFIX: Final = "/api"
"""Where the API is, under each organization."""

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


@dataclass(frozen=True, slots=True)
class Operation:
    """One method on one path. Its description is the docstring of its endpoint.

    ``creates`` takes an Idempotency-Key. ``applications`` lets the servers of applications call as
    well, with tokens of their own. The query and the body of a ``raw`` one are not ours to read.
    ``problems`` are statuses that it may answer besides those of every operation.
    """

    method: Literal["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"]
    path: str
    permission: Permission
    endpoint: Callable[..., Any]
    summary: str
    status: int = 200
    creates: bool = False
    applications: bool = False
    raw: bool = False
    problems: tuple[str, ...] = ()
    tag: str = ""

    @property
    def operation_id(self) -> str:
        """The endpoint's own name."""
        return str(self.endpoint.__name__)


class Gate:
    """What happens before any endpoint: who calls, may they, and was it asked before."""

    def __init__(self, *, credentials: Credentials, idempotency: Idempotency) -> None:
        """Prove callers with ``credentials``."""
        self._credentials = credentials
        self._idempotency = idempotency

    async def pass_through(
        self, operation: Operation, request: Request, handle: Handler
    ) -> Response:
        """The answer of ``handle``, for a caller who holds the operation's permission."""
        call = await self._verify_caller(operation, request)
        if not operation.raw:
            await _verify_readable(request)
        call.into(request.scope)
        key = request.headers.get("idempotency-key") if operation.creates else None
        if key is None or isinstance(call, ApplicationCall):
            return await handle(request)
        return await self._idempotency.perform(call, key, request, handle)

    async def _verify_caller(
        self, operation: Operation, request: Request
    ) -> StaffCall | ApplicationCall:
        tenant = tenant_of(request.scope)
        address = request.client.host if request.client else None
        visitor = Visitor(address=address, user_agent=request.headers.get("user-agent"))
        if operation.applications:
            application = await self._credentials.find_application(tenant, request.headers)
            if application is not None:
                return ApplicationCall(tenant=tenant, application=application, visitor=visitor)
        account = await self._credentials.verify(tenant, request.headers, address)
        call = StaffCall(tenant=tenant, account=account, visitor=visitor)
        verify_permission(call, operation.permission)
        return call


async def _verify_readable(request: Request) -> bool:
    """True when the request means one thing.

    Raises ``RepeatedParameter``, and ``WrongContentType`` for a body that is not JSON.
    """
    if len(request.query_params.multi_items()) != len(request.query_params):
        raise RepeatedParameter
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" and await request.body():
        raise WrongContentType
    return True


def add_operations(app: FastAPI, operations: tuple[Operation, ...], gate: Gate) -> None:
    """Serve every operation behind ``gate``."""
    for operation in operations:
        app.router.add_api_route(
            operation.path,
            operation.endpoint,
            methods=[operation.method],
            status_code=operation.status,
            summary=operation.summary,
            tags=[operation.tag],
            operation_id=operation.operation_id,
            route_class_override=_gated(operation, gate),
        )


def _gated(operation: Operation, gate: Gate) -> type[APIRoute]:
    template = PREFIX + operation.path
    front, back = operation.path.partition("{")[0], operation.path.rpartition("}")[2]

    class GatedRoute(APIRoute):
        """A route whose body is read only for callers who may send it."""

        def matches(self, scope: Scope) -> tuple[Match, Scope]:
            # The table is long, and nearly every row of it is passed over by this alone.
            path: str = scope["path"]
            if path.startswith(front) and path.endswith(back):
                return super().matches(scope)
            return Match.NONE, {}

        def get_route_handler(self) -> Handler:
            handle = super().get_route_handler()

            async def gated(request: Request) -> Response:
                name_route(request.scope, template)
                return await gate.pass_through(operation, request, handle)

            return gated

    return GatedRoute
