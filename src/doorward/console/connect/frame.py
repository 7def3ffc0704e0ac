"""What the connect pages share: who connects, for which application, and what stands around."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias
from urllib.parse import urlencode

from doorward.accounts import AccountKind, Accounts
from doorward.clients import Applications
from doorward.connectors import (
    Connector,
    ConnectorAuthor,
    Connectors,
    ConnectorsRefusal,
    localize,
)
from doorward.console.account import AccountFrame, Person, account_values
from doorward.console.connect.asking import ConnectorRequests
from doorward.console.connect.wording import Failure, failure_of
from doorward.db import Clock, find_row_id
from doorward.http import ASGIApp, Call, Locale, Mishap, Reply
from doorward.orgs import PageOrder, TenantPages
from doorward.protocol import Parameters
from doorward.vault import (
    Connecting,
    ConnectSession,
    ConnectSessionOver,
    Place,
    Vault,
    VaultRefusal,
)

__all__ = ["Act", "ConnectFrame", "ConnectServices", "Visitor", "Where"]

_LONGEST: Final = 200
_CARRIED: Final = (
    "within",
    "session",
    "connector",
    "option",
    "environment",
    "reconnect",
    "connection",
    "q",
    "sign_in",
)
"""The parameters of these pages' addresses: what somebody who signs in first comes back with."""


@dataclass(frozen=True, slots=True)
class ConnectServices:
    """The services behind the connect pages."""

    accounts: Accounts
    applications: Applications
    connectors: Connectors
    connecting: Connecting
    vault: Vault
    requests: ConnectorRequests
    clock: Clock


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who connects, and the connect session of the application that sent them, if one did."""

    person: Person
    author: ConnectorAuthor
    within: ConnectSession | None = None
    app_name: str | None = None

    @property
    def account_id(self) -> int:
        """Whose connection it becomes."""
        return self.person.session.account_id

    @property
    def base(self) -> str:
        """The organization's address, for paths on it."""
        return self.person.tenant.base

    @property
    def query(self) -> tuple[tuple[str, str], ...]:
        """What every address of these pages carries along."""
        within = () if self.within is None else (("within", str(self.within.id)),)
        return (*within, *self.person.as_whom)

    def place(self, connector: Connector, environment: str = "") -> Place:
        """``connector`` at the address of this organization."""
        return Place(connector, environment, (self.person.tenant.issuer,))

    def address(self, path: str, *pairs: tuple[str, str]) -> str:
        """A page of ours with what it carries along."""
        query = (*pairs, *self.query)
        return f"{self.base}{path}?{urlencode(query)}" if query else f"{self.base}{path}"


@dataclass(frozen=True, slots=True)
class Where:
    """The address of a page, without what all of them carry along, and cookies that it sets."""

    path: str
    query: tuple[tuple[str, str], ...] = ()
    cookies: tuple[str, ...] = ()


Act: TypeAlias = Callable[[Call, Visitor], Awaitable["Reply | ASGIApp"]]
"""What a page does, once it is certain who connects."""


