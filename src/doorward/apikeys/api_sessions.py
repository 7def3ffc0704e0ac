"""API v1 sessions: opened with a key, proved by a short identifier, ended by whichever is first.

Why such a short identifier is good enough: ``docs/decisions/0010-api-v1-session-ids.md``.
"""

from __future__ import annotations

import hmac
import re
from contextlib import suppress
from hashlib import sha256

from doorward.apikeys.model import ApiSession, StaffCaller, is_staff
from doorward.apikeys.refusals import BadApiKey, BadApiSession
from doorward.apikeys.service import ApiKeys
from doorward.apikeys.store import (
    SLIDE,
    Proof,
    end_oldest_sessions,
    end_session,
    find_session,
    insert_session,
    lock_key,
)
from doorward.audit import Actor, record
from doorward.brakes import Brake, Braked, Brakes, Try
from doorward.crypto import Random, Secret
from doorward.db import SECOND, Clock, Conflict, Database, Transaction
from doorward.http import subscriber_of

__all__ = ["MAX_LIVE_SESSIONS", "ApiSessions"]

MAX_LIVE_SESSIONS = 20
"""Open sessions of one key: more than the processes of an integration, and few to guess."""
_IDLE = 30 * 60 * SECOND
"""A program that pauses longer signs in again, as it does after a restart."""
_ABSOLUTE = 12 * 3600 * SECOND
"""A working day: a stolen identifier is worth nothing the next."""
_SLIDES_BY = 60 * SECOND
"""A use writes the new end only when it moves by a minute."""

_ID = re.compile(r"T[0-9]{13}\Z", re.ASCII)
_IDS = 10**13
# The largest multiple of _IDS in 48 bits: what lies above would favour small numbers.
_FAIR = (1 << 48) // _IDS * _IDS
_TRIES = 5

_ALL = Try(Brake.API_SESSIONS, "")
_EVERYWHERE = ""
"""An identifier that is none names no organization."""


class ApiSessions:
    """The API v1 sessions of every organization's staff."""

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        random: Random,
        api_keys: ApiKeys,
        pepper: Secret[bytes],
        brakes: Brakes,
    ) -> None:
        """Keep sessions in ``db``, opened by keys of ``api_keys``, hashed under ``pepper``."""
        self._db = db
        self._clock = clock
        self._random = random
        self._api_keys = api_keys
        self._pepper = pepper
        self._brakes = brakes

    async def open(
        self, org_id: str, text: str, address: str | None
    ) -> tuple[Secret[str], StaffCaller]:
        """A session for whoever holds the key ``text``; its identifier is shown this once.

        When the key has too many, its oldest session ends. Raises ``BadApiKey``.
        """
        caller = await self._api_keys.authenticate(org_id, text, address)
        for attempt in range(_TRIES):
            session_id = self._mint()
            try:
                await self._open(caller, session_id, address)
            except Conflict:
                # Another live session has this identifier.
                if attempt == _TRIES - 1:
                    raise
                continue
            return session_id, caller
        raise AssertionError("the loop ends by itself")

    async def authenticate(
        self, text: str, address: str | None, org_id: str | None = None
    ) -> StaffCaller:
        """The staff account whose session ``text`` is, with the permissions that it has now.

        It names its organization; with an ``org_id`` only that one's sessions are good. Raises
        ``BadApiSession``, the same whatever is wrong.
        """
        session, key, account = await self._prove(text, address, org_id)
        now = self._clock()
        until = min(now + _IDLE, session.created_at + _ABSOLUTE)
        if until - session.expires_at > _SLIDES_BY:
            await self._db.run(
                SLIDE, org_id=session.org_id, id=session.id, expires_at=until, now=now
            )
        await self._api_keys.note_use(key, address)
        return StaffCaller(account=account, key_id=key.key_id)

    async def close(self, text: str, address: str | None, org_id: str | None = None) -> None:
        """End the session ``text``. Raises ``BadApiSession``."""
        session, _key, account = await self._prove(text, address, org_id)
        now = self._clock()
        by = Actor(kind="account", id=account.subject, address=address)

        async def work(tx: Transaction) -> None:
            if not await end_session(tx, session, now=now):
                raise BadApiSession
            await self._record(tx, by, "api_session.closed", session)

        await self._db.unit(work)

    async def _open(
        self, caller: StaffCaller, session_id: Secret[str], address: str | None
    ) -> None:
        now = self._clock()
        org_id, key_id = caller.account.org_id, caller.key_id
        session = ApiSession(
            org_id=org_id,
            id=self._db.next_id(),
            account_id=caller.account.account_id,
            key_id=key_id,
            address=address,
            created_at=now,
            expires_at=now + _IDLE,
        )

        async def work(tx: Transaction) -> None:
            key = await lock_key(tx, org_id, key_id)
            # It may have been revoked since it was proved, and its sessions ended.
            if key is None or not key.is_live(now):
                raise BadApiKey
            kept = MAX_LIVE_SESSIONS - 1
            await end_oldest_sessions(tx, org_id, key_id, kept=kept, now=now)
            await insert_session(tx, session, self._digest(session_id.reveal()))
            await self._record(tx, caller.actor(address), "api_session.opened", session)

        await self._db.unit(work)

    async def _prove(self, text: str, address: str | None, org_id: str | None) -> Proof:
        if not _ID.match(text):
            raise BadApiSession
        line = Try(Brake.API_SESSION_NETWORK, subscriber_of(address))
        if self._brakes.is_closed(_EVERYWHERE, line):
            raise BadApiSession
        found = await find_session(self._db, self._digest(text))
        if found is None:
            await self._note_wrong(line)
            raise BadApiSession
        session, key, account = found
        if org_id is not None and session.org_id != org_id:
            raise BadApiSession
        if not self._is_good(found, address):
            raise BadApiSession
        return session, key, account

    async def _note_wrong(self, line: Try) -> None:
        with suppress(Braked):
            await self._brakes.admit(_EVERYWHERE, line)
        with suppress(Braked):
            await self._brakes.admit(_EVERYWHERE, _ALL)

    def _is_good(self, proof: Proof, address: str | None) -> bool:
        session, key, account = proof
        now = self._clock()
        is_elsewhere = subscriber_of(session.address) != subscriber_of(address)
        if is_elsewhere and self._brakes.is_closed(_EVERYWHERE, _ALL):
            # Somebody guesses from many places: sessions open only from where they were opened.
            return False
        return (
            now < session.expires_at
            and key.is_live(now)
            and key.is_welcome(address)
            and is_staff(account)
        )

    def _mint(self) -> Secret[str]:
        while True:
            number = int.from_bytes(self._random(6), "big")
            if number < _FAIR:
                return Secret(f"T{number % _IDS:013}")

    def _digest(self, text: str) -> bytes:
        # Without the key, all identifiers could be tried against a stolen table in a minute.
        return hmac.new(self._pepper.reveal(), text.encode("ascii"), sha256).digest()

    async def _record(self, tx: Transaction, by: Actor, action: str, session: ApiSession) -> None:
        event = by.did(
            action,
            session.org_id,
            ("api_session", str(session.id)),
            account_id=session.account_id,
            key_id=str(session.key_id),
        )
        await record(tx, event, event_id=self._db.next_id(), now=self._clock())
