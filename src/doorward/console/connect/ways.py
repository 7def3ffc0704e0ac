"""One way to connect, as an address names it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from doorward.connectors import AuthOption, Connector, Variable
from doorward.console.connect.frame import ConnectServices, Visitor
from doorward.db import find_row_id
from doorward.vault import Field, Place, find_option

__all__ = ["Way", "find_way", "name_of"]

_VISITS: Final = frozenset({"oauth2_code", "identity_only"})


@dataclass(frozen=True, slots=True)
class Way:
    """A connector, a way to connect, an environment, and the connection that is renewed, if any."""

    connector: Connector
    option: AuthOption
    place: Place
    reconnect_of: int | None

    @property
    def query(self) -> tuple[tuple[str, str], ...]:
        """The same as parameters of an address."""
        pairs = (
            ("connector", self.connector.slug),
            ("option", self.option.name),
            ("environment", self.place.environment),
            ("reconnect", "" if self.reconnect_of is None else str(self.reconnect_of)),
        )
        return tuple((name, value) for name, value in pairs if value)

    @property
    def leads_away(self) -> bool:
        """Whether the person signs in at the platform itself."""
        return self.option.type in _VISITS

    @property
    def of_account(self) -> list[Variable]:
        """What is one for the organization or its application, such as its host there."""
        declared = (*self.connector.manifest.variables, *self.option.variables)
        return [
            each
            for each in {each.name: each for each in declared}.values()
            if each.scope != "user" and each.source == "form" and each.type != "button"
        ]


async def find_way(use: ConnectServices, visitor: Visitor, given: Mapping[str, str]) -> Way:
    """What an address names. Raises what the rooms raise for what is not there, or not for them."""
    slug = given.get("connector") or ""
    if visitor.within is not None:
        visitor.within.verify_allows(slug)
    connector = await use.connectors.get_enabled(visitor.person.tenant.org_id, slug)
    option = find_option(connector.manifest, given.get("option") or "")
    environments = connector.manifest.environments
    environment = given.get("environment") or ""
    if not environment and len(environments) == 1:
        environment = environments[0].name
    place = visitor.place(connector, environment)
    return Way(connector, option, place, find_row_id(given.get("reconnect")))


def name_of(field: Field | Variable) -> str:
    """The name of a manifest's field in our form: apart from our own."""
    return f"v_{field.name}"
