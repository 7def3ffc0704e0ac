"""The staff's side of the Neon CRM dialect: API v1 as routes, API v2 as a mounted application.

Both are served at the root, where the credential names the organization, and under each one.
"""

from __future__ import annotations

from dataclasses import dataclass

from doorward.app.assembly import Services
from doorward.app.dispatch import Route
from doorward.dialects.neon_crm import DIALECT, V2_PREFIX, ApiV1, ApiV2, CallLimits, CrmServices
from doorward.http import ASGIApp

__all__ = ["StaffApi", "build_staff_api"]


@dataclass(frozen=True, slots=True)
class StaffApi:
    """What is served, wherever it is mounted: limits hold for both places together."""

    routes: tuple[Route, ...]
    mounts: dict[str, ASGIApp]


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
    routes = tuple(
        Route(path, {"GET": endpoint, "POST": endpoint}, dialect=DIALECT)
        for path, endpoint in ApiV1(services).endpoints().items()
    )
    return StaffApi(routes, {V2_PREFIX: ApiV2(services).as_asgi()})
