"""People's own API keys: made, proved, listed and revoked."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from doorward.accounts import AccountKind, Accounts, AccountStatus
from doorward.audit import Actor, record
from doorward.brakes import Brake, Brakes, Try
from doorward.clients import Applications
from doorward.crypto import Malformed, Random, Secret, ValueKind, digest, mint, parse_value, same
from doorward.db import SECOND, Clock, Conflict, Database, Transaction
from doorward.http import subscriber_of
from doorward.projects.key_model import (
    MAX_PERSONAL_KEYS,
    NewPersonalKey,
    PersonalKey,
    verify_key_name,
)
from doorward.projects.refusals import (
    BadPersonalKey,
    NotHeld,
    TooManyPersonalKeys,
    UnknownPersonalKey,
)
from doorward.projects.store import (
    TOUCH_KEY,
    count_live_keys,
    delete_key,
    find_key_orgs,
    find_live_key,
    hold_family,
    insert_key,
    list_live_keys,
)

__all__ = ["PersonalKeys"]

_TRIES: Final = 5
_NUMBER_BYTES: Final = 6
_NOTED_FOR: Final = 60 * SECOND
"""A use within a minute of the last noted one is not written down."""
_LARGEST_ID: Final = (1 << 53) - 1
# Inside the class, the name ``list`` is its own method.
_PersonalKeys = list[PersonalKey]


class PersonalKeys:
    """The keys with which constituents act as themselves, without an application."""

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        random: Random,
        accounts: Accounts,
        applications: Applications,
        brakes: Brakes,
    ) -> None:
        """Keep digests in ``db``, dated by ``clock``, of keys from ``random``."""
        self._db = db
        self._clock = clock
        self._random = random
        self._accounts = accounts
        self._applications = applications
        self._brakes = brakes

    async def create(self, new: NewPersonalKey, by: Actor) -> tuple[PersonalKey, Secret[str]]:
        """A key for an active constituent; its value is shown this once.

        One that an application makes ends with the authorization under which it was made, at the
        latest when that one does. Raises ``UnknownAccount``, ``NotHeld``, ``BadKeyName``,
        ``TooManyPersonalKeys``, ``BadPersonalKey`` when the authorization has ended.
        """
        verify_key_name(new.name)
        for _ in range(_TRIES):
            try:
                return await self._make(new, by)
            except Conflict:
                # Its number is taken: the next one is another.
                continue
        raise Conflict("no free number was found for a key")

    async def find_org(self, text: str) -> str | None:
        """The organization whose key ``text`` is, whatever the key's state."""
        try:
            key_id = parse_value(text, ValueKind.PERSONAL_KEY)
        except Malformed:
            return None
        given = digest(text)
        found = await find_key_orgs(self._db, key_id)
        return next((org_id for org_id, kept in found if same(kept, given)), None)

    async def authenticate(self, org_id: str, text: str, address: str | None) -> PersonalKey:
        """The live key ``text`` of an active constituent.

        ``address`` is the caller's network address. Raises ``BadPersonalKey``, the same whatever
        is wrong, and ``Braked`` in its place where a network presents too many such.
        """
        try:
            return await self._prove(org_id, text, address)
        except BadPersonalKey:
            await self._brakes.admit(org_id, Try(Brake.KEY_FAILURES, subscriber_of(address)))
            raise

    async def _prove(self, org_id: str, text: str, address: str | None) -> PersonalKey:
        try:
            key_id = parse_value(text, ValueKind.PERSONAL_KEY)
        except Malformed as malformed:
            raise BadPersonalKey from malformed
        now = self._clock()
        found = await find_live_key(self._db, org_id, key_id, now=now)
        if found is None:
            raise BadPersonalKey
        kept, kind, status, key = found
        if not same(digest(text), kept) or status != AccountStatus.ACTIVE:
            raise BadPersonalKey
        if kind != AccountKind.CONSTITUENT or not await self._is_application_live(key):
            raise BadPersonalKey
        if key.last_used_at is None or now - key.last_used_at > _NOTED_FOR:
            await self._note_use(key, address, now)
        return key

    async def list(self, org_id: str, account_id: int) -> _PersonalKeys:
        """The account's live keys, the oldest first."""
        return await list_live_keys(self._db, org_id, account_id, now=self._clock())

    async def revoke(self, org_id: str, account_id: int, key_id: int, by: Actor) -> PersonalKey:
        """Make a key of the account worthless at once. Raises ``UnknownPersonalKey``."""
        if not 0 < key_id <= _LARGEST_ID:
            raise UnknownPersonalKey

        async def work(tx: Transaction) -> PersonalKey:
            key = await delete_key(tx, org_id, account_id, key_id)
            if key is None:
                raise UnknownPersonalKey
            await self._record(tx, by, "personal_key.revoked", key)
            return key

        return await self._db.unit(work)

    async def _make(self, new: NewPersonalKey, by: Actor) -> tuple[PersonalKey, Secret[str]]:
        # People see the number, and every reader of JSON can keep 48 bits.
        key_id = 1 + int.from_bytes(self._random(_NUMBER_BYTES), "big")
        secret = mint(ValueKind.PERSONAL_KEY, key_id, self._random)
        now = self._clock()
        key = PersonalKey(
            org_id=new.org_id,
            key_id=key_id,
            account_id=new.account_id,
            name=new.name,
            scopes=new.scopes,
            origin=new.origin,
            created_at=now,
            expires_at=None,
            last_used_at=None,
            last_used_from=None,
        )

        async def work(tx: Transaction) -> PersonalKey:
            # Whoever creates another one at this moment waits for the same account.
            account = await self._accounts.lock(tx, key.org_id, key.account_id)
            if account.kind is not AccountKind.CONSTITUENT or not account.is_active:
                raise NotHeld
            if await count_live_keys(tx, key.org_id, key.account_id, now=now) >= MAX_PERSONAL_KEYS:
                raise TooManyPersonalKeys
            made = key
            if key.origin is not None:
                ends_at = await hold_family(tx, key.org_id, key.origin)
                if ends_at is None:
                    raise BadPersonalKey
                made = replace(key, expires_at=ends_at)
            await insert_key(tx, made, digest(secret.reveal()))
            await self._record(tx, by, "personal_key.created", made)
            return made

        return await self._db.unit(work), secret

    async def _is_application_live(self, key: PersonalKey) -> bool:
        if key.origin is None:
            return True
        application = await self._applications.find(key.org_id, key.origin.client_id)
        return application is not None and application.is_live

    async def _note_use(self, key: PersonalKey, address: str | None, now: int) -> None:
        await self._db.run(
            TOUCH_KEY,
            org_id=key.org_id,
            key_id=key.key_id,
            now=now,
            earlier=now - _NOTED_FOR,
            address=address,
        )

    async def _record(self, tx: Transaction, by: Actor, action: str, key: PersonalKey) -> None:
        target = ("personal_key", str(key.key_id))
        event = by.did(action, key.org_id, target, account=str(key.account_id), name=key.name)
        await record(tx, event, event_id=self._db.next_id(), now=self._clock())
