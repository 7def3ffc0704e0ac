"""The handlers of the visit to the platform's own page: away by us, and back with a code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from doorward.connectors import AuthOption, Connector
from doorward.dialects.app_connect.calls import AppCall
from doorward.dialects.app_connect.documents import AUTHORIZE, is_oauth
from doorward.dialects.app_connect.errors import NoAccountToken, NoPlatform, Said, UserNotFound
from doorward.dialects.app_connect.replies import object_reply, return_message
from doorward.dialects.app_connect.rooms import (
    PREFIX,
    Handler,
    Rooms,
    declared,
    option_of,
    place_of,
)
from doorward.http import ASGIApp, Call, Reply, parse_cookies, redirect_reply, render_cookie
from doorward.orgs import Tenant, session_cookie, tenant_of
from doorward.protocol import ErrorCode, OAuthError, Refusal, parse_form
from doorward.sessions import Session, Sessions, SignInPages, who_signs_in
from doorward.vault import (
    AskAdmin,
    Begun,
    Cause,
    Connected,
    ConnectFlow,
    Connection,
    Declined,
    Failed,
    MissingFields,
    NoSuchEnvironment,
    NotConnected,
    Outcome,
    Place,
    Returned,
    StartElsewhere,
    Status,
    VaultRefusal,
    Wanted,
    flow_cookie_name,
)

__all__ = ["VisitStart", "Visits", "parse_state"]

_MARK: Final = "platform="
_AT_THE_EXCHANGE: Final = frozenset(
    {
        Cause.NOT_UNDERSTOOD,
        Cause.CLIENT_REFUSED,
        Cause.NETWORK,
        Cause.MIXED_UP,
        Cause.FORBIDDEN_ADDRESS,
    }
)


@dataclass(frozen=True, slots=True)
class ClientState:
    """What a client of the platform writes into ``state``."""

    platform: str
    hostname: str = ""


def parse_state(text: str) -> ClientState | None:
    """``platform=clio&hostname=…``, encoded or not; a custom state may stand before it."""
    plain = unquote(text)
    given = dict(parse_qsl(plain, keep_blank_values=True))
    platform = given.get("platform", "")
    if not platform and _MARK in plain:
        platform = plain.partition(_MARK)[2].partition("&")[0]
    return ClientState(platform, given.get("hostname", "")) if platform else None


class VisitStart:
    """Where clients send people instead of to the platform, and they are sent on from here."""

    def __init__(self, rooms: Rooms, sessions: Sessions, sign_in: SignInPages) -> None:
        """Believe ``sessions``, or lead to ``sign_in``."""
        self._use = rooms
        self._sessions = sessions
        self._sign_in = sign_in

    async def begin(self, call: Call) -> Reply | ASGIApp:
        """``GET /oauth/authorize``: a state and a challenge of ours, and on to the platform.

        Raises ``OAuthError``, for a page.
        """
        tenant = tenant_of(call.scope)
        asked = parse_state(call.query().get("state") or "")
        if asked is None:
            raise OAuthError(ErrorCode.INVALID_REQUEST, "Missing platform name")
        connector = await self._use.connectors.find(tenant.org_id, asked.platform)
        if connector is None or not connector.enabled:
            raise OAuthError(ErrorCode.INVALID_REQUEST, "Platform not found")
        browser = await self._sessions.find_browser(tenant.org, session_cookie(call))
        if browser is None or not browser.sessions:
            path = f"{PREFIX}{AUTHORIZE}?{_query_of(asked)}"
            return await self._sign_in.lead_back(tenant, browser, path, who_signs_in(call))
        session = max(browser.sessions, key=lambda each: each.auth_at)
        option = option_of(connector.manifest)
        place = place_of(self._use, tenant, connector)
        if not is_oauth(option) or not await self._comes_back_to_client(place, option, session):
            # The rest is ours from here on: a page that says who asks for what, and the form.
            return redirect_reply(_start_page(tenant, connector))
        try:
            begun = await self._use.connecting.flows.begin(
                Wanted(place, session.account_id, session.session_id, typed=_typed(place, asked))
            )
        except StartElsewhere as elsewhere:
            return redirect_reply(f"{elsewhere.issuer}{PREFIX}{AUTHORIZE}?{_query_of(asked)}")
        except (AskAdmin, MissingFields, NoSuchEnvironment):
            # The page tells what is missing, and takes it from whoever may supply it.
            return redirect_reply(_start_page(tenant, connector))
        except Refusal as refusal:
            raise OAuthError(ErrorCode.INVALID_REQUEST, refusal.sentence) from refusal
        return redirect_reply(begun.url, cookies=(_cookie(tenant, begun),))

    async def _comes_back_to_client(
        self, place: Place, option: AuthOption, session: Session
    ) -> bool:
        """Whether the platform sends people to the client's own page, which hands us the code.

        Only there does it take an act of the client for anything to come of a visit. Where the
        platform sends people to our own callback, they are asked first.
        """
        fixed = option.authorize.redirect_uri if option.authorize is not None else None
        if not fixed:
            return False
        credentials, connector = self._use.connecting.credentials, place.connector
        for each in [e.name for e in connector.manifest.environments] or [""]:
            own = Place(connector, each, place.issuers)
            row = await credentials.find_pending(own, session.account_id)
            row = row or await credentials.find_active(own)
            if row is not None and row.redirect_uri != fixed:
                return False
        return True


class Visits:
    """What came back from the platform, as a client hands it on; and the JWT for it."""

    def __init__(self, rooms: Rooms, sessions: Sessions) -> None:
        """Answer from ``rooms``; ``sessions`` knows browsers that come themselves."""
        self._use = rooms
        self._sessions = sessions

    def handlers(self) -> Mapping[tuple[str, str], Handler]:
        """Each handler by its method and address."""
        return {
            ("GET", "/oauth-callback"): self.callback,
            ("POST", "/session"): self.open,
        }

    async def callback(self, app: AppCall) -> Reply:
        """``GET /oauth-callback``: the end of a flow that began here, and of no other.

        What else the query says of hosts, addresses and accounts is not looked at.
        """
        uri, params = _came_back(app)
        state = params.get("state", "")
        flow = await self._use.connecting.flows.find(app.org_id, state) if state else None
        platform = flow.connector if flow is not None else _platform_of(state)
        connector = await self._use.connectors.find(app.org_id, platform)
        if connector is None:
            raise Said(400, {"error": f"Connector not found for platform: {platform[:100]}"})
        if flow is not None and uri and _place_in(uri) != _place_in(flow.redirect_uri):
            raise Said(400, {"error": "Redirected path should match configured path."})
        place = place_of(self._use, app.tenant, connector)
        if app.account_token is None:
            returned, client_id = await self._by_browser(app, place, params, flow), ""
        else:
            caller = await self._use.callers.get_caller(app)
            account_id, client_id = caller.author.account_id, caller.client_id
            returned = Returned(place, params, {}, account_id, None, by_token=True)
        outcome = await self._use.connecting.flows.finish(returned)
        return await self._answer(connector, outcome, client_id)

    async def open(self, app: AppCall) -> Reply:
        """``POST /session``: the JWT of a connection that this account made on our own pages."""
        platform = app.platform()
        caller = await self._use.callers.get_caller(app)
        connector = await self._use.get_connector(app.org_id, platform)
        account_id = caller.author.account_id
        rows = await self._use.vault.connections.list_of_account(app.org_id, account_id)
        for row in rows:
            is_good = row.is_connected and row.status is not Status.NEEDS_RECONNECT
            if is_good and _is_of(row, connector):
                return await self._connected(connector, row, caller.client_id)
        raise UserNotFound

    async def _by_browser(
        self,
        app: AppCall,
        place: Place,
        params: Mapping[str, str],
        flow: ConnectFlow | None,
    ) -> Returned:
        """What the browser that began brings itself. Raises ``NoAccountToken``."""
        browser = await self._sessions.find_browser(app.tenant.org, session_cookie(app.call))
        session = None if browser is None or flow is None else browser.find(flow.session_id)
        if session is None and browser is not None and browser.sessions:
            session = max(browser.sessions, key=lambda each: each.auth_at)
        if session is None:
            raise NoAccountToken
        cookies = parse_cookies(app.call.header(b"cookie"))
        return Returned(place, params, cookies, session.account_id, session.session_id)

    async def _answer(self, connector: Connector, outcome: Outcome, client_id: str) -> Reply:
        match outcome:
            case Connected():
                return await self._connected(connector, outcome.kept.connection, client_id)
            case Declined():
                raise Said(400, {"error": "The resource owner denied the request."})
            case Failed():
                return _not_connected(outcome.refusal)

    async def _connected(self, connector: Connector, row: Connection, client_id: str) -> Reply:
        name = connector.manifest.name
        return object_reply(
            {
                "jwtToken": await self._use.callers.issue(row, client_id),
                "name": row.party_name or name,
                "returnMessage": return_message(f"Connected to {name}."),
            }
        )


def _start_page(tenant: Tenant, connector: Connector) -> str:
    return f"{tenant.base}/connect/start?connector={connector.slug}"


def _is_of(row: Connection, connector: Connector) -> bool:
    return (row.connector, row.connector_id) == (connector.slug, connector.connector_id)


def _not_connected(refusal: VaultRefusal) -> Reply:
    """What fails at the exchange is an error there; what fails afterwards, a message."""
    if isinstance(refusal, NotConnected) and refusal.cause in _AT_THE_EXCHANGE:
        raise Said(400, {"error": refusal.sentence})
    return object_reply({"returnMessage": return_message(refusal.sentence, "danger")})


def _came_back(app: AppCall) -> tuple[str, dict[str, str]]:
    """The address that was come back to, if it is told, and its parameters. Raises ``Said``."""
    uri, code = app.query.get("callbackUri") or "", app.query.get("code")
    if uri in {"", "undefined"}:
        if code is None:
            raise Said(400, "Missing callbackUri")
        uri = ""
    try:
        params = dict(parse_form(urlsplit(uri).query.encode("utf-8", "surrogatepass")))
    except ValueError as error:
        raise Said(400, {"error": "The callbackUri is not an address."}) from error
    for name in ("code", "state"):
        value = app.query.get(name)
        if value is not None:
            params.setdefault(name, value)
    return uri, params


def _platform_of(state: str) -> str:
    """The platform in a state that is not ours. Raises ``NoPlatform``."""
    asked = parse_state(state)
    if asked is None and not state:
        raise NoPlatform
    if asked is None:
        raise Said(400, {"error": "This page has expired. Start to connect again."})
    return asked.platform


def _place_in(uri: str) -> tuple[str, str, str]:
    parts = urlsplit(uri)
    return parts.scheme, parts.netloc, parts.path.rstrip("/")


def _query_of(asked: ClientState) -> str:
    given = {"platform": asked.platform, "hostname": asked.hostname}
    return urlencode({"state": urlencode({n: v for n, v in given.items() if v})})


def _typed(place: Place, asked: ClientState) -> dict[str, str]:
    if not asked.hostname:
        return {}
    known = declared(place.manifest, option_of(place.manifest)).values()
    return {e.name: asked.hostname for e in known if e.type == "hostname" and e.source == "form"}


def _cookie(tenant: Tenant, begun: Begun) -> str:
    name = flow_cookie_name(begun.flow_id, https=tenant.https)
    return render_cookie(name, begun.cookie.reveal(), https=tenant.https, max_age_s=begun.max_age_s)
