"""What goes on in the background: expired rows leave in small batches."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import Final

from doorward.apikeys import jobs as api_session_jobs
from doorward.app.assembly import Services
from doorward.audit import Strand
from doorward.brakes import remove_expired as remove_expired_brakes
from doorward.clients import UnusedLogos
from doorward.clients import remove_expired as remove_expired_uses
from doorward.consents import remove_expired as remove_expired_consents
from doorward.console import remove_expired as remove_expired_keys
from doorward.db import SECOND, DatabaseError, Keeper, Sweeper
from doorward.factors import remove_expired as remove_expired_factors
from doorward.imports import remove_expired as remove_expired_imports
from doorward.invitations import remove_expired as remove_expired_invitations
from doorward.mail import remove_expired as remove_expired_letters
from doorward.orgs import OrgId, Policy
from doorward.passkeys import remove_expired as remove_expired_challenges
from doorward.projects import jobs as project_jobs
from doorward.recovery import remove_expired as remove_expired_links
from doorward.sessions import jobs as session_jobs
from doorward.tokens import jobs as token_jobs
from doorward.vault import jobs as vault_jobs

__all__ = ["Housekeeping"]

log = logging.getLogger("doorward")

_EVERY_S = 60.0
_EVENTS_EVERY_S = 3600
_BETWEEN_S = 0.002
"""After each organization: there may be ten thousand."""

_REMOVE: Final[tuple[Callable[[Sweeper, int], Awaitable[int]], ...]] = (
    remove_expired_brakes,
    token_jobs.remove_expired,
    session_jobs.remove_expired,
    api_session_jobs.remove_expired,
    remove_expired_invitations,
    remove_expired_letters,
    remove_expired_factors,
    remove_expired_challenges,
    remove_expired_links,
    project_jobs.remove_expired,
    remove_expired_keys,
    remove_expired_uses,
    remove_expired_consents,
    vault_jobs.remove_expired,
)
"""What leaves in batches, room by room."""


class Housekeeping:
    """One task in each process that serves, of which one sweeps; it never holds up a request."""

    def __init__(self, use: Services) -> None:
        """Sweep the rows of ``use``."""
        self._use = use
        self._keeper = Keeper(use.db)
        self._sweeper = Sweeper(use.db, keeper=self._keeper)
        self._events_at = 0
        self._unused_logos = UnusedLogos(use.db)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin; call it once, inside the running loop."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        """End, between two batches, and leave the rest to another process."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        await self._keeper.let_go()

    async def sweep(self) -> int:
        """Remove everything that has expired, if this process keeps house; how many rows."""
        now, gone = self._use.clock(), 0
        for job in self._jobs():
            if not await self._keeper.hold():
                break
            try:
                gone += await job(now)
            except DatabaseError:
                raise
            except Exception:
                # What goes wrong with one kind of rows shall not keep all the others.
                log.exception("a part of housekeeping failed")
        return gone

    def _jobs(self) -> Iterator[Callable[[int], Awaitable[int]]]:
        yield self._let_events_go
        # Before counters leave: who is to hear of one hears of it.
        yield self._tell_of_brakes
        for remove in _REMOVE:
            yield partial(remove, self._sweeper)
        yield partial(remove_expired_imports, self._use.db, self._use.imports)
        yield self._erase_accounts
        yield self._unused_logos.remove_some

    async def _tell_of_brakes(self, now: int) -> int:
        del now
        await self._use.sign_in_post.tell()
        return 0

    async def _erase_accounts(self, now: int) -> int:
        del now
        return await self._use.eraser.erase_due()

    async def _let_events_go(self, now: int) -> int:
        """Shorten the record of each organization as its policy says, once an hour."""
        if now < self._events_at:
            return 0
        chain = self._use.audit_chain
        org_id = await chain.next_organization("")
        while org_id is not None and await self._keeper.hold():
            try:
                await self._let_events_of(org_id)
            except DatabaseError:
                raise
            except Exception:
                log.exception("events of %s are not let go", org_id)
            org_id = await chain.next_organization(org_id)
            await asyncio.sleep(_BETWEEN_S)
        self._events_at = now + _EVENTS_EVERY_S * SECOND
        return 0

    async def _let_events_of(self, org_id: str) -> None:
        organization = await self._use.organizations.find(OrgId(org_id))
        policy = Policy() if organization is None else organization.policy
        keep_s = {Strand.MAIN: policy.audit_keep_s, Strand.BRIEF: policy.audit_brief_s}
        await self._use.audit_chain.retention.let_go(org_id, keep_s)

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(_EVERY_S)
            try:
                await self.sweep()
            except DatabaseError as error:
                log.warning("housekeeping waits: %s", error)
