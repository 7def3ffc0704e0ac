"""What people connected: how it is, as a chart and as a list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from doorward.console.admin.connector_desk import name_of
from doorward.console.admin.connector_words import STATUSES
from doorward.console.admin.frame import AdminFrame
from doorward.console.admin.model import AdminPage, AdminRoute, AdminServices, Staff
from doorward.db import find_row_id
from doorward.http import ASGIApp, Call, message
from doorward.orgs import Permission
from doorward.vault import Connection, Status, health_of

__all__ = ["CONNECTIONS", "ConnectionListPages", "Slice", "slices_of"]

CONNECTIONS: Final = "/admin/connections"
_PAGE_SIZE: Final = 50
_WIDTH: Final = 600
_KEPT: Final = tuple(each for each in Status if each is not Status.EXPIRING)
_NOTICES: Final = {"disconnected": message("The connection is disconnected.")}


@dataclass(frozen=True, slots=True)
class Slice:
    """One status in the chart: how many, and where its part of the bar stands, in SVG units."""

    status: Status
    count: int
    percent: int
    x: int
    width: int


def slices_of(counts: Mapping[Status, int]) -> list[Slice]:
    """The parts of a bar of 600 units, from good to gone; what is there at all can be seen."""
    total = sum(counts.values())
    shown = [status for status in _KEPT if counts.get(status)]
    least = 4
    free = _WIDTH - least * len(shown)
    slices, x = [], 0
    for status in _KEPT:
        count = counts.get(status, 0)
        width = least + free * count // total if count else 0
        percent = round(100 * count / total) if total else 0
        slices.append(Slice(status, count, percent, x, width))
        x += width
    return slices


class ConnectionListPages:
    """``/admin/connections``."""

    def __init__(self, use: AdminServices, frame: AdminFrame) -> None:
        """List what ``use`` keeps, within ``frame``."""
        self._use = use
        self._frame = frame

    def routes(self) -> tuple[AdminRoute, ...]:
        """What is served."""
        permission = Permission.CONNECTIONS_READ
        return (AdminRoute("GET", CONNECTIONS, permission, "connections", self.show),)

    async def show(self, call: Call, staff: Staff) -> ASGIApp:
        """The chart of everything, and a page of what the filter leaves, the newest first."""
        query = call.query()
        status = next((each for each in _KEPT if each == query.get("status")), None)
        connector = (query.get("connector") or "")[:64] or None
        found = await self._use.vault.connections.list(
            staff.org_id,
            before=find_row_id(query.get("before")),
            limit=_PAGE_SIZE + 1,
            connector=connector,
            status=status,
        )
        counts = await self._use.vault.connections.count_by_status(staff.org_id)
        known = await self._use.connectors.list_for(staff.org_id)
        values: dict[str, object] = {
            "slices": [(STATUSES[each.status], each) for each in slices_of(counts)],
            "width": _WIDTH,
            "total": sum(counts.values()),
            "connections": [await self._line(staff, each) for each in found[:_PAGE_SIZE]],
            "more": str(found[_PAGE_SIZE - 1].connection_id) if len(found) > _PAGE_SIZE else None,
            "first": "before" not in query,
            "statuses": [STATUSES[each] for each in _KEPT],
            "status": None if status is None else str(status),
            "connectors": [(each.slug, each.manifest.name) for each in known],
            "connector": connector,
        }
        kept = tuple(
            (name, query[name]) for name in ("status", "connector", "before") if name in query
        )
        page = AdminPage(
            "admin_connections.html", "connections", CONNECTIONS, query=kept, notices=_NOTICES
        )
        return self._frame.page(call, staff, page, values)

    async def _line(self, staff: Staff, row: Connection) -> dict[str, object]:
        health = health_of(row, self._use.clock())
        connector = await self._use.connectors.find(staff.org_id, row.connector)
        return {
            "id": str(row.connection_id),
            "platform": row.connector if connector is None else connector.manifest.name,
            "party": row.label or row.party_name or row.party_email or row.party_id,
            "owner": await name_of(self._use, staff, row.account_id),
            "status": STATUSES[health.status],
            "says": health.says if health.reason is not None else None,
            "since": health.since,
            "refreshed_at": row.last_refreshed_at,
            "used_at": row.last_used_at,
        }
