"""Which second steps an account has, and whether a sign-in is enough without one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from doorward.accounts import Account, Accounts
from doorward.audit import Actor
from doorward.db import SECOND, Clock, Database, Transaction
from doorward.orgs import Organization, Tenant
from doorward.protocol import TWO_FACTORS, acr_of
from doorward.sessions import store
from doorward.sessions.model import Flow, Session, requires_second_step

__all__ = ["PROVEN_FOR", "SecondStep", "SecondSteps"]

PROVEN_FOR: Final = 600 * SECOND
"""How long a proof counts: a password until its second step, a sign-in for changes to it."""


class SecondStep(Protocol):
    """One kind of second step. ``name`` is what ``way`` says in addresses."""

    @property
    def name(self) -> str:
        """How addresses and pages call this kind."""

    async def is_set_up(self, org_id: str, account_id: int) -> bool:
        """Whether the account has one that has proved itself."""

    async def reset(self, tx: Transaction, tenant: Tenant, account: Account, by: Actor) -> bool:
        """Take everything of this kind from a locked ``account``; whether there was anything."""


class SecondSteps:
    """Every kind of second step that there is, as one answer."""

    def __init__(
        self, kinds: Sequence[SecondStep], *, db: Database, clock: Clock, accounts: Accounts
    ) -> None:
        """Ask ``kinds``, the one to be offered first in front."""
        self._kinds = tuple(kinds)
        self._db = db
        self._accounts = accounts
        self.clock = clock

    async def list_of(self, org_id: str, account_id: int) -> tuple[str, ...]:
        """The kinds that the account has set up."""
        return tuple(
            [each.name for each in self._kinds if await each.is_set_up(org_id, account_id)]
        )

    async def find_missing(
        self, org: Organization, account: Account, flow: Flow | None, methods: tuple[str, ...]
    ) -> tuple[str, ...] | None:
        """The kinds one of which must follow ``methods``; none of them where one is to be set up.

        None where ``methods`` are enough.
        """
        if acr_of(methods) == TWO_FACTORS or org.policy.second_step == "off":
            return None
        names = await self.list_of(org.org_id, account.account_id)
        wanted = flow is not None and flow.by_two
        if names or wanted or requires_second_step(org, account.kind):
            return names
        return None

    async def reset(self, tenant: Tenant, account_id: int, by: Actor) -> bool:
        """Take every second step from somebody who lost theirs; whether there was one.

        All their sign-ins end with it. Raises ``UnknownAccount``.
        """

        async def work(tx: Transaction) -> bool:
            account = await self._accounts.lock(tx, tenant.org_id, account_id)
            found = [await each.reset(tx, tenant, account, by) for each in self._kinds]
            if any(found):
                await tx.run(
                    store.END_ACCOUNT_SESSIONS,
                    org_id=tenant.org_id,
                    account=account_id,
                    now=self.clock(),
                )
            return any(found)

        return await self._db.unit(work)

    async def is_recent(self, org: Organization, session: Session) -> bool:
        """Whether ``session`` has just been proved by everything that its account has."""
        if self.clock() - session.auth_at > PROVEN_FOR:
            return False
        if acr_of(session.methods) == TWO_FACTORS or org.policy.second_step == "off":
            return True
        return not await self.list_of(org.org_id, session.account_id)
