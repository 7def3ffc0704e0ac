"""The addresses of the developer portal, from its table of pages."""

from __future__ import annotations

from doorward.app.assembly import Services
from doorward.app.dispatch import Route
from doorward.app.doors import Door
from doorward.console import DeveloperFrame, DeveloperServices, developer_table
from doorward.http import Endpoint

__all__ = ["developer_routes", "developer_services"]


def developer_services(use: Services) -> DeveloperServices:
    """What the developer portal names."""
    return DeveloperServices(
        accounts=use.accounts,
        sessions=use.sessions,
        applications=use.applications,
        reviews=use.reviews,
        ownership=use.ownership,
        usage=use.usage,
        secret_uses=use.secret_uses,
        logos=use.logos,
        scopes=use.scopes,
        connectors=use.connectors,
        vault=use.vault,
        clock=use.clock,
    )


def developer_routes(use: Services, frame: DeveloperFrame, door: Door) -> tuple[Route, ...]:
    """What developers open: pages that share an address share a route."""
    found: dict[str, dict[str, Endpoint]] = {}
    table = developer_table(developer_services(use), frame)
    for each in table:
        found.setdefault(each.path, {})[each.method] = door(frame.guarded(each))
    streamed = {each.path for each in table if each.streamed}
    return tuple(Route(path, way, streamed=path in streamed) for path, way in found.items())