class ConnectFrame:
    """Lets people in to the connect pages, and puts the pages together."""

    def __init__(self, use: ConnectServices, *, account: AccountFrame, pages: TenantPages) -> None:
        """Know people by ``account``; render with ``pages``."""
        self.use = use
        self.account = account
        self._pages = pages

    async def entered(self, call: Call, act: Act) -> Reply | ASGIApp:
        """What ``act`` answers to whoever is signed in; else the sign-in form, and back here.

        A form must be this person's own. What the vault refuses becomes a page that says it.
        """

        async def inner(call: Call, person: Person) -> Reply | ASGIApp:
            if call.method == "POST":
                self.account.verified_form(call, person)
            try:
                visitor = await self.visitor(person, call.query().get("within"))
                return await act(call, visitor)
            except ConnectSessionOver:
                session = await self.use.connecting.sessions.find_of(
                    person.tenant.org_id,
                    find_row_id(call.query().get("within")),
                    account_id=person.session.account_id,
                )
                return await self.over(call, session, person)
            except (VaultRefusal, ConnectorsRefusal) as refusal:
                return self.failed(call, failure_of(refusal), person=person)

        return await self.account.signed_in_as(call, inner, way_back=_way_back(call))

    async def visitor(self, person: Person, within: str | None = None) -> Visitor:
        """``person``, in the connect session of that number. Raises ``ConnectSessionOver``."""
        org_id, account_id = person.whose
        account = await self.use.accounts.get(org_id, account_id)
        author = ConnectorAuthor(
            person.actor,
            account_id,
            "system" if account.kind is AccountKind.SYSTEM else "constituent",
            account.permissions,
        )
        if not within:
            return Visitor(person, author)
        session = await self.use.connecting.sessions.get_open(
            org_id,
            find_row_id(within) or 0,
            account_id=account_id,
            session_id=person.session.session_id,
        )
        return Visitor(person, author, session, await self.app_name(session))

    async def app_name(self, session: ConnectSession) -> str:
        """The application that sent somebody here."""
        application = await self.use.applications.find(session.org_id, session.client_id)
        return session.client_id if application is None else application.name

    def page(
        self,
        call: Call,
        visitor: Visitor,
        template: str,
        where: Where,
        values: Mapping[str, object],
    ) -> ASGIApp:
        """``template`` for ``visitor``; its status is 422 when ``values`` hold problems."""
        address = visitor.address(where.path, *where.query)
        shown = {
            "app_name": visitor.app_name,
            "account": account_values(visitor.person.session),
            "here": address,
            "picker_url": visitor.address("/connect"),
            "mine_url": mine_of(visitor.person),
            **values,
        }
        order = PageOrder(
            path=where.path,
            query=(*where.query, *visitor.query),
            owner_id=visitor.person.session.session_id,
            status=422 if values.get("problems") else 200,
            cookies=where.cookies,
            keeps_opener=visitor.within is not None,
        )
        return self._pages.page(call, template, shown, order)

    def failed(
        self,
        call: Call,
        failure: Failure,
        *,
        person: Person | None = None,
        values: Mapping[str, object] | None = None,
    ) -> ASGIApp:
        """The page that says why nothing was connected, and what to do."""
        shown: dict[str, object] = {
            "title": failure.title,
            "sentence": failure.sentence,
            "to_do": failure.to_do,
            "code": failure.code,
            "connector": None,
            "retry_url": None,
            "app_name": None,
            "return_url": None,
            "told": None,
            "is_over": False,
            "back_url": None,
            "mine_url": None if person is None else mine_of(person),
            **(values or {}),
        }
        query = tuple((n, v) for n, v in call.query().items() if n in _SAID)
        order = PageOrder(
            path="/connect/failed",
            query=query,
            status=failure.status,
            keeps_opener=shown["return_url"] is not None,
        )
        return self._pages.page(call, "connect_failed.html", shown, order)

    async def over(self, call: Call, session: ConnectSession | None, person: Person) -> ASGIApp:
        """The page of a link that leads nowhere any more: back to the application it came from.

        ``session`` is what the link is known to be of. Only the application's origin is offered,
        since nothing came of it that its page could be told.
        """
        back = None if session is None else session.page_origin
        values: dict[str, object] = {"is_over": True, "back_url": back}
        if session is not None and back is not None:
            values["app_name"] = await self.app_name(session)
        return self.failed(call, failure_of(ConnectSessionOver()), person=person, values=values)

    def missing(self, call: Call) -> ASGIApp:
        """There is no such page."""
        return self._pages.mishap(call, Mishap.NOT_FOUND)

    def shown(self, call: Call, connector: Connector) -> dict[str, object]:
        """A connector for a page."""
        manifest, locale = connector.manifest, self.locale_of(call)
        return {
            "slug": connector.slug,
            "name": manifest.name,
            "summary": localize(manifest.summary, locale),
            "docs_url": manifest.docs_url,
        }

    def locale_of(self, call: Call) -> Locale:
        """The language of the page."""
        return self._pages.locale_of(call)

    def form(self, call: Call) -> Parameters:
        """What was typed; ``entered`` has verified whose form it is."""
        return call.form()


_SAID: Final = ("reason", "connector", "option", "environment", "reconnect", "within", "sign_in")


def mine_of(person: Person) -> str:
    """The page of everything that this person has connected."""
    query = f"?{urlencode(person.as_whom)}" if person.as_whom else ""
    return f"{person.tenant.base}/account/connections{query}"


def _way_back(call: Call) -> str:
    path, query = str(call.scope["path"]), call.query()
    kept = [
        (name, value)
        for name in _CARRIED
        if (value := query.get(name)) is not None and len(value) < _LONGEST
    ]
    return f"{path}?{urlencode(kept)}" if kept else path
