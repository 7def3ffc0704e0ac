"""Creating, proving, listing and revoking API keys."""

from __future__ import annotations

from doorward.accounts import AccountKind, UnknownAccount
from doorward.apikeys.model import (
    MAX_LIVE_KEYS,
    ApiKey,
    BadApiKey,
    BadExpiry,
    NotStaff,
    StaffCaller,
    TooManyKeys,
    UnknownApiKey,
    verify_label,
)
from doorward.apikeys.store import (
    TOUCH,
    count_live_keys,
    find_holder,
    insert_key,
    list_keys,
    lock_account,
    revoke_key,
)
from doorward.audit import Actor, record
from doorward.crypto import Malformed, Random, Secret, ValueKind, digest, mint, parse_value, same
from doorward.db import SECOND, Clock, Database, Transaction

__all__ = ["ApiKeys"]

_NOTED_FOR = 60 * SECOND
"""A use within a minute of the last noted one is not written down."""
_LARGEST_ID = (1 << 63) - 1
# Inside the class, the name ``list`` is its own method.
_ApiKeys = list[ApiKey]


class ApiKeys:
    """The API keys of every organization's staff."""

    def __init__(self, *, db: Database, clock: Clock, random: Random) -> None:
        """Keep keys in ``db``, dated by ``clock``, made of ``random``."""
        self._db = db
        self._clock = clock
        self._random = random

    async def create(
        self, org_id: str, account_id: int, label: str, by: Actor, expires_at: int | None = None
    ) -> tuple[ApiKey, Secret[str]]:
        """A key for a staff account; its value is shown this once.

        ``expires_at`` is in microseconds. Raises ``UnknownAccount``, ``NotStaff``, ``BadLabel``,
        ``BadExpiry``, ``TooManyKeys``.
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
            revoked_at=None,
        )

        async def work(tx: Transaction) -> None:
            account = await lock_account(tx, org_id, account_id)
            if account is None:
                raise UnknownAccount
            if account.kind is not AccountKind.SYSTEM or not account.is_active:
                raise NotStaff
            if await count_live_keys(tx, org_id, account_id, now=now) >= MAX_LIVE_KEYS:
                raise TooManyKeys
            await insert_key(tx, key, digest(secret.reveal()))
            await self._record(tx, by, "api_key.created", key)

        await self._db.unit(work)
        return key, secret

    async def authenticate(self, org_id: str, text: str) -> StaffCaller:
        """The staff account whose live key ``text`` is, with the permissions that it has now.

        Raises ``BadApiKey``, the same whatever is wrong.
        """
        given = digest(text)
        try:
            key_id = parse_value(text, ValueKind.API_KEY)
        except Malformed as malformed:
            raise BadApiKey from malformed
        found = await find_holder(self._db, org_id, key_id)
        if found is None:
            raise BadApiKey
        kept, key, account = found
        now = self._clock()
        if not same(given, kept) or not key.is_live(now):
            raise BadApiKey
        if account.kind is not AccountKind.SYSTEM or not account.is_active:
            raise BadApiKey
        if key.last_used_at is None or now - key.last_used_at > _NOTED_FOR:
            before = now - _NOTED_FOR
            await self._db.run(TOUCH, org_id=org_id, key_id=key_id, now=now, before=before)
        return StaffCaller(account=account, key_id=key_id)

    async def revoke(self, org_id: str, key_id: int, by: Actor) -> ApiKey:
        """Make the key worthless at once. Raises ``UnknownApiKey``."""
        now = self._clock()

        async def work(tx: Transaction) -> ApiKey:
            key = await revoke_key(tx, org_id, key_id, now=now) if _is_id(key_id) else None
            if key is None:
                raise UnknownApiKey
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

    async def _record(self, tx: Transaction, by: Actor, action: str, key: ApiKey) -> None:
        event = by.did(
            action,
            key.org_id,
            ("api_key", str(key.key_id)),
            account_id=key.account_id,
            label=key.label,
        )
        await record(tx, event, event_id=self._db.next_id(), now=self._clock())


def _is_id(number: int) -> bool:
    return 0 <= number <= _LARGEST_ID
