"""Every address of an organization and of the installation, as one list each."""

from __future__ import annotations

from dataclasses import dataclass

from doorward.app.admin_routes import admin_routes
from doorward.app.app_connect_routes import app_connect_page_routes
from doorward.app.assembly import Services
from doorward.app.client_failures import proving_door
from doorward.app.developer_routes import developer_routes
from doorward.app.dialect_routes import dialect_routes, root_dialect_routes
from doorward.app.dispatch import Route
from doorward.app.doors import Door, token_door
from doorward.app.neon_page_routes import neon_page_routes
from doorward.app.passkey_routes import passkey_routes
from doorward.app.readiness import Readiness
from doorward.app.recovery_routes import recovery_routes
from doorward.app.self_service_routes import self_service_routes
from doorward.authorize import Authorizations, AuthorizePages
from doorward.authorize import Services as AuthorizeServices
from doorward.connectors import SCHEMA_PATH, ConnectorSchema
from doorward.console import (
    AccountFrame,
    AccountPages,
    AdminFrame,
    DeveloperFrame,
    InvitationPages,
    ProfilePages,
    TwoStepPages,
)
from doorward.dialects import neon, neon_crm, neos
from doorward.discovery import Discovery, DiscoveryEndpoints
from doorward.http import SIGN_IN_WIDGET, Call, Endpoint, Reply
from doorward.introspect import IntrospectEndpoint, Introspection
from doorward.orgs import TenantPages
from doorward.revoke import Revocation, RevokeEndpoint
from doorward.sessions import SecondStepPages, SignInPages, SignOutPages
from doorward.token import (
    AuthorizationCodeGrant,
    ClientCredentialsGrant,
    RefreshTokenGrant,
    TokenEndpoint,
    TokenPipeline,
    TokenServices,
)
from doorward.userinfo import UserInfo, UserInfoEndpoint

__all__ = [
    "installation_routes",
    "page_routes",
    "protocol_routes",
]


def _pipeline(use: Services) -> TokenPipeline:
    services = TokenServices(
        db=use.db,
        clock=use.clock,
        applications=use.applications,
        scopes=use.scopes,
        keys=use.keys,
        tokens=use.tokens,
        usage=use.usage,
    )
    return TokenPipeline(
        services,
        {
            "authorization_code": AuthorizationCodeGrant(services),
            "refresh_token": RefreshTokenGrant(services),
            "client_credentials": ClientCredentialsGrant(services),
        },
    )


def protocol_routes(use: Services) -> tuple[Route, ...]:
    """What programs call."""
    pipeline = _pipeline(use)
    introspection = Introspection(
        applications=use.applications,
        scopes=use.scopes,
        tokens=use.tokens,
        guard=use.guard,
        clock=use.clock,
    )
    revocation = Revocation(
        db=use.db, clock=use.clock, applications=use.applications, tokens=use.tokens
    )
    userinfo = UserInfoEndpoint(UserInfo(guard=use.guard, accounts=use.accounts, scopes=use.scopes))
    documents = DiscoveryEndpoints(Discovery(db=use.db, scopes=use.scopes, keys=use.keys))
    proving = proving_door(use)
    told = token_door(userinfo.answer)
    metadata = token_door(documents.metadata)
    return (
        Route("/oauth2/token", {"POST": proving(_token(pipeline))}, cors=True),
        Route("/oauth2/introspect", {"POST": proving(IntrospectEndpoint(introspection).answer)}),
        Route("/oauth2/revoke", {"POST": proving(RevokeEndpoint(revocation).answer)}, cors=True),
        Route("/userinfo", {"GET": told, "POST": told}, cors=True),
        Route("/.well-known/openid-configuration", {"GET": metadata}, cors=True),
        Route("/.well-known/oauth-authorization-server", {"GET": metadata}, cors=True),
        Route("/.well-known/jwks.json", {"GET": token_door(documents.jwks)}, cors=True),
        *dialect_routes(use, pipeline),
    )


def _token(pipeline: TokenPipeline) -> Endpoint:
    """The token endpoint, in the words that the organization speaks."""
    plain, platform = TokenEndpoint(pipeline), neon.NeonTokenEndpoint(pipeline)

    async def answer(call: Call) -> Reply:
        spoken = platform if platform.speaks(call) else plain
        return await spoken.answer(call)

    return answer


@dataclass(frozen=True, slots=True)
class _Pages:
    frame: AccountFrame
    sign_in: SignInPages
    second: SecondStepPages
    sign_out: SignOutPages
    authorize: AuthorizePages
    account: AccountPages
    profile: ProfilePages
    two_step: TwoStepPages
    neon_crm_sign_out: neon_crm.ConstituentSignOut
    admin: AdminFrame
    developer: DeveloperFrame
    invitation: InvitationPages


