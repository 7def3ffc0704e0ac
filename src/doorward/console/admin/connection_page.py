"""One connection: how it is, renewed at once, ended with a report, its credential revealed."""

from __future__ import annotations

from typing import Final

from doorward.console.admin.connections_page import CONNECTIONS
from doorward.console.admin.connector_desk import name_of
from doorward.console.admin.connector_words import AUTH_TYPES, OUTCOMES, STATUSES
from doorward.console.admin.forms import Problem, problem_of
from doorward.console.admin.frame import AdminFrame
from doorward.console.admin.model import AdminPage, AdminRoute, AdminServices, Staff
from doorward.db import find_row_id
from doorward.http import ASGIApp, Call, Reply, message
from doorward.orgs import Permission
from doorward.vault import Connection, Held, UnknownConnection, VaultRefusal, health_of

__all__ = ["ConnectionPages"]

_ONE: Final = f"{CONNECTIONS}/connection"
_NOTICES: Final = {
    "refreshed": message("The credential is good."),
    "renewed": message("The credential is renewed."),
}


class ConnectionPages:
    """``/admin/connections/connection`` and the forms on it."""

    def __init__(self, use: AdminServices, frame: AdminFrame) -> None:
        """Act on connections of ``use``, within ``frame``."""
        self._use = use
        self._frame = frame

    def routes(self) -> tuple[AdminRoute, ...]:
        """What is served."""
        read, write = Permission.CONNECTIONS_READ, Permission.CONNECTIONS_WRITE
        reveal = Permission.CONNECTIONS_REVEAL
        return (
            AdminRoute("GET", _ONE, read, "connections", self.show),
            AdminRoute("POST", f"{CONNECTIONS}/refresh", write, "connections", self.refresh),
            AdminRoute("POST", f"{CONNECTIONS}/disconnect", write, "connections", self.disconnect),
            AdminRoute("POST", f"{CONNECTIONS}/reveal", reveal, "connections", self.reveal),
        )

    async def show(self, call: Call, staff: Staff) -> ASGIApp:
        """Everything about it but what is secret. Raises ``UnknownConnection``."""
        return await self._page(call, staff, await self._find(call, staff))

    async def refresh(self, call: Call, staff: Staff) -> Reply | ASGIApp:
        """Have the credential renewed now."""
        row = await self._find(call, staff)
        try:
            held = await self._use.vault.refresher.get_token(
                staff.org_id, row.connection_id, seen_version=row.token_version
            )
        except UnknownConnection:
            raise
        except VaultRefusal as refusal:
            return await self._page(call, staff, await self._find(call, staff), refusal)
        renewed = held.connection.token_version != row.token_version
        done = "renewed" if renewed else "refreshed"
        return self._frame.back(staff, _ONE, done=done, connection=str(row.connection_id))

    async def disconnect(self, call: Call, staff: Staff) -> ASGIApp:
        """End it, after asking; the report says what the platform did with each token."""
        row = await self._find(call, staff)
        values: dict[str, object] = {"connection": await self._shown(staff, row), "outcomes": None}
        if call.form().get("decision") == "confirm":
            report = await self._use.vault.deauthorizer.disconnect(
                staff.org_id, row.connection_id, staff.actor
            )
            values["outcomes"] = [(each.token, OUTCOMES[each.result]) for each in report.outcomes]
        return self._frame.page(
            call, staff, _order("admin_connection_disconnect.html", row), values
        )

    async def reveal(self, call: Call, staff: Staff) -> ASGIApp:
        """Show the credential this once; the record says to whom."""
        row = await self._find(call, staff)
        try:
            held = await self._use.lender.read_token(staff.org_id, row.connection_id, staff.actor)
        except UnknownConnection:
            raise
        except VaultRefusal as refusal:
            return await self._page(call, staff, await self._find(call, staff), refusal)
        values: dict[str, object] = {
            "connection": await self._shown(staff, held.connection),
            "secrets": _secrets_of(held),
        }
        return self._frame.page(call, staff, _order("admin_connection_shown.html", row), values)

    async def _find(self, call: Call, staff: Staff) -> Connection:
        given = call.form() if call.method == "POST" else call.query()
        number = find_row_id(given.get("connection"))
        if number is None:
            raise UnknownConnection
        return await self._use.vault.connections.get(staff.org_id, number)

    async def _page(
        self, call: Call, staff: Staff, row: Connection, refusal: VaultRefusal | None = None
    ) -> ASGIApp:
        problems: list[Problem] = [] if refusal is None else [problem_of(refusal)]
        values: dict[str, object] = {
            "connection": await self._shown(staff, row),
            "may_write": staff.may(Permission.CONNECTIONS_WRITE),
            "may_reveal": staff.may(Permission.CONNECTIONS_REVEAL),
            "problems": problems,
        }
        page = _order("admin_connection.html", row, 422 if problems else 200)
        return self._frame.page(call, staff, page, values)

    async def _shown(self, staff: Staff, row: Connection) -> dict[str, object]:
        health = health_of(row, self._use.clock())
        connector = await self._use.connectors.find(staff.org_id, row.connector)
        options = () if connector is None else connector.manifest.auth_options
        kind = next((each.type for each in options if each.name == row.auth_option), None)
        return {
            "id": str(row.connection_id),
            "connector": row.connector,
            "platform": row.connector if connector is None else connector.manifest.name,
            "option": row.auth_option,
            "type": None if kind is None else AUTH_TYPES[kind],
            "environment": row.environment,
            "label": row.label,
            "party": row.party_name or row.party_email or row.party_id,
            "party_id": row.party_id,
            "party_email": row.party_email,
            "owner": await name_of(self._use, staff, row.account_id),
            "account_id": str(row.account_id),
            "status": STATUSES[health.status],
            "health": health,
            "scopes": row.scopes or (),
            "missing": await self._use.connecting.missing.find(row),
            "values": dict(row.values),
            "created_at": row.created_at,
            "expires_at": row.expires_at,
            "refreshed_at": row.last_refreshed_at,
            "used_at": row.last_used_at,
            "next_refresh_at": row.next_refresh_at,
            "failures": row.failures,
            "version": row.token_version,
            "connected": row.is_connected,
        }


def _order(template: str, row: Connection, status: int = 200) -> AdminPage:
    query = (("connection", str(row.connection_id)),)
    return AdminPage(template, "connections", _ONE, query, status, _NOTICES)


def _secrets_of(held: Held) -> list[tuple[str, str]]:
    """Every credential that calls are made with, by its name; a refresh token is none of them."""
    tokens = held.tokens
    found = [("access_token", tokens.access.reveal())] if tokens.access else []
    for kept in (tokens.named, tokens.secrets):
        found += [(name, each.reveal()) for name, each in sorted(kept.items())]
    return found
