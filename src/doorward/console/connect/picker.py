"""``/connect``: the platforms that can be connected; and the way in from an application's link."""

from __future__ import annotations

import unicodedata
from typing import Final
from urllib.parse import urlencode

from doorward.connectors import Connector
from doorward.console.account import Person
from doorward.console.connect.frame import ConnectFrame, Visitor, Where
from doorward.http import ASGIApp, Call, Reply, redirect_reply
from doorward.vault import ConnectSession, ConnectSessionOver, Status

__all__ = ["PickerPages"]

_PATH: Final = "/connect"
_LONGEST_SEARCH: Final = 100
_WORKS: Final = frozenset({Status.ACTIVE, Status.EXPIRING, Status.DEGRADED})


class PickerPages:
    """The list, its search, and links of connect sessions."""

    def __init__(self, frame: ConnectFrame) -> None:
        """Within ``frame``."""
        self._frame = frame
        self._use = frame.use

    async def show(self, call: Call) -> Reply | ASGIApp:
        """``GET``: what can be connected, and what is."""
        return await self._frame.entered(call, self._show)

    async def open(self, call: Call) -> Reply | ASGIApp:
        """``GET`` with ``session``: an application's link, for the person it is for.

        Several people may be signed in in one browser: it is opened for the one that it names.
        """
        people = await self._frame.account.everybody(call)
        if not people:
            return await self._frame.entered(call, self._show)
        for person in people:
            try:
                session = await self._open(call, person)
            except ConnectSessionOver:
                continue
            return redirect_reply(_first_page(person, session))
        org_id, value = people[0].tenant.org_id, call.query().get("session") or ""
        found = await self._use.connecting.sessions.find(org_id, value)
        return await self._frame.over(call, found, people[0])

    async def _open(self, call: Call, person: Person) -> ConnectSession:
        return await self._use.connecting.sessions.open(
            person.tenant.org_id,
            call.query().get("session") or "",
            account_id=person.session.account_id,
            session_id=person.session.session_id,
        )

    async def _show(self, call: Call, visitor: Visitor) -> ASGIApp:
        wanted = (call.query().get("q") or "").strip()[:_LONGEST_SEARCH]
        found = await self._offered(visitor)
        connected = await self._connected(visitor)
        shown = [
            {
                **self._frame.shown(call, each),
                "connected": connected.get(each.slug),
                "url": visitor.address("/connect/start", ("connector", each.slug)),
            }
            for each in found
            if _fits(each, wanted)
        ]
        values: dict[str, object] = {
            "connectors": sorted(shown, key=lambda each: str(each["name"]).casefold()),
            "search": wanted,
            "carried": visitor.query,
            "has_any": bool(found),
            "all_url": visitor.address(_PATH),
        }
        query = (("q", wanted),) if wanted else ()
        return self._frame.page(call, visitor, "connect_picker.html", Where(_PATH, query), values)

    async def _offered(self, visitor: Visitor) -> list[Connector]:
        org_id = visitor.person.tenant.org_id
        found = await self._use.connectors.list_for(org_id, enabled_only=True)
        if visitor.within is None:
            return found
        return [each for each in found if each.slug in visitor.within.connectors]

    async def _connected(self, visitor: Visitor) -> dict[str, str]:
        """For each platform that this person has connected, whether all of it works."""
        rows = await self._use.vault.connections.list_of_account(*visitor.person.whose)
        found: dict[str, str] = {}
        for row in rows:
            if row.status is not Status.DISCONNECTED:
                fine = row.status in _WORKS and found.get(row.connector) != "broken"
                found[row.connector] = "works" if fine else "broken"
        return found


def _first_page(person: Person, session: ConnectSession) -> str:
    """Where a connect session begins: at its one connector, or at the list of several."""
    visitor_query = (("within", str(session.id)), *person.as_whom)
    if len(session.connectors) != 1:
        return _address(person, _PATH, visitor_query)
    query = (("connector", session.connectors[0]), *visitor_query)
    if session.reconnect_of is not None:
        query = (*query, ("reconnect", str(session.reconnect_of)))
    return _address(person, f"{_PATH}/start", query)


def _address(person: Person, path: str, query: tuple[tuple[str, str], ...]) -> str:
    return f"{person.tenant.base}{path}?{urlencode(query)}"


def _fits(connector: Connector, wanted: str) -> bool:
    """Whether each word that was typed is in its name, its identifier or a category."""
    manifest = connector.manifest
    text = _folded(" ".join((manifest.name, manifest.slug, *manifest.categories)))
    return all(word in text for word in _folded(wanted).split())


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
