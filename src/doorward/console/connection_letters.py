"""Letters about connections that somebody must mend: the person, or who keeps the connectors."""

from __future__ import annotations

from typing import Final

from doorward.accounts import Accounts
from doorward.connectors import Connector, Connectors
from doorward.console.letter_desk import LetterDesk
from doorward.db import Transaction
from doorward.mail import AboutConnection, Template, looks_like_link
from doorward.orgs import Organization, Organizations, Permission
from doorward.vault import ORGANIZATION, Connection, Herald, Status, health_of

__all__ = ["ConnectionPost"]

_MOST_STAFF: Final = 20


class ConnectionPost:
    """Writes to the person whose connection ended, and to staff whose credentials are refused."""

    def __init__(
        self, desk: LetterDesk, *, organizations: Organizations, connectors: Connectors
    ) -> None:
        """Write at ``desk`` what the other rooms know."""
        self._desk = desk
        self._organizations = organizations
        self._connectors = connectors

    async def find_herald(self, row: Connection) -> Herald | None:
        """Whoever tells of this connection: a ``FindHerald`` of ``vault``."""
        if not self._desk.is_on:
            return None
        org = await self._organizations.find(row.org_id)
        if org is None:
            return None
        connector = await self._connectors.find(row.org_id, row.connector)
        return self._herald(org, row.connector if connector is None else _name_of(connector))

    def _herald(self, org: Organization, platform: str) -> Herald:
        async def tell(tx: Transaction, row: Connection) -> None:
            if row.status is Status.BLOCKED:
                await self._tell_staff(tx, org, platform, row)
            elif row.account_id != ORGANIZATION:
                await self._tell_person(tx, org, platform, row)

        return tell

    async def _tell_person(
        self, tx: Transaction, org: Organization, platform: str, row: Connection
    ) -> None:
        person = await Accounts.find_within(tx, org.org_id, row.account_id)
        if person is None:
            return
        link = self._desk.link_for(org, person, "/account/connections")
        about = AboutConnection(platform, health_of(row, row.since).says, link)
        letter = self._desk.compose(org, Template.CONNECTION_ENDED, about, person)
        await self._desk.enqueue(tx, letter)

    async def _tell_staff(
        self, tx: Transaction, org: Organization, platform: str, row: Connection
    ) -> None:
        link = self._desk.link(org, "/admin/connectors/connector", connector=row.connector)
        about = AboutConnection(platform, health_of(row, row.since).says, link)
        staff = await Accounts.list_permitted_within(
            tx, org.org_id, Permission.CONNECTORS_WRITE, _MOST_STAFF
        )
        for each in staff:
            letter = self._desk.compose(org, Template.CREDENTIALS_REFUSED, about, each)
            await self._desk.enqueue(tx, letter)


def _name_of(connector: Connector) -> str:
    """Its name; of one that nobody may have looked at, none that mail programs make a link of."""
    name = connector.manifest.name
    is_strange = connector.origin == "registered" and looks_like_link(name)
    return connector.slug if is_strange else name
