"""Neon's API as a mounted application, at the root and under each organization."""

from __future__ import annotations

from doorward.app.assembly import Services
from doorward.crypto import Secret
from doorward.dialects.neon import (
    API_PREFIX,
    ApiCallers,
    ApiLimits,
    ApiRooms,
    NeonApi,
    NeonApiServices,
)
from doorward.http import ASGIApp, CursorSeal

__all__ = ["build_neon_api"]


def build_neon_api(use: Services) -> dict[str, ASGIApp]:
    """The API over ``use``, by its prefix: limits hold for every place it is mounted at."""
    services = NeonApiServices(
        callers=ApiCallers(
            organizations=use.organizations,
            guard=use.guard,
            scopes=use.scopes,
            keys=use.personal_keys,
        ),
        limits=ApiLimits(use.clock),
        rooms=ApiRooms(
            accounts=use.accounts,
            groups=use.project_groups,
            members=use.project_members,
            invitations=use.group_invitations,
            projects=use.projects,
            permissions=use.project_permissions,
            keys=use.personal_keys,
            cursors=CursorSeal(Secret(use.ring.subkey("neon api cursors"))),
            clock=use.clock,
        ),
    )
    return {API_PREFIX: NeonApi(services).as_asgi()}
