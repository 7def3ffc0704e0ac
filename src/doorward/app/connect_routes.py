"""The addresses of the connect pages, and the callbacks of every connector."""

from __future__ import annotations

from dataclasses import dataclass

from doorward.app.assembly import Services
from doorward.app.dispatch import Route
from doorward.app.doors import Door, token_door
from doorward.console import (
    CALLBACK_PREFIX,
    AccountFrame,
    ArrivalPages,
    ConnectFrame,
    ConnectorRequests,
    ConnectServices,
    KeptPages,
    LetterDesk,
    PickerPages,
    SessionState,
    StartPages,
)
from doorward.http import CONNECT_SCRIPT, ASGIApp, Endpoint, as_asgi
from doorward.orgs import Site, TenantPages
from doorward.sessions import SignInPages

__all__ = ["ConnectRoutes", "build_connect"]


@dataclass(frozen=True, slots=True)
class ConnectRoutes:
    """Exact addresses, and the prefix below which each connector has its callback."""

    routes: tuple[Route, ...]
    mounts: dict[str, ASGIApp]


def build_connect(use: Services, pages: TenantPages, door: Door) -> ConnectRoutes:
    """Everything by which people connect, and see what they connected."""
    sign_in = SignInPages(
        sessions=use.sessions,
        accounts=use.accounts,
        second_steps=use.second_steps,
        passkeys=use.passkeys,
        pages=pages,
    )
    account = AccountFrame(sessions=use.sessions, sign_in=sign_in, pages=pages)
    desk = LetterDesk(outbox=use.outbox, site=Site.of(use.settings.base_url))
    services = ConnectServices(
        accounts=use.accounts,
        applications=use.applications,
        connectors=use.connectors,
        connecting=use.connecting,
        vault=use.vault,
        requests=ConnectorRequests(db=use.db, clock=use.clock, desk=desk),
        clock=use.clock,
    )
    frame = ConnectFrame(services, account=account, pages=pages)
    picker, start = PickerPages(frame), StartPages(frame)
    arrival, kept = ArrivalPages(frame), KeptPages(frame, pages)
    table: tuple[tuple[str, Endpoint, Endpoint | None], ...] = (
        ("/connect", picker.show, None),
        ("/connect/session", picker.open, None),
        ("/connect/start", start.show, start.submit),
        ("/connect/done", arrival.done, None),
        ("/connect/failed", arrival.failed, None),
        ("/account/connections", kept.show, kept.change),
    )
    routes = tuple(
        Route(path, {verb: door(e) for verb, e in (("GET", get), ("POST", post)) if e is not None})
        for path, get, post in table
    )
    state = SessionState(use.connecting.sessions)
    for_pages = (
        Route("/connect/session/state", {"GET": token_door(state.answer)}),
        Route(CONNECT_SCRIPT.path, {"GET": CONNECT_SCRIPT.answer}, cors=True),
    )
    return ConnectRoutes((*routes, *for_pages), {CALLBACK_PREFIX: as_asgi(door(arrival.arrive))})
