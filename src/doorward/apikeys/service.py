"""API access, and creating, proving, replacing, listing and revoking API keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from doorward.accounts import Account, UnknownAccount
from doorward.apikeys.model import (
    MAX_LIVE_KEYS,
    ApiKey,
    StaffCaller,
    is_staff,
    parse_networks,
    verify_grace,
    verify_label,
)
from doorward.apikeys.refusals import (
    AlreadyReplaced,
    ApiAccessOff,
    BadApiKey,
    BadExpiry,
    NotStaff,
    TooManyKeys,
    UnknownApiKey,
)
from doorward.apikeys.store import (
    TOUCH,
    count_live_keys,
    end_sessions_of_account,
    end_sessions_of_key,
    find_access,
    find_holders,
    find_key,
    insert_access,
    insert_key,
    list_keys,
    lock_account,
    remove_access,
    retire_key,
    revoke_key,
    revoke_keys_of_account,
    set_networks,
)
from doorward.audit import Actor, record
from doorward.brakes import Brake, Brakes, Try
from doorward.crypto import Malformed, Random, Secret, ValueKind, digest, mint, parse_value, same
from doorward.db import SECOND, Clock, Database, Transaction, rows_together
from doorward.http import subscriber_of

__all__ = ["ApiKeys"]

_NOTED_FOR = 60 * SECOND
"""A use within a minute of the last noted one is not written down."""
_LARGEST_ID = (1 << 63) - 1
_MICROSECOND = timedelta(microseconds=1)
# Inside the class, the name ``list`` is its own method.
_ApiKeys = list[ApiKey]


class ApiKeys:
    """The API access and the API keys of every organization's staff."""

    def __init__(self, *, db: Database, clock: Clock, random: Random, brakes: Brakes) -> None:
        """Keep keys in ``db``, dated by ``clock``, made of ``random``."""
        self._brakes = brakes
        self._db = db
        self._clock = clock
        self._random = random
        self._holders = rows_together(db, find_holders)

    async def switch_access_on(self, org_id: str, account_id: int, by: Actor) -> None:
        """Let the staff account hold keys; nothing happens when it is on already.

        Raises ``UnknownAccount``, ``NotStaff``.
        """
        now = self._clock()

        async def work(tx: Transaction) -> None:
            await _lock_staff(tx, org_id, account_id)
            if await find_access(tx, org_id, account_id) is None:
                await insert_access(tx, org_id, account_id, now=now)
                await self._record_access(tx, by, "on", (org_id, account_id))

        await self._db.unit(work)

    async def switch_access_off(self, org_id: str, account_id: int, by: Actor) -> None:
        """End every key and API session of the account at once; it gets no other.

        Nothing happens when it is off already. Raises ``UnknownAccount``.
        """
        now = self._clock()

        async def work(tx: Transaction) -> None:
            # Whoever creates a key at this moment waits for the same account.
            if await lock_account(tx, org_id, account_id) is None:
                raise UnknownAccount
            if not await remove_access(tx, org_id, account_id):
                return
            for key in await revoke_keys_of_account(tx, org_id, account_id, now=now):
                await self._record(tx, by, "api_key.revoked", key)
            await end_sessions_of_account(tx, org_id, account_id, now=now)
            await self._record_access(tx, by, "off", (org_id, account_id))

        await self._db.unit(work)

    async def has_access(self, org_id: str, account_id: int) -> bool:
        """Whether API access is on for the account; False for one that does not exist."""
        return _is_id(account_id) and await find_access(self._db, org_id, account_id) is not None

    async def create(
        self,
        org_id: str,
        account_id: int,
        label: str,
        by: Actor,
        expires_at: int | None = None,
        networks: Sequence[str] = (),
    ) -> tuple[ApiKey, Secret[str]]:
        """A key for a staff account whose API access is on; its value is shown this once.

        ``expires_at`` is in microseconds; ``networks`` are those that it may be used from, none
        means anywhere. Raises ``UnknownAccount``, ``NotStaff``, ``ApiAccessOff``, ``BadLabel``,
        ``BadExpiry``, ``BadNetworks``, ``TooManyKeys``.
        """
        now = self._clock()
        if expires_at is not None and expires_at <= now:
            raise BadExpiry
        key_id = self._db.next_id()
        secret = mint(ValueKind.API_KEY, key_id, self._random)
        key = ApiKey(
            org_id=org_id,
            key_id=key_id,
            account_id=account_id,
            label=verify_label(label),
            last4=secret.reveal()[-4:],
            created_at=now,
            expires_at=expires_at,
            last_used_at=None,
            last_used_from=None,
            revoked_at=None,
            replaced_by=None,
            networks=parse_networks(networks),
        )

        async def work(tx: Transaction) -> None:
            await _lock_staff(tx, org_id, account_id)
            if await find_access(tx, org_id, account_id) is None:
                raise ApiAccessOff
            await _verify_room(tx, org_id, account_id, now)
            await insert_key(tx, key, digest(secret.reveal()))
            await self._record(tx, by, "api_key.created", key)

        await self._db.unit(work)
        return key, secret

    async def authenticate(self, org_id: str, text: str, address: str | None) -> StaffCaller:
        """The staff account whose live key ``text`` is, with the permissions that it has now.

        ``address`` is the caller's network address. Raises ``BadApiKey``, the same whatever is
        wrong, and ``Braked`` in its place where a network presents too many such.
        """
        try:
            return await self._prove(org_id, text, address)
        except BadApiKey:
            await self._brakes.admit(org_id, Try(Brake.KEY_FAILURES, subscriber_of(address)))
            raise

    async def _prove(self, org_id: str, text: str, address: str | None) -> StaffCaller:
        given = digest(text)
        try:
            key_id = parse_value(text, ValueKind.API_KEY)
        except Malformed as malformed:
            raise BadApiKey from malformed
        found = await self._holders.do((org_id, key_id))
        if found is None:
            raise BadApiKey
        kept, key, account = found
        now = self._clock()
        if not same(given, kept) or not key.is_live(now) or not key.is_welcome(address):
            raise BadApiKey
        if not is_staff(account):
            raise BadApiKey
        await self.note_use(key, address)
        return StaffCaller(account=account, key_id=key_id)

    async def note_use(self, key: ApiKey, address: str | None) -> None:
        """Write down that ``key`` is used from ``address``, at most once a minute."""
        now = self._clock()
        if key.last_used_at is not None and now - key.last_used_at <= _NOTED_FOR:
            return
        await self._db.run(
            TOUCH,
            org_id=key.org_id,
            key_id=key.key_id,
            now=now,
            before=now - _NOTED_FOR,
            address=address,
        )

    async def get(self, org_id: str, key_id: int) -> ApiKey:
        """The key, live or not. Raises ``UnknownApiKey``."""
        key = await find_key(self._db, org_id, key_id) if _is_id(key_id) else None
        if key is None:
            raise UnknownApiKey
        return key

    async def regenerate(self, org_id: str, key_id: int, by: Actor) -> tuple[ApiKey, Secret[str]]:
        """A new key with the same label and limits; the old one is worth nothing at once.

        Raises ``UnknownApiKey``, also for a key that is not live, ``AlreadyReplaced``,
        ``NotStaff``.
        """
        return await self._replace(org_id, key_id, by, None)

    async def rotate(
        self, org_id: str, key_id: int, by: Actor, grace: timedelta
    ) -> tuple[ApiKey, Secret[str]]:
        """A new key with the same label and limits; the old one lives on until ``grace`` ends.

        Never longer than it would have lived. ``grace`` is from none to 7 days. Raises
        ``UnknownApiKey``, also for a key that is not live, ``AlreadyReplaced``, ``BadGrace``,
        ``NotStaff``, ``TooManyKeys``.
        """
        return await self._replace(org_id, key_id, by, verify_grace(grace))

    async def restrict(
        self, org_id: str, key_id: int, networks: Sequence[str], by: Actor
    ) -> ApiKey:
        """Let the key be used from ``networks`` only; none means anywhere.

        Raises ``UnknownApiKey``, ``BadNetworks``.
        """
        parsed = parse_networks(networks)

        async def work(tx: Transaction) -> ApiKey:
            key = await set_networks(tx, org_id, key_id, parsed) if _is_id(key_id) else None
            if key is None:
                raise UnknownApiKey
            await self._record(tx, by, "api_key.restricted", key, networks=" ".join(parsed))
            return key

        return await self._db.unit(work)

    async def revoke(self, org_id: str, key_id: int, by: Actor) -> ApiKey:
        """Make the key, and every API session that it opened, worthless at once.

        Raises ``UnknownApiKey``.
        """
        now = self._clock()

        async def work(tx: Transaction) -> ApiKey:
            key = await revoke_key(tx, org_id, key_id, now=now) if _is_id(key_id) else None
            if key is None:
                raise UnknownApiKey
            await end_sessions_of_key(tx, org_id, key_id, now=now)
            await self._record(tx, by, "api_key.revoked", key)
            return key

        return await self._db.unit(work)

    async def list(
        self, org_id: str, account_id: int | None, after: int | None, limit: int
    ) -> _ApiKeys:
        """Up to ``limit`` keys, oldest first, after the key ``after``; revoked ones too.

        With an ``account_id`` only that account's.
        """
        return await list_keys(self._db, org_id, account_id, after=after or 0, limit=limit)

    async def _replace(
        self, org_id: str, key_id: int, by: Actor, grace: timedelta | None
    ) -> tuple[ApiKey, Secret[str]]:
        now = self._clock()
        new_id = self._db.next_id()
        secret = mint(ValueKind.API_KEY, new_id, self._random)
        ends_at = now if grace is None else now + grace // _MICROSECOND

        async def work(tx: Transaction) -> ApiKey:
            old = await _lock_live_key(tx, org_id, key_id, now)
            until = ends_at if old.expires_at is None else min(ends_at, old.expires_at)
            if until > now:
                await _verify_room(tx, org_id, old.account_id, now)
            if not await retire_key(tx, old, replaced_by=new_id, ends_at=until, now=now):
                # The key of an account is locked by its account; only a revocation is quicker.
                raise UnknownApiKey
            if until <= now:
                await end_sessions_of_key(tx, org_id, key_id, now=now)
            new = replace(
                old,
                key_id=new_id,
                last4=secret.reveal()[-4:],
                created_at=now,
                last_used_at=None,
                last_used_from=None,
            )
            await insert_key(tx, new, digest(secret.reveal()))
            verb = "regenerated" if grace is None else "rotated"
            await self._record(tx, by, f"api_key.{verb}", old, replaced_by=str(new_id))
            return new

        return await self._db.unit(work), secret

    async def _record(
        self, tx: Transaction, by: Actor, action: str, key: ApiKey, **detail: str
    ) -> None:
        event = by.did(
            action,
            key.org_id,
            ("api_key", str(key.key_id)),
            account_id=key.account_id,
            label=key.label,
            **detail,
        )
        await record(tx, event, event_id=self._db.next_id(), now=self._clock())

    async def _record_access(
        self, tx: Transaction, by: Actor, switched: str, whose: tuple[str, int]
    ) -> None:
        org_id, account_id = whose
        event = by.did(f"api_access.switched_{switched}", org_id, ("account", str(account_id)))
        await record(tx, event, event_id=self._db.next_id(), now=self._clock())


async def _lock_staff(tx: Transaction, org_id: str, account_id: int) -> Account:
    account = await lock_account(tx, org_id, account_id)
    if account is None:
        raise UnknownAccount
    if not is_staff(account):
        raise NotStaff
    return account


async def _lock_live_key(tx: Transaction, org_id: str, key_id: int, now: int) -> ApiKey:
    """A live key without successor, whose account's keys nobody else changes in this unit."""
    found = await find_key(tx, org_id, key_id) if _is_id(key_id) else None
    if found is None:
        raise UnknownApiKey
    await _lock_staff(tx, org_id, found.account_id)
    # What was read before the lock may have changed while we waited for it.
    key = await find_key(tx, org_id, key_id)
    if key is None or not key.is_live(now):
        raise UnknownApiKey
    if key.replaced_by is not None:
        raise AlreadyReplaced
    return key


async def _verify_room(tx: Transaction, org_id: str, account_id: int, now: int) -> bool:
    if await count_live_keys(tx, org_id, account_id, now=now) >= MAX_LIVE_KEYS:
        raise TooManyKeys
    return True


def _is_id(number: int) -> bool:
    return 0 <= number <= _LARGEST_ID
