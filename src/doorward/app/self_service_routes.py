"""What people do about their own account, without anybody's help."""

from __future__ import annotations

from doorward.app.assembly import Services
from doorward.app.dispatch import Route
from doorward.app.doors import Door
from doorward.console import AccountFrame, ActivityPages
from doorward.orgs import TenantPages

__all__ = ["self_service_routes"]


def self_service_routes(
    use: Services, frame: AccountFrame, pages: TenantPages, door: Door
) -> tuple[Route, ...]:
    """The log of what happened to them."""
    activity = ActivityPages(
        frame=frame, audit=use.audit, applications=use.applications, pages=pages
    )
    return (
        Route("/account/activity", {"GET": door(activity.show)}),
        Route("/account/activity/download", {"GET": door(activity.download)}),
    )
