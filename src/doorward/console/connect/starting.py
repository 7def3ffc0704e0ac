"""``/connect/start``: what connecting means, the form that it needs, and leaving for the platform.

Where the organization's own client is missing, whoever may supply it gets the form for it, and
everybody else the way to ask for it.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from doorward.connectors import BadVariable
from doorward.console.connect.arriving import said_of
from doorward.console.connect.frame import ConnectFrame, Visitor, Where
from doorward.console.connect.start_view import CLIENT_TEXTS, StartView
from doorward.console.connect.ways import Way, find_way, name_of
from doorward.console.connect.wording import CHOOSE_ENVIRONMENT, Problem, problems_of
from doorward.crypto import Secret
from doorward.http import ASGIApp, Call, Reply, redirect_reply, render_cookie
from doorward.protocol import Parameters, Refusal
from doorward.vault import (
    AskAdmin,
    BadCredentials,
    Begun,
    MissingFields,
    NoSuchEnvironment,
    NotConnected,
    SessionResult,
    Submission,
    Typed,
    Wanted,
    flow_cookie_name,
)

__all__ = ["StartPages"]

_PATH: Final = "/connect/start"
_BESIDE_FIELDS: Final = (BadCredentials, BadVariable, MissingFields, NoSuchEnvironment)
_HERE: Final = (*_BESIDE_FIELDS, NotConnected)
"""What is said on the form itself, so that nothing has to be typed twice."""


class StartPages:
    """One connector: its explanation, its form, and the way to it."""

    def __init__(self, frame: ConnectFrame) -> None:
        """Within ``frame``."""
        self._frame = frame
        self._use = frame.use
        self._view = StartView(frame)

    async def show(self, call: Call) -> Reply | ASGIApp:
        """``GET``: what connecting means, and what it needs."""
        return await self._frame.entered(call, self._show)

    async def submit(self, call: Call) -> Reply | ASGIApp:
        """``POST``: connect, supply the organization's credentials, or ask for them."""
        return await self._frame.entered(call, self._submit)

    async def _show(self, call: Call, visitor: Visitor) -> ASGIApp:
        way = await find_way(self._use, visitor, call.query())
        return await self._view.page(call, visitor, way)

    async def _submit(self, call: Call, visitor: Visitor) -> Reply | ASGIApp:
        form = self._frame.form(call)
        # The environment is chosen on the form; everything else stands in the address.
        way = await find_way(self._use, visitor, {**call.query(), **_chosen(form)})
        action = form.get("action")
        if action == "ask":
            return await self._ask(visitor, way)
        if action == "choices":
            return await self._view.page(call, visitor, way, form, with_choices=True)
        if action == "credentials":
            return await self._submit_client(call, visitor, way, form)
        try:
            return await self._connect(call, visitor, way, form)
        except AskAdmin:
            return await self._view.page(call, visitor, way)
        except _HERE as refusal:
            problems = _problems(refusal, way)
            return await self._view.page(call, visitor, way, form, problems=problems)

    async def _ask(self, visitor: Visitor, way: Way) -> Reply:
        asked = await self._use.requests.ask(visitor.person, way.connector)
        done = ("done", "asked" if asked else "asked_before")
        return redirect_reply(visitor.address(_PATH, *way.query, done))

    async def _submit_client(
        self, call: Call, visitor: Visitor, way: Way, form: Parameters
    ) -> Reply | ASGIApp:
        """Keep the organization's client for its first connection, and lead on to that."""
        try:
            await self._use.connecting.credentials.submit(
                way.place, _submission(way, form), visitor.author
            )
        except _BESIDE_FIELDS as refusal:
            own = {each.name for each in way.of_account}
            prefix = "account_" if refusal.field in own else ""
            problems = problems_of(refusal, prefix)
            return await self._view.page(call, visitor, way, form, problems=problems)
        return redirect_reply(visitor.address(_PATH, *way.query))

    async def _connect(
        self, call: Call, visitor: Visitor, way: Way, form: Parameters
    ) -> Reply | ASGIApp:
        fields = await self._use.connecting.forms.fields(
            way.place, way.option.name, visitor.account_id
        )
        typed = {each.name: form.get(name_of(each)) or "" for each in fields}
        if way.leads_away:
            return self._leave(call, visitor, way, await self._begin(visitor, way, typed))
        made = await self._use.connecting.forms.connect(
            Typed(way.place, typed, way.option.name, "", way.reconnect_of), visitor.author
        )
        number = made.kept.connection.connection_id
        if visitor.within is not None:
            await self._use.connecting.sessions.end(
                (visitor.within.org_id, visitor.within.id),
                SessionResult.CONNECTED,
                visitor.person.actor,
                connection_id=number,
            )
        told = (("connection", str(number)), *said_of(made.verified))
        return redirect_reply(visitor.address("/connect/done", *told))

    async def _begin(self, visitor: Visitor, way: Way, typed: dict[str, str]) -> Begun:
        return await self._use.connecting.flows.begin(
            Wanted(
                place=way.place,
                account_id=visitor.account_id,
                session_id=visitor.person.session.session_id,
                option=way.option.name,
                typed=typed,
                reconnect_of=way.reconnect_of,
                connect_session=visitor.within,
            )
        )

    def _leave(self, call: Call, visitor: Visitor, way: Way, begun: Begun) -> ASGIApp:
        """A page that leads on: a redirect after a form would be stopped by its own policy."""
        https = visitor.person.tenant.https
        cookie = render_cookie(
            flow_cookie_name(begun.flow_id, https=https),
            begun.cookie.reveal(),
            https=https,
            max_age_s=begun.max_age_s,
        )
        values: dict[str, object] = {
            "connector": self._frame.shown(call, way.connector),
            "target_url": begun.url,
            "host": urlsplit(begun.url).hostname or "",
        }
        where = Where(_PATH, way.query, (cookie,))
        return self._frame.page(call, visitor, "connect_leaving.html", where, values)


def _chosen(form: Parameters) -> dict[str, str]:
    environment = form.get("environment")
    return {} if environment is None else {"environment": environment}


def _problems(refusal: Refusal, way: Way) -> list[Problem]:
    if isinstance(refusal, NoSuchEnvironment):
        if not way.place.environment:
            return [Problem(CHOOSE_ENVIRONMENT, "environment")]
        return problems_of(refusal)
    return problems_of(refusal, "v_")


def _submission(way: Way, form: Parameters) -> Submission:
    secret, key = form.get("client_secret"), form.get("private_key")
    scopes = tuple((form.get("scopes") or "").split())
    texts = {name: (form.get(name) or "").strip() for name in CLIENT_TEXTS if name != "scopes"}
    values = {each.name: form.get(f"account_{each.name}") or "" for each in way.of_account}
    return Submission(
        client_secret=None if secret is None else Secret(secret.strip()),
        private_key=None if key is None else Secret(key.replace("\r\n", "\n")),
        scopes=scopes or None,
        values={name: value.strip() for name, value in values.items() if value.strip()},
        **texts,
    )
