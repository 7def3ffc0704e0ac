"""The addresses of the staff console, from its table of pages."""

from __future__ import annotations

from doorward.app.assembly import Services
from doorward.app.dispatch import Route
from doorward.app.doors import Door
from doorward.console import AdminFrame, AdminServices, admin_table
from doorward.http import Endpoint

__all__ = ["admin_routes", "admin_services"]


def admin_services(use: Services) -> AdminServices:
    """What the staff console names."""
    return AdminServices(
        organizations=use.organizations,
        accounts=use.accounts,
        platform_profiles=use.platform_profiles,
        applications=use.applications,
        reviews=use.reviews,
        secret_uses=use.secret_uses,
        scopes=use.scopes,
        sessions=use.sessions,
        second_steps=use.second_steps,
        api_keys=use.api_keys,
        imports=use.imports,
        invitations=use.invitations,
        connectors=use.connectors,
        connecting=use.connecting,
        vault=use.vault,
        lender=use.lender,
        deletions=use.deletions,
        audit=use.audit,
        audit_chain=use.audit_chain,
        keys=use.keys,
        db=use.db,
        clock=use.clock,
        random=use.random,
    )


def admin_routes(use: Services, frame: AdminFrame, door: Door) -> tuple[Route, ...]:
    """What staff open: pages that share an address share a route."""
    found: dict[str, dict[str, Endpoint]] = {
        "/admin/signedout": {"GET": door(frame.signed_out)},
    }
    table = admin_table(admin_services(use), frame)
    for each in table:
        found.setdefault(each.path, {})[each.method] = door(frame.guarded(each))
    streamed = {each.path for each in table if each.streamed}
    return tuple(Route(path, way, streamed=path in streamed) for path, way in found.items())
