"""What goes on in the background: expired rows leave in small batches."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

from doorward.apikeys import jobs as api_session_jobs
from doorward.app.assembly import Services
from doorward.audit import Strand
from doorward.brakes import remove_expired as remove_expired_brakes
from doorward.clients import UnusedLogos
from doorward.clients import remove_expired as remove_expired_uses
from doorward.console import remove_expired as remove_expired_keys
from doorward.db import SECOND, DatabaseError
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


class Housekeeping:
    """One task that sweeps now and then, and never holds up a request."""

    def __init__(self, use: Services) -> None:
        """Sweep the rows of ``use``."""
        self._use = use
        self._events_at = 0
        self._unused_logos = UnusedLogos(use.db)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin; call it once, inside the running loop."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        """End, between two batches."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def sweep(self) -> int:
        """Remove everything that has expired; how many rows."""
        db, now = self._use.db, self._use.clock()
        await self._let_events_go(now)
        # Before counters leave: who is to hear of one hears of it.
        await self._use.sign_in_post.tell()
        gone = (
            await remove_expired_brakes(db, now),
            await token_jobs.remove_expired(db, now),
            await session_jobs.remove_expired(db, now),
            await api_session_jobs.remove_expired(db, now),
            await remove_expired_imports(db, self._use.imports, now),
            await remove_expired_invitations(db, now),
            await remove_expired_letters(db, now),
            await remove_expired_factors(db, now),
            await remove_expired_challenges(db, now),
            await remove_expired_links(db, now),
            await project_jobs.remove_expired(db, now),
            await remove_expired_keys(db, now),
            await remove_expired_uses(db, now),
            await self._use.eraser.erase_due(),
            await self._unused_logos.remove_some(now),
            await vault_jobs.remove_expired(db, now),
        )
        return sum(gone)

    async def _let_events_go(self, now: int) -> None:
        """Shorten the record of each organization as its policy says, once an hour."""
        if now < self._events_at:
            return
        self._events_at = now + _EVENTS_EVERY_S * SECOND
        chain = self._use.audit_chain
        org_id = await chain.next_organization("")
        while org_id is not None:
            organization = await self._use.organizations.find(OrgId(org_id))
            policy = Policy() if organization is None else organization.policy
            keep_s = {Strand.MAIN: policy.audit_keep_s, Strand.BRIEF: policy.audit_brief_s}
            await chain.retention.let_go(org_id, keep_s)
            org_id = await chain.next_organization(org_id)

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(_EVERY_S)
            try:
                await self.sweep()
            except DatabaseError as error:
                log.warning("housekeeping waits: %s", error)
