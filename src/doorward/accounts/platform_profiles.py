"""Reading and changing what platforms know of a person."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import msgspec

from doorward.accounts.model import UnknownAccount
from doorward.accounts.platforms import (
    PatreonLink,
    PlatformProfile,
    verify_patreon,
    verify_tags,
)
from doorward.accounts.refusals import PatreonChanged
from doorward.accounts.store import find_platform_profile, lock_account, set_platform_profile
from doorward.audit import Actor, record
from doorward.db import SECOND, Clock, Database, Transaction

__all__ = ["PlatformProfiles"]


class PlatformProfiles:
    """Tags and Patreon links of the people of every organization."""

    def __init__(self, *, db: Database, clock: Clock) -> None:
        """Keep them in ``db``, dated by ``clock``."""
        self._db = db
        self._clock = clock

    async def get(self, org_id: str, account_id: int) -> PlatformProfile:
        """What is known of an account; all blank when nothing ever was."""
        return await find_platform_profile(self._db, org_id, account_id)

    async def set_tags(
        self, org_id: str, account_id: int, tags: tuple[str, ...], by: Actor
    ) -> PlatformProfile:
        """Give an account these tags and no others. Raises ``UnknownAccount``, ``BadAccount``."""
        checked = verify_tags(tags)
        return await self._change(
            (org_id, account_id),
            lambda before: msgspec.structs.replace(before, tags=checked),
            "account.tagged",
            by,
        )

    async def link_patreon(
        self, org_id: str, account_id: int, link: PatreonLink, by: Actor
    ) -> PlatformProfile:
        """Keep ``link`` in place of another. Raises ``UnknownAccount``, ``BadAccount``."""
        today = dt.datetime.fromtimestamp(self._clock() / SECOND, dt.UTC).date()
        checked = verify_patreon(link, today)
        return await self._change(
            (org_id, account_id),
            lambda before: msgspec.structs.replace(before, patreon=checked),
            "account.patreon_linked",
            by,
        )

    async def set_patreon_verified(
        self, whose: tuple[str, int], seen: str, by: Actor, *, verified: bool
    ) -> PlatformProfile:
        """Confirm the link of ``whose`` (organization and account), or take that back.

        ``seen`` is the ``mark`` of the link that was looked at. Raises ``UnknownAccount``,
        ``PatreonChanged``.
        """

        def change(before: PlatformProfile) -> PlatformProfile:
            if before.patreon is None or before.patreon.mark != seen:
                raise PatreonChanged
            link = msgspec.structs.replace(before.patreon, verified=verified)
            return msgspec.structs.replace(before, patreon=link)

        verb = "verified" if verified else "unverified"
        return await self._change(whose, change, f"account.patreon_{verb}", by)

    async def unlink_patreon(self, org_id: str, account_id: int, by: Actor) -> PlatformProfile:
        """Forget the link, if there is one. Raises ``UnknownAccount``."""
        return await self._change(
            (org_id, account_id),
            lambda before: msgspec.structs.replace(before, patreon=None),
            "account.patreon_unlinked",
            by,
        )

    async def _change(
        self,
        whose: tuple[str, int],
        change: Callable[[PlatformProfile], PlatformProfile],
        action: str,
        by: Actor,
    ) -> PlatformProfile:
        org_id, account_id = whose
        now = self._clock()

        async def work(tx: Transaction) -> PlatformProfile:
            # The lock of the account: two changes at once undo nothing of each other.
            account = await lock_account(tx, org_id, account_id)
            if account is None:
                raise UnknownAccount
            before = await find_platform_profile(tx, org_id, account_id)
            after = change(before)
            if after == before:
                return before
            await set_platform_profile(tx, org_id, account_id, after)
            event = by.did(action, org_id, ("account", account.subject), kind=account.kind)
            await record(tx, event, event_id=self._db.next_id(), now=now)
            return after

        return await self._db.unit(work)
