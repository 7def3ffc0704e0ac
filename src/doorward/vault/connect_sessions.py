"""Connect sessions: a link by which one person connects, and returns to where they came from."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from doorward.audit import Actor, record
from doorward.clients import Application
from doorward.connectors import Connectors
from doorward.consents import Consents
from doorward.crypto import Malformed, Random, Secret, ValueKind, digest, mint, parse_value, same
from doorward.db import Clock, Database, Transaction
from doorward.vault.connect_sessions_model import (
    SESSION_FOR,
    BadConnectSession,
    ConnectSession,
    ConnectSessionOver,
    NewConnectSession,
    SessionResult,
)
from doorward.vault.credentials_rules import is_row_id
from doorward.vault.store.connect_sessions import (
    end_connect_session,
    find_connect_session,
    insert_connect_session,
    open_connect_session,
)

__all__ = ["ConnectSessions"]

_MOST_CONNECTORS: Final = 50


class ConnectSessions:
    """What applications' servers begin for their people. The value is shown to the server once."""

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        random: Random,
        connectors: Connectors,
        consents: Consents,
    ) -> None:
        """Keep them in ``db``, with values from ``random``."""
        self._db = db
        self._clock = clock
        self._random = random
        self._connectors = connectors
        self._consents = consents

    async def create(
        self, application: Application, new: NewConnectSession, by: Actor
    ) -> tuple[ConnectSession, Secret[str]]:
        """A session for half an hour, and its value, for the server of ``application``.

        Only for somebody who lets the application act for them, only for connectors that are on,
        and back only to a redirect URI that the application has registered, character for
        character. Raises ``BadConnectSession``.
        """
        await self._verify(application, new)
        number, now = self._db.next_id(), self._clock()
        value = mint(ValueKind.CONNECT_SESSION, number, self._random)
        parts = urlsplit(new.return_url)
        session = ConnectSession(
            org_id=application.org_id,
            id=number,
            client_id=application.client_id,
            account_id=new.account_id,
            connectors=tuple(dict.fromkeys(new.connectors)),
            reconnect_of=new.reconnect_of,
            return_origin=f"{parts.scheme}://{parts.netloc}",
            return_url=new.return_url,
            session_id=None,
            created_at=now,
            expires_at=now + SESSION_FOR,
            used_at=None,
        )

        async def work(tx: Transaction) -> None:
            await insert_connect_session(tx, session, digest(value.reveal()))
            event = by.did(
                "connect_session.created",
                session.org_id,
                ("connect_session", str(number)),
                account_id=session.account_id,
                client_id=session.client_id,
                connectors=" ".join(session.connectors),
            )
            await record(tx, event, event_id=self._db.next_id(), now=now)

        await self._db.unit(work)
        return session, value

    async def open(
        self, org_id: str, value: str, *, account_id: int, session_id: int
    ) -> ConnectSession:
        """The session of this value, for the person it is for, in the sign-in that opens it first.

        Opening it again in the same sign-in is the same page again. Raises
        ``ConnectSessionOver``, with one answer to all that is wrong.
        """
        found = await self.find(org_id, value)
        if found is None or found.account_id != account_id:
            raise ConnectSessionOver
        number, now = found.id, self._clock()

        async def work(tx: Transaction) -> ConnectSession | None:
            return await open_connect_session(tx, org_id, number, session_id=session_id, now=now)

        opened = await self._db.unit(work)
        if opened is None:
            raise ConnectSessionOver
        return opened

    async def find(self, org_id: str, value: str) -> ConnectSession | None:
        """The session of this value, open or not; None where there is none."""
        try:
            number = parse_value(value, ValueKind.CONNECT_SESSION)
        except Malformed:
            return None
        found = await find_connect_session(self._db, org_id, number)
        return None if found is None or not same(found[1], digest(value)) else found[0]

    async def find_of(
        self, org_id: str, number: int | None, *, account_id: int
    ) -> ConnectSession | None:
        """The session of that number if it is for this account, open or not."""
        if number is None or not is_row_id(number):
            return None
        found = await find_connect_session(self._db, org_id, number)
        return None if found is None or found[0].account_id != account_id else found[0]

    def state_of(self, session: ConnectSession) -> str:
        """``open``, what came of it, or ``over`` where its time ran out before that."""
        if session.result is not None:
            return session.result
        return "open" if self._clock() < session.expires_at else "over"

    async def end(
        self,
        whose: tuple[str, int],
        result: SessionResult,
        by: Actor,
        *,
        connection_id: int | None = None,
    ) -> None:
        """Keep what came of the session ``whose``: organization and number.

        For whoever has seen that this flow or form was begun in it.
        """
        org_id, number = whose
        event = by.did(
            "connect_session.ended", org_id, ("connect_session", str(number)), result=result
        )

        async def work(tx: Transaction) -> None:
            await end_connect_session(
                tx, org_id, number, result=result, connection_id=connection_id
            )
            await record(tx, event, event_id=self._db.next_id(), now=self._clock())

        await self._db.unit(work)

    async def get_open(
        self, org_id: str, number: int, *, account_id: int, session_id: int
    ) -> ConnectSession:
        """The session of that number, which this sign-in has opened. Raises the same."""
        found = None
        if is_row_id(number):
            found = await find_connect_session(self._db, org_id, number)
        if found is None or not found[0].is_open_to(account_id, session_id, self._clock()):
            raise ConnectSessionOver
        return found[0]

    async def _verify(self, application: Application, new: NewConnectSession) -> bool:
        if new.return_url not in application.redirect_uris:
            raise BadConnectSession(
                "The address to return to is none that the application has registered.",
                field="return_url",
            )
        if not 0 < len(new.connectors) <= _MOST_CONNECTORS:
            raise BadConnectSession("Name from 1 to 50 connectors.", field="connectors")
        if new.reconnect_of is not None and not is_row_id(new.reconnect_of):
            raise BadConnectSession("There is no such connection.", field="reconnect_of")
        for slug in new.connectors:
            connector = await self._connectors.find(application.org_id, slug)
            if connector is None or not connector.enabled:
                raise BadConnectSession("One of the connectors is not there.", field="connectors")
        consent = None
        if is_row_id(new.account_id):
            consent = await self._consents.find(
                application.org_id, new.account_id, application.client_id
            )
        if consent is None or not application.may_be_used_by(new.account_id):
            raise BadConnectSession(
                "This person does not let the application act for them.", field="account_id"
            )
        return True
