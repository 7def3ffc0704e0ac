"""``/connectors``: the catalogue and what was registered, and which of them people may use."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from fastapi import Path, Query
from pydantic import Field

from doorward import connectors
from doorward.connectors import write_manifest
from doorward.console.api.cursors import Cursors, Place
from doorward.console.api.fields import Body, Caller, Document, Id, NextCursor, PageQuery
from doorward.console.api.model import ApiServices
from doorward.console.api.route import Operation
from doorward.orgs import Permission

__all__ = ["ConnectorRoutes", "SlugPath"]

SlugPath = Annotated[str, Path(max_length=200, examples=["hubspot"])]


class Connector(Document):
    """A platform as the organization has it."""

    slug: Annotated[str, Field(examples=["hubspot"])]
    name: str
    origin: Literal["catalogue", "registered", "plugin"]
    version: Annotated[int, Field(description="Counts the changes of a registered manifest.")]
    enabled: Annotated[bool, Field(description="Whether people may connect by it.")]
    owner_account_id: Id | None
    categories: tuple[str, ...]
    auth_types: Annotated[tuple[str, ...], Field(examples=[["oauth2_code"]])]

    @classmethod
    def of(cls, connector: connectors.Connector) -> Connector:
        """Show ``connector``."""
        return cls(**_fields(connector))


class ConnectorDetails(Connector):
    """The same with its manifest, as it may be registered again."""

    manifest: dict[str, Any]

    @classmethod
    def of(cls, connector: connectors.Connector) -> ConnectorDetails:
        """Show ``connector``."""
        manifest = json.loads(write_manifest(connector.manifest))
        return cls(**_fields(connector), manifest=manifest)


class ConnectorPage(Document):
    """A page of connectors."""

    items: list[Connector]
    next_cursor: NextCursor


class ConnectorQuery(PageQuery):
    """Which connectors."""

    enabled: Annotated[bool | None, Query(description="Only those that are on, or off.")] = None


class Enabling(Body):
    """Whether people may connect by it."""

    enabled: bool
    version: Annotated[
        int | None,
        Field(
            ge=0,
            le=(1 << 63) - 1,
            description="To switch on a registered one: the version that you looked at.",
        ),
    ] = None


class ConnectorRoutes:
    """Operations on connectors."""

    def __init__(self, use: ApiServices, cursors: Cursors) -> None:
        """Serve ``use.connectors``."""
        self._use = use
        self._cursors = cursors

    def operations(self) -> tuple[Operation, ...]:
        """What is served, in the order of the reference."""
        read, write = Permission.CONNECTORS_READ, Permission.CONNECTORS_WRITE
        one = "/connectors/{slug}"
        return (
            Operation("GET", "/connectors", read, self.list_connectors, "List connectors"),
            Operation("GET", one, read, self.get_connector, "Read a connector"),
            Operation(
                "PUT", f"{one}/enabled", write, self.set_connector_enabled, "Switch it on or off"
            ),
        )

    async def list_connectors(
        self, call: Caller, query: Annotated[ConnectorQuery, Query()]
    ) -> ConnectorPage:
        """The catalogue and what the organization's people registered, by slug."""
        place = Place(call.org_id, "list_connectors", query.filters())
        window = self._cursors.open(place, query.cursor, query.limit)
        held = {each.slug: each for each in await self._use.connectors.list_for(call.org_id)}
        every = {each.slug: each for each in self._use.connectors.entries_for(call.org_id)} | held
        wanted = [e for e in every.values() if query.enabled in {None, e.enabled}]
        rows, following = window.cut(wanted, lambda each: each.slug, window.after_text)
        return ConnectorPage(items=[Connector.of(each) for each in rows], next_cursor=following)

    async def get_connector(self, call: Caller, slug: SlugPath) -> ConnectorDetails:
        """The connector with its whole manifest."""
        return ConnectorDetails.of(await self._use.connectors.get(call.org_id, slug))

    async def set_connector_enabled(
        self, call: Caller, slug: SlugPath, body: Enabling
    ) -> Connector:
        """Let people connect by it, or not any more; what is connected stops meanwhile.

        A registered one is switched on in the version that you looked at, and in no other.
        """
        org_id, by = call.org_id, call.connector_author
        if not body.enabled:
            return Connector.of(await self._use.connectors.disable(org_id, slug, by))
        return Connector.of(
            await self._use.connectors.enable(org_id, slug, by, version=body.version)
        )


def _fields(connector: connectors.Connector) -> dict[str, Any]:
    manifest, owner = connector.manifest, connector.owner_account_id
    return {
        "slug": connector.slug,
        "name": manifest.name,
        "origin": connector.origin,
        "version": connector.version,
        "enabled": connector.enabled,
        "owner_account_id": None if owner is None else str(owner),
        "categories": tuple(manifest.categories),
        "auth_types": tuple(each.type for each in manifest.auth_options),
    }
