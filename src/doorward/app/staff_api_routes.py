"""The staff's side of the Neon CRM dialect: API v1 as routes, API v2 as a mounted application.

Both are served at the root, where the credential names the organization, and under each one.
"""

from __future__ import annotations

from dataclasses import dataclass

from doorward.app.assembly import Services
from doorward.app.dispatch import Route
from doorward.dialects.neon_crm import (
    DIALECT,
    V1_PREFIX,
    V2_PREFIX,
    ApiV1,
    ApiV2,
    CallLimits,
    CrmServices,
)
from doorward.http import ASGIApp, Call, Endpoint, Reply, as_asgi

__all__ = ["StaffApi", "build_staff_api"]


@dataclass(frozen=True, slots=True)
class StaffApi:
    """What is served, wherever it is mounted: limits hold for both places together."""

    routes: tuple[Route, ...]
    mounts: dict[str, ASGIApp]
    refusals: dict[str, Endpoint]

    def refusing(self, otherwise: Endpoint) -> Endpoint:
        """Answers below an organization that is not served: here in the dialect's own form."""

        async def refuse(call: Call) -> Reply | ASGIApp:
            path = str(call.scope["path"])
            if path.startswith("/o/"):
                path = path.removeprefix("/o/").partition("/")[2]
            first = "/" + path.lstrip("/").partition("/")[0]
            return await self.refusals.get(first, otherwise)(call)

        return refuse


def build_staff_api(use: Services) -> StaffApi:
    """API v1 and v2 over ``use``."""
    services = CrmServices(
        organizations=use.organizations,
        accounts=use.accounts,
        api_keys=use.api_keys,
        api_sessions=use.api_sessions,
        sessions=use.sessions,
        limits=CallLimits(use.clock),
        clock=use.clock,
        random=use.random,
    )
    v1, v2 = ApiV1(services), ApiV2(services)
    routes = tuple(
        Route(path, {"GET": endpoint, "POST": endpoint}, dialect=DIALECT)
        for path, endpoint in v1.endpoints().items()
    )
    refusals = {V1_PREFIX: v1.refuse_organization, V2_PREFIX: v2.refuse_organization}
    mounts = {V1_PREFIX: as_asgi(v1.missing), V2_PREFIX: v2.as_asgi()}
    return StaffApi(routes, mounts, dict(refusals))
