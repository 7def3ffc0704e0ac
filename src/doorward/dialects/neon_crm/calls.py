"""Who calls API v1 or v2, and how often they may."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from weakref import WeakValueDictionary

from doorward.accounts import Account, AccountKind, Accounts, UnknownAccount
from doorward.apikeys import ApiKeys, ApiSessions
from doorward.crypto import Random
from doorward.db import Clock
from doorward.dialects.neon_crm.front import DIALECT
from doorward.http import MovingWindow
from doorward.orgs import Organization, Organizations, UnknownOrganization
from doorward.sessions import Sessions

__all__ = ["CallLimits", "CrmServices", "get_constituent"]

_CALLS_A_MINUTE: Final = 1200
"""Twenty a second, by one key: more than a client that waits for its answers sends."""


class CallLimits:
    """How often each key may call, and that each organization runs one search at a time.

    API v1 and v2 share them; each process counts for itself.
    """

    def __init__(self, clock: Clock) -> None:
        """Count by ``clock``."""
        self._calls = MovingWindow(_CALLS_A_MINUTE, timedelta(minutes=1), clock=clock)
        self._searches: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def count(self, key_id: int) -> int | None:
        """Let the key call now, or answer after how many seconds it may."""
        key = str(key_id)
        return None if self._calls.hit(key) else self._calls.wait_s(key)

    def is_searching(self, org_id: str) -> bool:
        """Whether a search of the organization is under way."""
        lock = self._searches.get(org_id)
        return lock is not None and lock.locked()

    @asynccontextmanager
    async def search(self, org_id: str) -> AsyncIterator[None]:
        """The organization's turn to search; waits for the one under way."""
        lock = self._searches.setdefault(org_id, asyncio.Lock())
        async with lock:
            yield


@dataclass(frozen=True, slots=True)
class CrmServices:
    """The rooms that the staff's side of the dialect stands on."""

    organizations: Organizations
    accounts: Accounts
    api_keys: ApiKeys
    api_sessions: ApiSessions
    sessions: Sessions
    limits: CallLimits
    clock: Clock
    random: Random

    async def get_organization(self, org_id: str) -> Organization:
        """The organization, which speaks this dialect.

        Raises ``UnknownOrganization`` or ``OrganizationSuspended``.
        """
        org = await self.organizations.get(org_id)
        if DIALECT not in org.dialects:
            raise UnknownOrganization
        return org


async def get_constituent(accounts: Accounts, org_id: str, account_id: int) -> Account:
    """The constituent; staff do not exist here. Raises ``UnknownAccount``."""
    account = await accounts.get(org_id, account_id)
    if account.kind is not AccountKind.CONSTITUENT:
        raise UnknownAccount
    return account
