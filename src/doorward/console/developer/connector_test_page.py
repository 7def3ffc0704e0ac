"""The developer's test of a connector: clear, select, connect, and see what was saved."""

from __future__ import annotations

from typing import Final

from doorward.connectors import Connector
from doorward.console.developer.connector_shelf import HOME, back_to
from doorward.console.developer.frame import DeveloperFrame
from doorward.console.developer.model import (
    Developer,
    DeveloperPage,
    DeveloperRoute,
    DeveloperServices,
)
from doorward.http import ASGIApp, Call, Reply, message
from doorward.vault import Connection

__all__ = ["ConnectorTestPages", "saved_row"]

_PATH: Final = f"{HOME}/test"
_CLEAR: Final = f"{_PATH}/clear"
_MOST: Final = 200
_HELD_BACK: Final = frozenset({"sealed", "lease_owner", "lease_until", "settings", "org_id"})
_NOTICES: Final = {
    "cleared": message("The platform info is cleared. Select the platform, and connect again."),
}


class ConnectorTestPages:
    """``/developer/connectors/test``."""

    def __init__(self, use: DeveloperServices, frame: DeveloperFrame) -> None:
        """Read and clear the person's own connections of ``use``, within ``frame``."""
        self._use = use
        self._frame = frame

    def routes(self) -> tuple[DeveloperRoute, ...]:
        """What is served."""
        return (
            DeveloperRoute("GET", _PATH, self.show),
            DeveloperRoute("POST", _CLEAR, self.clear),
        )

    async def show(self, call: Call, developer: Developer) -> ASGIApp:
        """What is saved of the person's connections; where there is none, what to select."""
        connectors = await self._use.connectors.list_for(developer.org_id, enabled_only=True)
        rows = await self._connected(developer)
        values: dict[str, object] = {
            "rows": [_shown(each, connectors) for each in rows],
            "connectors": [(each.slug, each.manifest.name) for each in connectors],
        }
        page = DeveloperPage("developer_connector_test.html", "connectors", _PATH, notices=_NOTICES)
        return self._frame.page(call, developer, page, values)

    async def clear(self, call: Call, developer: Developer) -> Reply | ASGIApp:
        """End the person's own connections, after saying which those are."""
        rows = await self._connected(developer)
        if call.form().get("decision") != "confirm":
            connectors = await self._use.connectors.list_for(developer.org_id)
            values: dict[str, object] = {"rows": [_shown(each, connectors) for each in rows]}
            page = DeveloperPage("developer_connector_clear.html", "connectors", _PATH)
            return self._frame.page(call, developer, page, values)
        for row in rows:
            await self._use.vault.deauthorizer.disconnect(
                developer.org_id,
                row.connection_id,
                developer.author.actor,
                account_id=developer.account.account_id,
            )
        return back_to(developer, _PATH, None, "cleared")

    async def _connected(self, developer: Developer) -> list[Connection]:
        found = await self._use.vault.connections.list_of_account(
            developer.org_id, developer.account.account_id, limit=_MOST
        )
        return [each for each in found if each.is_connected]


def saved_row(row: Connection) -> list[tuple[str, object, bool]]:
    """Every column with its value, and whether that is a moment; of what is sealed, its size."""
    columns = row.as_row()
    shown = [
        (name, value, isinstance(value, int) and (name.endswith("_at") or name == "since"))
        for name, value in columns.items()
        if name not in _HELD_BACK and value not in {None, ""}
    ]
    return [*shown, ("sealed", len(row.sealed or b""), False)]


def _shown(row: Connection, connectors: list[Connector]) -> dict[str, object]:
    names = {each.slug: each.manifest.name for each in connectors}
    return {
        "id": str(row.connection_id),
        "platform": names.get(row.connector, row.connector),
        "party": row.label or row.party_name or row.party_email or row.party_id,
        "columns": saved_row(row),
    }
