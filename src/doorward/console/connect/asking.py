"""Asking administrators for a connector: a letter to whoever may set it up."""

from __future__ import annotations

from typing import Final

from doorward.accounts import Accounts
from doorward.audit import record
from doorward.connectors import Connector
from doorward.console.account import Person
from doorward.console.connect.store import claim_request
from doorward.console.letter_desk import LetterDesk
from doorward.db import SECOND, Clock, Database, Transaction
from doorward.mail import AboutApplication, Template, looks_like_link
from doorward.orgs import Permission

__all__ = ["ConnectorRequests"]

_DAY: Final = 86_400 * SECOND
_MOST_READERS: Final = 20
_MOST_A_DAY: Final = 10
"""Whoever had so many letters of this kind knows that there is something to set up."""


class ConnectorRequests:
    """What people ask for who cannot set a connector up themselves."""

    def __init__(self, *, db: Database, clock: Clock, desk: LetterDesk) -> None:
        """Write at ``desk``."""
        self._db = db
        self._clock = clock
        self._desk = desk

    @property
    def is_on(self) -> bool:
        """Whether anybody would hear of it."""
        return self._desk.is_on

    async def ask(self, person: Person, connector: Connector) -> bool:
        """Tell the administrators, once a day for each person and connector; whether it was now."""
        if not self._desk.is_on:
            return False
        now = self._clock()
        request_id, event_id = self._db.next_id(), self._db.next_id()
        key = (connector.org_id, person.session.account_id, connector.slug)
        event = person.actor.did(
            "connector.asked_for", connector.org_id, ("connector", connector.slug)
        )

        async def work(tx: Transaction) -> bool:
            claimed = await claim_request(tx, key, request_id=request_id, now=now, until=now + _DAY)
            if not claimed:
                return False
            await record(tx, event, event_id=event_id, now=now)
            await self._tell(tx, person, connector)
            return True

        return await self._db.unit(work)

    async def _tell(self, tx: Transaction, person: Person, connector: Connector) -> None:
        org, name = person.tenant.org, person.session.name
        about = AboutApplication(
            name=connector.manifest.name,
            link=self._desk.link(org, "/admin/connectors/connector", connector=connector.slug),
            # A name is chosen by its owner: one that a mail program would make a link stays out.
            person=name if name and not looks_like_link(name) else None,
        )
        readers = await Accounts.list_permitted_within(
            tx, org.org_id, Permission.CONNECTORS_WRITE, _MOST_READERS
        )
        for each in readers:
            if each.account_id != person.session.account_id:
                letter = self._desk.compose(org, Template.CONNECTOR_ASKED_FOR, about, each)
                await self._desk.enqueue(tx, letter, most_a_day=_MOST_A_DAY)
