"""App Connect's contract under each organization: its server, and where its clients send people."""

from __future__ import annotations

from doorward.app.assembly import Services
from doorward.app.dispatch import Route
from doorward.app.doors import Door
from doorward.crypto import Secret
from doorward.dialects.app_connect import (
    AUTHORIZE,
    DIALECT,
    PREFIX,
    AdminSettings,
    AppConnect,
    CallerRooms,
    Callers,
    Jwts,
    Rooms,
    VisitStart,
)
from doorward.http import ASGIApp
from doorward.orgs import Site
from doorward.sessions import SignInPages

__all__ = ["app_connect_page_routes", "build_app_connect"]


def build_app_connect(use: Services) -> dict[str, ASGIApp]:
    """The server over ``use``, by its prefix."""
    return {PREFIX: AppConnect(_rooms(use), use.sessions).as_asgi()}


def app_connect_page_routes(use: Services, sign_in: SignInPages, door: Door) -> tuple[Route, ...]:
    """What people pass by on their way to a platform."""
    start = VisitStart(_rooms(use), use.sessions, sign_in)
    return (Route(PREFIX + AUTHORIZE, {"GET": door(start.begin)}, dialect=DIALECT),)


def _rooms(use: Services) -> Rooms:
    callers = CallerRooms(
        accounts=use.accounts,
        applications=use.applications,
        consents=use.consents,
        scopes=use.scopes,
        guard=use.guard,
        connectors=use.connectors,
        connections=use.vault.connections,
    )
    jwts = Jwts(Secret(use.ring.subkey("app connect jwt")))
    return Rooms(
        callers=Callers(callers, jwts, use.clock),
        accounts=use.accounts,
        connectors=use.connectors,
        upstream=use.upstream,
        connecting=use.connecting,
        vault=use.vault,
        settings=AdminSettings(db=use.db, clock=use.clock),
        site=Site.of(use.settings.base_url),
        hash_key=Secret(use.ring.subkey("app connect hashes")),
    )
