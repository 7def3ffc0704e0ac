"""The ASGI application: a list of layers around two lists of routes."""

from __future__ import annotations

from doorward.app.app_connect_routes import build_app_connect
from doorward.app.assembly import Services
from doorward.app.connect_routes import build_connect
from doorward.app.dispatch import Dispatcher, Route
from doorward.app.doors import page_door, token_door
from doorward.app.floor import with_floor
from doorward.app.housekeeping import Housekeeping
from doorward.app.inbox_pages import InboxPages
from doorward.app.lifespan import Background, with_lifespan
from doorward.app.monitoring import Monitor
from doorward.app.neon_api_routes import build_neon_api
from doorward.app.outside import OutsidePages
from doorward.app.readiness import Readiness, Standing
from doorward.app.routes import installation_routes, page_routes, protocol_routes
from doorward.app.staff_api_routes import build_staff_api
from doorward.audit import SealingWorker
from doorward.clients import UsageWorker
from doorward.console import ApiServices, LogoPictures, build_api
from doorward.crypto import Secret
from doorward.dialects import app_connect, neon, neon_crm
from doorward.http import ASGIApp, Assets, Call, Csrf, Mishap, Pages, Receive, Scope, Send, as_asgi
from doorward.imports import ImportWorker
from doorward.mail import Inbox, Postman
from doorward.metrics import Place
from doorward.orgs import OrganizationResolver, OrgId, Site, TenantPages

__all__ = ["build_app"]

_DIALECTS = {
    app_connect.PREFIX: app_connect.DIALECT,
    neon.API_PREFIX: neon.DIALECT,
    neon_crm.V1_PREFIX: neon_crm.DIALECT,
    neon_crm.V2_PREFIX: neon_crm.DIALECT,
}
"""The platforms' APIs that are mounted under an organization if it speaks them."""

_WELL_KNOWN = ("/.well-known/openid-configuration/o/", "/.well-known/oauth-authorization-server/o/")


def build_app(
    use: Services, place: Place | None = None, *, standing: Standing | None = None
) -> ASGIApp:
    """All that is served, over ``use``, by the worker at ``place``; the caller closes ``use``.

    ``standing`` says when the server is about to end.
    """
    assets = Assets()
    rendered = Pages(assets)
    pages = TenantPages(pages=rendered, csrf=Csrf(Secret(use.ring.subkey("csrf"))))
    site = Site.of(use.settings.base_url)
    outside = OutsidePages(rendered, site, use.settings.home_url)

    async def missing(call: Call) -> ASGIApp:
        return pages.mishap(call, Mishap.NOT_FOUND)

    staff = build_staff_api(use)
    called = {**staff.mounts, **build_neon_api(use)}
    door = page_door(pages)
    connect = build_connect(use, pages, door)
    inside = Dispatcher(
        (*protocol_routes(use), *page_routes(use, pages, door), *connect.routes, *staff.routes),
        mounts={
            **_common_mounts(use, pages, assets),
            **connect.mounts,
            **called,
            **build_app_connect(use),
        },
        missing=as_asgi(missing),
        dialects=_DIALECTS,
    )
    monitor = Monitor(use, place or Place()) if use.settings.metrics else None
    readiness = Readiness(use, standing or Standing())
    about = (*installation_routes(use, readiness), *(monitor.routes() if monitor else ()))
    installation = Dispatcher(
        (*about, *staff.routes, *_inbox_routes(use, rendered, site)),
        mounts={"/assets": _absolute(assets), **called},
        missing=as_asgi(outside.missing),
    )
    resolver = OrganizationResolver(
        organizations=use.organizations,
        site=site,
        inside=inside,
        outside=installation,
        refused=as_asgi(staff.refusing(outside.refused)),
    )
    guarded = outside.guarding(_well_known_before_path(resolver))
    counted = None if monitor is None else monitor.requests
    app = with_floor(guarded, https=site.scheme == "https", requests=counted)
    return _lived(app, use, monitor)


def _common_mounts(use: Services, pages: TenantPages, assets: Assets) -> dict[str, ASGIApp]:
    return {
        "/api": build_api(_api_services(use), pages),
        "/assets": _absolute(assets),
        "/logos": as_asgi(token_door(LogoPictures(use.logos).answer)),
    }


def _lived(app: ASGIApp, use: Services, monitor: Monitor | None) -> ASGIApp:
    """``app``, traced where that is on, with all that goes on beside it."""
    if use.spans is not None:
        app = use.spans.around(app)
    beside = () if monitor is None else (monitor.gathering,)
    return with_lifespan(app, *beside, *_background(use))


def _inbox_routes(use: Services, pages: Pages, site: Site) -> tuple[Route, ...]:
    """Only where letters arrive in this process's memory, which is the demo."""
    if not isinstance(use.carrier, Inbox):
        return ()
    return InboxPages(inbox=use.carrier, pages=pages, site=site).routes()


def _background(use: Services) -> tuple[Background, ...]:
    worker = ImportWorker(imports=use.imports, db=use.db)
    usage = UsageWorker(use.usage, use.secret_uses)
    # The last to end: what the others record on their way out is sealed as well.
    sealing = SealingWorker(sealer=use.audit_chain.sealer, clock=use.clock)
    if use.carrier is None:
        return Housekeeping(use), worker, usage, use.vault.worker, sealing

    async def is_served(org_id: str) -> bool:
        organization = await use.organizations.find(OrgId(org_id))
        return organization is not None and organization.is_active

    postman = Postman(outbox=use.outbox, carrier=use.carrier, db=use.db, is_served=is_served)
    return Housekeeping(use), worker, usage, use.vault.worker, postman, sealing


def _api_services(use: Services) -> ApiServices:
    return ApiServices(
        organizations=use.organizations,
        accounts=use.accounts,
        platform_profiles=use.platform_profiles,
        applications=use.applications,
        reviews=use.reviews,
        ownership=use.ownership,
        usage=use.usage,
        secret_uses=use.secret_uses,
        scopes=use.scopes,
        keys=use.keys,
        sessions=use.sessions,
        passkeys=use.passkeys,
        consents=use.consents,
        audit=use.audit,
        api_keys=use.api_keys,
        project_groups=use.project_groups,
        project_members=use.project_members,
        tokens=use.tokens,
        guard=use.guard,
        connectors=use.connectors,
        vault=use.vault,
        connect_sessions=use.connecting.sessions,
        missing_scopes=use.connecting.missing,
        lender=use.lender,
        ring=use.ring,
        clock=use.clock,
        db=use.db,
    )


def _absolute(app: ASGIApp) -> ASGIApp:
    """Give a mounted application the whole path under its organization back."""

    async def whole(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "path": "/assets" + scope["path"]}, receive, send)

    return whole


def _well_known_before_path(app: ASGIApp) -> ASGIApp:
    """RFC 8414 3.1 puts the well-known part before the issuer's path: serve that as well."""

    async def moved(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(_WELL_KNOWN):
            document, _, org_id = scope["path"].rpartition("/o/")
            scope = {**scope, "path": f"/o/{org_id.rstrip('/')}{document}"}
        await app(scope, receive, send)

    return moved
