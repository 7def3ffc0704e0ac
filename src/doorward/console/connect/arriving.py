"""``/connect/callback/…``: coming back from a platform; and the pages that say what came of it."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode, urlsplit, urlunsplit

from doorward.audit import Actor
from doorward.connectors import ConnectorsRefusal, UnknownConnector, Verified
from doorward.console.account import Person
from doorward.console.connect.frame import ConnectFrame, Visitor, Where
from doorward.console.connect.wording import failure_of, find_failure
from doorward.db import find_row_id
from doorward.http import (
    ASGIApp,
    Call,
    Reply,
    parse_cookies,
    redirect_reply,
    render_cookie,
)
from doorward.orgs import tenant_of
from doorward.vault import (
    Cause,
    Connected,
    ConnectFlow,
    ConnectSession,
    Declined,
    Failed,
    Outcome,
    Place,
    Returned,
    SessionResult,
    UnknownConnection,
    VaultRefusal,
    flow_cookie_name,
    health_of,
)

__all__ = ["CALLBACK_PREFIX", "ArrivalPages", "said_of"]

CALLBACK_PREFIX: Final = "/connect/callback"
_SAYS_LIMITED: Final = (("limited", "yes"),)
_AGAIN: Final = ("connector", "option", "environment", "reconnect")


class ArrivalPages:
    """The callback of every connector, and what follows it."""

    def __init__(self, frame: ConnectFrame) -> None:
        """Within ``frame``."""
        self._frame = frame
        self._use = frame.use

    async def arrive(self, call: Call) -> Reply | ASGIApp:
        """``GET`` below ``CALLBACK_PREFIX``: what a platform sends back, with the person.

        Whatever came of it stands on another page: no code stays in the address.
        """
        if call.method != "GET":
            return Reply(405, b"", ((b"allow", b"GET"), (b"cache-control", b"no-store")))
        slug = str(call.scope["path"]).removeprefix("/")
        tenant = tenant_of(call.scope)
        try:
            connector = await self._use.connectors.get(tenant.org_id, slug)
        except UnknownConnector:
            return self._frame.missing(call)
        returned = Returned(
            place=Place(connector, "", (tenant.issuer,)),
            params=dict(call.query()),
            cookies=parse_cookies(call.header(b"cookie")),
            account_id=None,
            session_id=None,
        )
        person = await self._person(call, returned)
        if person is not None:
            returned = Returned(
                returned.place,
                returned.params,
                returned.cookies,
                person.session.account_id,
                person.session.session_id,
            )
        try:
            outcome = await self._use.connecting.flows.finish(returned)
        except VaultRefusal as refusal:
            query = (("reason", failure_of(refusal).code), ("connector", slug))
            as_whom = () if person is None else person.as_whom
            return redirect_reply(f"{tenant.base}/connect/failed?{urlencode((*query, *as_whom))}")
        await self._end(outcome)
        return self._onward(call, outcome, () if person is None else person.as_whom)

    async def done(self, call: Call) -> Reply | ASGIApp:
        """``GET /connect/done``: the account that is connected now."""
        return await self._frame.entered(call, self._done)

    async def failed(self, call: Call) -> Reply | ASGIApp:
        """``GET /connect/failed``: why nothing was connected. Nobody needs to be signed in."""
        query = call.query()
        failure = find_failure(query.get("reason") or "")
        people = await self._frame.account.everybody(call)
        values: dict[str, object] = {}
        if not people:
            return self._frame.failed(call, failure)
        visitor = await self._seen_by(call, people)
        try:
            slug = query.get("connector") or ""
            connector = await self._use.connectors.get(visitor.person.tenant.org_id, slug)
        except ConnectorsRefusal:
            return self._frame.failed(call, failure, person=visitor.person)
        pairs = [(name, query[name]) for name in _AGAIN if query.get(name)]
        values["connector"] = self._frame.shown(call, connector)
        values["retry_url"] = visitor.address("/connect/start", *pairs)
        if visitor.within is not None:
            declined = failure.code == Cause.DECLINED
            result = SessionResult.DECLINED if declined else SessionResult.FAILED
            values["app_name"] = visitor.app_name
            values["return_url"] = return_url(visitor.within, slug, result)
            values["told"] = told_to_opener(visitor.within, slug, result)
        return self._frame.failed(call, failure, person=visitor.person, values=values)

    async def _person(self, call: Call, returned: Returned) -> Person | None:
        """Who began it, if they are signed in still; else whoever is."""
        people = await self._frame.account.everybody(call)
        began = await self._use.connecting.flows.find_beginner(returned)
        found = [each for each in people if each.session.session_id == began]
        return next(iter((*found, *people)), None)

    async def _seen_by(self, call: Call, people: tuple[Person, ...]) -> Visitor:
        """Who reads what failed: in the connect session, if it is theirs and still open."""
        within = call.query().get("within")
        for person in people:
            try:
                return await self._frame.visitor(person, within)
            except VaultRefusal:
                continue
        return await self._frame.visitor(people[0])

    async def _end(self, outcome: Outcome) -> None:
        """Keep what came of the connect session that the flow was begun in, if it was."""
        flow, result, connection_id = outcome.flow, SessionResult.FAILED, None
        if flow.connect_session_id is None:
            return
        if isinstance(outcome, Connected):
            result, connection_id = SessionResult.CONNECTED, outcome.kept.connection.connection_id
        elif isinstance(outcome, Declined):
            result = SessionResult.DECLINED
        await self._use.connecting.sessions.end(
            (flow.org_id, flow.connect_session_id),
            result,
            Actor(kind="account", id=str(flow.account_id)),
            connection_id=connection_id,
        )

    def _onward(self, call: Call, outcome: Outcome, as_whom: tuple[tuple[str, str], ...]) -> Reply:
        """To the page about ``outcome``, without the cookie of its flow."""
        flow, tenant = outcome.flow, tenant_of(call.scope)
        name = flow_cookie_name(flow.flow_id, https=tenant.https)
        cookie = render_cookie(name, "", https=tenant.https, max_age_s=0)
        path, query = "/connect/failed", _named(flow)
        match outcome:
            case Connected(kept=kept, verified=verified):
                path = "/connect/done"
                number = str(kept.connection.connection_id)
                query = (("connection", number), *said_of(verified))
            case Declined():
                query = (("reason", str(Cause.DECLINED)), *query)
            case Failed(refusal=refusal):
                query = (("reason", failure_of(refusal).code), *query)
        if flow.connect_session_id is not None:
            query = (*query, ("within", str(flow.connect_session_id)))
        address = f"{tenant.base}{path}?{urlencode((*query, *as_whom))}"
        return redirect_reply(address, cookies=(cookie,))

    async def _done(self, call: Call, visitor: Visitor) -> ASGIApp:
        number = find_row_id(call.query().get("connection"))
        if number is None:
            raise UnknownConnection
        row = await self._use.vault.connections.get(
            visitor.person.tenant.org_id, number, account_id=visitor.account_id
        )
        connector = await self._use.connectors.get(row.org_id, row.connector)
        health = health_of(row, self._use.clock())
        within = visitor.within
        limited = tuple(each for each in _SAYS_LIMITED if each in call.query().items())
        values: dict[str, object] = {
            "connector": self._frame.shown(call, connector),
            "party": row.party_name or row.party_email or row.party_id,
            "party_email": row.party_email if row.party_name else "",
            "is_connected": row.is_connected,
            "says": health.says,
            "is_limited": bool(limited),
            "return_url": None
            if within is None
            else return_url(within, row.connector, SessionResult.CONNECTED, row.connection_id),
            "told": None
            if within is None
            else told_to_opener(within, row.connector, SessionResult.CONNECTED, row.connection_id),
        }
        where = Where("/connect/done", (("connection", str(number)), *limited))
        return self._frame.page(call, visitor, "connect_done.html", where, values)


def said_of(verified: Verified) -> tuple[tuple[str, str], ...]:
    """What the page of success has to say beside it: that the platform lets it do little."""
    return _SAYS_LIMITED if verified.limited else ()


def _named(flow: ConnectFlow) -> tuple[tuple[str, str], ...]:
    """How to begin the same again."""
    pairs = (
        ("connector", flow.connector),
        ("option", flow.auth_option),
        ("environment", flow.environment),
        ("reconnect", "" if flow.reconnect_of is None else str(flow.reconnect_of)),
    )
    return tuple((name, value) for name, value in pairs if value)


def told_to_opener(
    session: ConnectSession,
    connector: str,
    result: SessionResult,
    connection_id: int | None = None,
) -> dict[str, str] | None:
    """What the page tells the application's page that opened its window, and its origin.

    None where that is not what came of the session, whatever the address says.
    """
    origin = session.page_origin
    if origin is None or (session.result, session.connection_id) != (result, connection_id):
        return None
    return {
        "origin": origin,
        "session": str(session.id),
        "connector": connector,
        "result": result,
        "connection": "" if connection_id is None else str(connection_id),
    }


def return_url(
    session: ConnectSession,
    connector: str,
    result: SessionResult,
    connection_id: int | None = None,
) -> str:
    """The application's own address, with what became of it: no secret is among that."""
    parts = urlsplit(session.return_url)
    told = {"connect_session": str(session.id), "connector": connector, "result": result}
    if connection_id is not None:
        told["connection"] = str(connection_id)
    query = f"{parts.query}&{urlencode(told)}" if parts.query else urlencode(told)
    return urlunsplit(parts._replace(query=query))
