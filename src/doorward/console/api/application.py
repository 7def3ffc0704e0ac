"""The management API as one ASGI application: a table of operations behind a gate and a door."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from doorward.console.api.account_details import AccountDetailsRoutes
from doorward.console.api.accounts import AccountRoutes
from doorward.console.api.api_keys import ApiKeyRoutes
from doorward.console.api.application_owners import ApplicationOwnerRoutes
from doorward.console.api.applications import ApplicationRoutes
from doorward.console.api.audit_events import AuditRoutes
from doorward.console.api.connect_sessions import ConnectSessionRoutes
from doorward.console.api.connection_proxy import ProxyRoutes
from doorward.console.api.connections import ConnectionRoutes
from doorward.console.api.connectors import ConnectorRoutes
from doorward.console.api.consents import ConsentRoutes
from doorward.console.api.credentials import Credentials
from doorward.console.api.cursors import Cursors
from doorward.console.api.door import ApiDoor
from doorward.console.api.idempotency import Idempotency
from doorward.console.api.model import ApiServices
from doorward.console.api.openapi import DocumentSource
from doorward.console.api.organizations import OrganizationRoutes
from doorward.console.api.passkeys import PasskeyRoutes
from doorward.console.api.platform_profiles import PlatformProfileRoutes
from doorward.console.api.problems import add_problem_handlers
from doorward.console.api.project_groups import ProjectGroupRoutes
from doorward.console.api.reviews import ReviewRoutes
from doorward.console.api.route import Gate, Operation, add_operations
from doorward.console.api.scopes import ScopeRoutes
from doorward.console.api.sessions import SessionRoutes
from doorward.console.api.signing_keys import SigningKeyRoutes
from doorward.console.api.tokens import TokenRoutes
from doorward.console.api_reference import reference_page
from doorward.crypto import Secret
from doorward.http import ASGIApp
from doorward.orgs import TenantPages, tenant_of

__all__ = ["build", "operations_of"]

_CURSORS = "management api cursors"
_SILENT: TelemetryConfig = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
}
"""Bodies hold passwords and tokens: nothing of a request leaves by the framework's telemetry."""


def operations_of(use: ApiServices) -> tuple[Operation, ...]:
    """Every operation, in the order of the reference."""
    cursors = Cursors(Secret(use.ring.subkey(_CURSORS)))
    organizations = OrganizationRoutes(use, cursors).operations()
    tagged = (
        ("Your organization", organizations[:2]),
        ("Organizations", organizations[2:]),
        (
            "Accounts",
            (
                *AccountRoutes(use, cursors).operations(),
                *AccountDetailsRoutes(use).operations(),
                *PlatformProfileRoutes(use).operations(),
                *PasskeyRoutes(use, cursors).operations(),
            ),
        ),
        ("Sessions", SessionRoutes(use, cursors).operations()),
        (
            "Applications",
            (
                *ApplicationRoutes(use, cursors).operations(),
                *ApplicationOwnerRoutes(use).operations(),
            ),
        ),
        ("Reviews", ReviewRoutes(use, cursors).operations()),
        ("Scopes and APIs", ScopeRoutes(use, cursors).operations()),
        ("Consents", ConsentRoutes(use, cursors).operations()),
        ("Tokens", TokenRoutes(use).operations()),
        ("Signing keys", SigningKeyRoutes(use, cursors).operations()),
        ("API keys", ApiKeyRoutes(use, cursors).operations()),
        ("Project groups", ProjectGroupRoutes(use, cursors).operations()),
        ("Connectors", ConnectorRoutes(use, cursors).operations()),
        (
            "Connections",
            (
                *ConnectionRoutes(use, cursors).operations(),
                *ConnectSessionRoutes(use).operations(),
                *ProxyRoutes(use).operations(),
            ),
        ),
        ("Audit", AuditRoutes(use, cursors).operations()),
    )
    return tuple(replace(each, tag=tag) for tag, found in tagged for each in found)


def build(use: ApiServices, pages: TenantPages) -> ASGIApp:
    """The API over ``use``; its reference is rendered by ``pages``."""
    operations = operations_of(use)
    app = FastAPI(
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry=_SILENT,
    )
    credentials = Credentials(
        guard=use.guard,
        accounts=use.accounts,
        api_keys=use.api_keys,
        applications=use.applications,
    )
    idempotency = Idempotency(db=use.db, clock=use.clock, ring=use.ring)
    add_operations(app, operations, Gate(credentials=credentials, idempotency=idempotency))
    add_problem_handlers(app)
    document = DocumentSource(app.routes, operations)
    app.router.routes += (
        Route("/openapi.json", _document_endpoint(document), methods=["GET"]),
        Route("/reference", reference_page(document.get, pages), methods=["GET"]),
    )
    return ApiDoor(app, new_request_id=lambda: f"{use.db.next_id():x}")


def _document_endpoint(source: DocumentSource) -> Any:  # noqa: ANN401 - Starlette's own type
    async def answer(request: Request) -> Response:
        server = {"url": f"{tenant_of(request.scope).issuer}/api"}
        body = msgspec.json.encode({**await source.get(), "servers": [server]})
        return Response(body, media_type="application/json")

    return answer
