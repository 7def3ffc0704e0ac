"""``/account/connections``: a person's own connections, and ending one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from doorward.connectors import Connector
from doorward.console.account import Person
from doorward.console.connect.frame import ConnectFrame
from doorward.console.connect.wording import NOTICES, OUTCOMES, Problem
from doorward.db import find_row_id
from doorward.http import ASGIApp, Call, Mishap, Reply, redirect_reply
from doorward.orgs import TenantPages
from doorward.vault import (
    BadConnection,
    Connection,
    ConnectionChange,
    Ended,
    Report,
    Status,
    UnknownConnection,
    health_of,
)

__all__ = ["KeptPages"]

_PATH: Final = "/account/connections"
_PAGE: Final = 50
_COLOURS: Final[Mapping[Status, str]] = {
    Status.ACTIVE: "green",
    Status.EXPIRING: "amber",
    Status.DEGRADED: "amber",
    Status.NEEDS_RECONNECT: "red",
    Status.BLOCKED: "red",
    Status.DISCONNECTED: "plain",
}


class KeptPages:
    """The list, renaming, and disconnecting."""

    def __init__(self, frame: ConnectFrame, pages: TenantPages) -> None:
        """Within ``frame``."""
        self._frame = frame
        self._use = frame.use
        self._pages = pages

    async def show(self, call: Call) -> Reply | ASGIApp:
        """``GET``: everything that this person has connected."""
        return await self._frame.account.signed_in_as(call, self._show, way_back=_PATH)

    async def change(self, call: Call) -> Reply | ASGIApp:
        """``POST``: rename one, ask whether to disconnect it, or do so."""
        return await self._frame.account.signed_in_as(call, self._change, way_back=_PATH)

    async def _change(self, call: Call, person: Person) -> Reply | ASGIApp:
        form = self._frame.account.verified_form(call, person)
        try:
            row = await self._own(person, form.get("connection"))
        except UnknownConnection:
            return self._pages.mishap(call, Mishap.NOT_FOUND)
        match form.get("part"):
            case "rename":
                return await self._rename(call, person, row, (form.get("label") or "").strip())
            case "disconnect":
                report = await self._use.vault.deauthorizer.disconnect(
                    row.org_id,
                    row.connection_id,
                    person.actor,
                    account_id=person.session.account_id,
                )
                return await self._report(call, person, report)
            case _:
                return await self._confirm(call, person, row)

    async def _own(self, person: Person, text: str | None) -> Connection:
        number = find_row_id(text)
        if number is None:
            raise UnknownConnection
        org_id, account_id = person.whose
        return await self._use.vault.connections.get(org_id, number, account_id=account_id)

    async def _rename(
        self, call: Call, person: Person, row: Connection, label: str
    ) -> Reply | ASGIApp:
        try:
            await self._use.vault.connections.change(
                *row.key,
                ConnectionChange(label=label),
                person.actor,
                account_id=person.session.account_id,
            )
        except BadConnection as refusal:
            problem = Problem(refusal.sentence, f"label-{row.connection_id}")
            return await self._show(call, person, problem=problem, label=label)
        query = urlencode((("done", "renamed"), *person.as_whom))
        return redirect_reply(f"{person.tenant.base}{_PATH}?{query}")

    async def _show(
        self,
        call: Call,
        person: Person,
        *,
        problem: Problem | None = None,
        label: str = "",
    ) -> ASGIApp:
        before = find_row_id(call.query().get("before"))
        rows = await self._use.vault.connections.list_of_account(
            *person.whose, before=before, limit=_PAGE + 1
        )
        shown = [await self._shown(person, row) for row in rows[:_PAGE]]
        if problem is not None:
            for each in shown:
                if f"label-{each['id']}" == problem.field:
                    each["label"] = label
        more = None
        if len(rows) > _PAGE:
            query = (("before", str(rows[_PAGE - 1].connection_id)), *person.as_whom)
            more = f"{person.tenant.base}{_PATH}?{urlencode(query)}"
        values: dict[str, object] = {
            "connections": [each for each in shown if each["is_connected"]],
            "ended": [each for each in shown if not each["is_connected"]],
            "more_url": more,
            "problems": [] if problem is None else [problem],
            "notices": NOTICES,
            "picker_url": _address(person, "/connect"),
        }
        query = () if before is None else (("before", str(before)),)
        return self._page(call, person, "account_connections.html", values, query=query)

    async def _confirm(self, call: Call, person: Person, row: Connection) -> ASGIApp:
        values: dict[str, object] = {"each": await self._shown(person, row)}
        return self._page(call, person, "account_connection_end.html", values)

    async def _report(self, call: Call, person: Person, report: Report) -> ASGIApp:
        values: dict[str, object] = {
            "each": await self._shown(person, report.connection),
            "outcomes": [_outcome(each) for each in report.outcomes],
            "list_url": _address(person, _PATH),
        }
        return self._page(call, person, "account_connection_ended.html", values)

    def _page(
        self,
        call: Call,
        person: Person,
        template: str,
        values: dict[str, object],
        *,
        query: tuple[tuple[str, str], ...] = (),
    ) -> ASGIApp:
        shown = {"problems": [], "here": _address(person, _PATH), **values}
        return self._frame.account.page(
            call, person, template, _PATH, shown, query=(*query, *person.as_whom)
        )

    async def _shown(self, person: Person, row: Connection) -> dict[str, object]:
        connector = await self._use.connectors.find(row.org_id, row.connector)
        same = connector is not None and connector.connector_id == row.connector_id
        health = health_of(row, self._use.clock())
        name = connector.manifest.name if connector is not None and same else row.connector
        party = row.party_name or row.party_email or row.party_id
        return {
            "id": str(row.connection_id),
            "connector": name,
            "label": row.label,
            "party": party,
            "party_email": row.party_email if row.party_email != party else "",
            "status": str(health.status),
            "colour": _COLOURS[health.status],
            "says": health.says,
            "to_do": "" if health.status is Status.ACTIVE else health.to_do,
            "since": health.since,
            "created_at": row.created_at,
            "last_used_at": row.last_used_at,
            "is_connected": row.is_connected,
            "missing": await self._use.connecting.missing.find(row),
            "reconnect_url": _reconnect_url(person, connector, row) if same else None,
        }


def _reconnect_url(person: Person, connector: Connector | None, row: Connection) -> str | None:
    """Where this very connection is made anew; None while its connector is off."""
    if connector is None or not connector.enabled:
        return None
    options = {each.name for each in connector.manifest.auth_options}
    environments = {each.name for each in connector.manifest.environments}
    query = [("connector", row.connector)]
    if row.auth_option in options:
        query.append(("option", row.auth_option))
    if row.environment in environments:
        query.append(("environment", row.environment))
    query.append(("reconnect", str(row.connection_id)))
    return f"{person.tenant.base}/connect/start?{urlencode((*query, *person.as_whom))}"


def _outcome(ended: Ended) -> dict[str, str]:
    return {"token": ended.token, "says": OUTCOMES["retried" if ended.retried else ended.result]}


def _address(person: Person, path: str) -> str:
    query = f"?{urlencode(person.as_whom)}" if person.as_whom else ""
    return f"{person.tenant.base}{path}{query}"