# size: one entry for each kind of page
def _build_pages(use: Services, pages: TenantPages) -> _Pages:
    sign_in = SignInPages(
        sessions=use.sessions,
        accounts=use.accounts,
        second_steps=use.second_steps,
        passkeys=use.passkeys,
        pages=pages,
    )
    authorizations = Authorizations(
        AuthorizeServices(
            db=use.db,
            clock=use.clock,
            applications=use.applications,
            scopes=use.scopes,
            keys=use.keys,
            sessions=use.sessions,
            consents=use.consents,
            tokens=use.tokens,
            usage=use.usage,
        )
    )
    sign_out = SignOutPages(
        sessions=use.sessions, applications=use.applications, keys=use.keys, pages=pages
    )
    return _Pages(
        frame=AccountFrame(sessions=use.sessions, sign_in=sign_in, pages=pages),
        sign_in=sign_in,
        second=SecondStepPages(
            sessions=use.sessions,
            accounts=use.accounts,
            factors=use.factors,
            second_steps=use.second_steps,
            sign_in=sign_in,
            pages=pages,
        ),
        sign_out=sign_out,
        authorize=AuthorizePages(
            authorizations=authorizations,
            sessions=use.sessions,
            scopes=use.scopes,
            pages=pages,
            sign_in=sign_in,
            fronts=(neon_crm.ConstituentFront(), neos.NeosFront(), neon.NeonFront()),
        ),
        neon_crm_sign_out=neon_crm.ConstituentSignOut(
            sessions=use.sessions, applications=use.applications, pages=sign_out
        ),
        account=AccountPages(
            sessions=use.sessions,
            consents=use.consents,
            applications=use.applications,
            scopes=use.scopes,
            sign_in=sign_in,
            pages=pages,
        ),
        two_step=TwoStepPages(
            AccountFrame(sessions=use.sessions, sign_in=sign_in, pages=pages),
            factors=use.factors,
            second_steps=use.second_steps,
            sessions=use.sessions,
        ),
        profile=ProfilePages(
            sessions=use.sessions,
            accounts=use.accounts,
            platform_profiles=use.platform_profiles,
            sign_in=sign_in,
            pages=pages,
        ),
        admin=AdminFrame(
            sessions=use.sessions, accounts=use.accounts, sign_in=sign_in, pages=pages
        ),
        developer=DeveloperFrame(
            sessions=use.sessions,
            accounts=use.accounts,
            applications=use.applications,
            sign_in=sign_in,
            pages=pages,
        ),
        invitation=InvitationPages(
            invitations=use.invitations, sessions=use.sessions, sign_in=sign_in, pages=pages
        ),
    )


# size: one line for each address
def page_routes(use: Services, pages: TenantPages, door: Door) -> tuple[Route, ...]:
    """What people open."""
    built = _build_pages(use, pages)
    sign_in, sign_out = built.sign_in, built.sign_out
    authorize, account = built.authorize, built.account
    table: tuple[tuple[str, Endpoint | None, Endpoint | None], ...] = (
        ("/", account.landing, None),
        ("/oauth2/auth", authorize.begin, authorize.begin_by_post),
        ("/oauth2/auth/continue", authorize.resume, None),
        ("/oauth2/auth/cancel", authorize.cancel, None),
        ("/oauth2/auth/staff", authorize.staff, authorize.leave_staff),
        ("/consent", authorize.ask, authorize.answer),
        ("/signin", sign_in.begin, sign_in.submit),
        ("/signin/accounts", sign_in.accounts, sign_in.pick),
        ("/signin/second", built.second.show, built.second.submit),
        ("/signin/second/setup", built.second.show_setup, built.second.set_up),
        ("/oauth2/sessions/logout", sign_out.begin, sign_out.begin_by_post),
        ("/oauth2/sessions/logout/confirm", None, sign_out.confirm),
        ("/signedout", sign_out.signed_out, None),
        ("/invitation", built.invitation.show, built.invitation.accept),
        ("/account/profile", built.profile.show, built.profile.save),
        ("/account/two-step", built.two_step.show, built.two_step.change),
        ("/account/two-step/app", built.two_step.show_app, built.two_step.set_up),
        ("/account/two-step/codes", None, built.two_step.download),
        ("/account/sessions", account.devices, account.end_devices),
        ("/account/apps", account.apps, account.remove_app),
    )
    people = tuple(
        Route(path, {verb: door(e) for verb, e in (("GET", get), ("POST", post)) if e is not None})
        for path, get, post in table
    )
    begin = {"GET": door(authorize.begin), "POST": door(authorize.begin_by_post)}
    leave = {"GET": door(built.neon_crm_sign_out.leave)}
    platforms = (
        Route(neon_crm.AUTHORIZE_PATH, begin, dialect=neon_crm.DIALECT),
        Route(neon_crm.SIGN_OUT_PATH, leave, dialect=neon_crm.DIALECT),
        Route(neos.AUTHORIZE_PATH, begin, dialect=neos.DIALECT),
    )
    widget = Route(SIGN_IN_WIDGET.path, {"GET": SIGN_IN_WIDGET.answer}, cors=True)
    return (
        *people,
        *platforms,
        *passkey_routes(use, sign_in, built.second, pages, door),
        *self_service_routes(use, built.frame, pages, door),
        *neon_page_routes(use, built.frame, door),
        *recovery_routes(use, built.frame, sign_in, pages, door),
        *app_connect_page_routes(use, sign_in, door),
        *admin_routes(use, built.admin, door),
        *developer_routes(use, built.developer, door),
        widget,
    )


def installation_routes(use: Services, readiness: Readiness) -> tuple[Route, ...]:
    """What belongs to no organization."""

    async def healthy(_call: Call) -> Reply:
        return _plain(200, b"ok\n")

    return (
        Route("/healthz", {"GET": healthy}),
        Route("/readyz", {"GET": readiness.answer}),
        Route(SCHEMA_PATH, {"GET": ConnectorSchema().answer}, cors=True),
        *root_dialect_routes(use, _pipeline(use)),
    )


def _plain(status: int, body: bytes) -> Reply:
    headers = ((b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store"))
    return Reply(status, body, headers)
