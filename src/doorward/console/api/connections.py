"""``/connections``: what people have connected, for the programs of the organization."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import msgspec
from fastapi import Query
from pydantic import AfterValidator, Field

from doorward import vault
from doorward.console.api.connection_shapes import (
    Check,
    Connection,
    Disconnection,
    Token,
    check_of,
    connection_of,
    disconnection_of,
    token_of,
)
from doorward.console.api.cursors import Cursors, Place
from doorward.console.api.fields import Body, Caller, Document, NextCursor, PageQuery, Patch, RowId
from doorward.console.api.model import ApiServices
from doorward.console.api.route import Operation
from doorward.orgs import Permission

__all__ = ["ConnectionRoutes"]

_LARGEST: Final = (1 << 63) - 1
_DAY_S: Final = 86_400


def _is_storable(value: dict[str, Any]) -> dict[str, Any]:
    try:
        written = msgspec.json.encode(value)
        is_same = msgspec.json.decode(written) == value
    except (ValueError, OverflowError, RecursionError, TypeError) as error:
        raise ValueError("This cannot be kept.") from error
    if not is_same:
        raise ValueError("A number cannot be kept as it is.")
    if len(written) > vault.MAX_SETTINGS:
        raise ValueError(f"Settings are at most {vault.MAX_SETTINGS} bytes of JSON.")
    return value


class ConnectionPage(Document):
    """A page of connections."""

    items: list[Connection]
    next_cursor: NextCursor


class ConnectionQuery(PageQuery):
    """Which connections."""

    connector: Annotated[str | None, Query(max_length=200, description="Of this slug.")] = None
    account_id: Annotated[
        int | None,
        Query(ge=0, le=_LARGEST, description="Of this account; 0 for the organization's own."),
    ] = None
    status: Annotated[
        Literal["active", "degraded", "needs_reconnect", "blocked", "disconnected"] | None,
        Query(description="What is `expiring` is among the active ones."),
    ] = None


class ConnectionPatch(Patch):
    """Changes to a connection."""

    label: Annotated[str, Field(max_length=100, description="Empty for none.")] = ""
    settings: Annotated[
        dict[str, Any],
        AfterValidator(_is_storable),
        Field(
            default_factory=dict,
            description="Yours to fill; kept when the connection is disconnected.",
        ),
    ]


class DisconnectQuery(Body):
    """How it is to end."""

    skip_remote: Annotated[
        bool, Query(description="Forget the credentials without telling the platform.")
    ] = False


class TokenQuery(Body):
    """How good the token has to be."""

    min_ttl_s: Annotated[
        int, Query(ge=0, le=_DAY_S, description="For how many more seconds, if that can be had.")
    ] = 0


class ConnectionRoutes:
    """Operations on connections."""

    def __init__(self, use: ApiServices, cursors: Cursors) -> None:
        """Serve ``use.vault`` and ``use.lender``."""
        self._use = use
        self._cursors = cursors

    def operations(self) -> tuple[Operation, ...]:
        """What is served, in the order of the reference."""
        read, write = Permission.CONNECTIONS_READ, Permission.CONNECTIONS_WRITE
        reveal = Permission.CONNECTIONS_REVEAL
        one = "/connections/{connection_id}"
        return (
            Operation("GET", "/connections", read, self.list_connections, "List connections"),
            Operation("GET", one, read, self.get_connection, "Read a connection"),
            Operation("PATCH", one, write, self.update_connection, "Label it, set its settings"),
            Operation("DELETE", one, write, self.disconnect, "Disconnect it"),
            Operation("POST", f"{one}/refresh", write, self.refresh_connection, "Renew its token"),
            Operation("POST", f"{one}/test", write, self.test_connection, "Try its credential"),
            Operation(
                "GET",
                f"{one}/token",
                reveal,
                self.read_connection_token,
                "Read its token",
                problems=("409",),
            ),
        )

    async def list_connections(
        self, call: Caller, query: Annotated[ConnectionQuery, Query()]
    ) -> ConnectionPage:
        """The newest first. Those that were disconnected stay, with nothing in them."""
        place = Place(call.org_id, "list_connections", query.filters())
        window = self._cursors.open(place, query.cursor, query.limit)
        found = await self._use.vault.connections.list(
            call.org_id,
            before=window.after_number,
            limit=window.fetch,
            connector=query.connector,
            status=None if query.status is None else vault.Status(query.status),
            account_id=query.account_id,
        )
        rows, following = window.close(found, lambda each: each.connection_id)
        now, missing = self._use.clock(), await self._use.missing_scopes.find_each(rows)
        items = [connection_of(each, now, missing[each.connection_id]) for each in rows]
        return ConnectionPage(items=items, next_cursor=following)

    async def get_connection(self, call: Caller, connection_id: RowId) -> Connection:
        """How it is, since when, and what is to be done about it. Nothing secret is in it."""
        return await self._shown(await self._use.vault.connections.get(call.org_id, connection_id))

    async def update_connection(
        self, call: Caller, connection_id: RowId, body: ConnectionPatch
    ) -> Connection:
        """Change what people call it, and the settings that you keep with it."""
        connections, given = self._use.vault.connections, body.given()
        if not given:
            return await self._shown(await connections.get(call.org_id, connection_id))
        change = vault.ConnectionChange(**given)
        row = await connections.change(call.org_id, connection_id, change, call.actor)
        return await self._shown(row)

    async def disconnect(
        self,
        call: Caller,
        connection_id: RowId,
        query: Annotated[DisconnectQuery, Query()],
    ) -> Disconnection:
        """Forget its credentials for good, and take them back at the platform.

        What the platform did not take back is tried again for a day.
        """
        report = await self._use.vault.deauthorizer.disconnect(
            call.org_id, connection_id, call.actor, skip_remote=query.skip_remote
        )
        return disconnection_of(report, self._use.clock())

    async def refresh_connection(self, call: Caller, connection_id: RowId) -> Connection:
        """Have the token renewed now, although it may still be good."""
        row = await self._use.vault.connections.get(call.org_id, connection_id)
        held = await self._use.lender.renew(call.org_id, connection_id, row.token_version)
        return await self._shown(held.connection)

    async def test_connection(self, call: Caller, connection_id: RowId) -> Check:
        """Ask the platform whether it takes the credential, by the connector's own call."""
        found = await self._use.lender.check(call.org_id, connection_id)
        return check_of(found)

    async def read_connection_token(
        self,
        call: Caller,
        connection_id: RowId,
        query: Annotated[TokenQuery, Query()],
    ) -> Token:
        """The token as the platform gave it, renewed before where it has to be.

        Calls through `/proxy` need no token in your hands: prefer them. Every read is recorded.
        """
        held = await self._use.lender.read_token(
            call.org_id, connection_id, call.actor, min_ttl_s=query.min_ttl_s
        )
        return token_of(held)

    async def _shown(self, row: vault.Connection) -> Connection:
        missing = await self._use.missing_scopes.find(row)
        return connection_of(row, self._use.clock(), missing)
