"""Letters about connections that somebody must mend: the person, or the staff who may."""

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
# What is told, and the permission to mend it.
_CREDENTIALS: Final = (Template.CREDENTIALS_REFUSED, Permission.CONNECTORS_WRITE)
_SHARED: Final = (Template.SHARED_CONNECTION_ENDED, Permission.CONNECTIONS_WRITE)


class ConnectionPost:
    """Writes to the person whose connection ended; to staff of credentials, and of shared ones."""

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
                link = self._desk.link(org, "/admin/connectors/connector", connector=row.connector)
                about = AboutConnection(platform, health_of(row, row.since).says, link)
                await self._tell_staff(tx, org, _CREDENTIALS, about)
            elif row.account_id == ORGANIZATION:
                number = str(row.connection_id)
                link = self._desk.link(org, "/admin/connections/connection", connection=number)
                about = AboutConnection(platform, health_of(row, row.since).says, link)
                await self._tell_staff(tx, org, _SHARED, about)
            else:
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
        self,
        tx: Transaction,
        org: Organization,
        what: tuple[Template, Permission],
        about: AboutConnection,
    ) -> None:
        template, permission = what
        staff = await Accounts.list_permitted_within(tx, org.org_id, permission, _MOST_STAFF)
        for each in staff:
            await self._desk.enqueue(tx, self._desk.compose(org, template, about, each))


def _name_of(connector: Connector) -> str:
    """Its name; of one that nobody may have looked at, none that mail programs make a link of."""
    name = connector.manifest.name
    is_strange = connector.origin == "registered" and looks_like_link(name)
    return connector.slug if is_strange else name
