"""The people of a group: seen, given another role, let go."""

from __future__ import annotations

from doorward.audit import record
from doorward.db import Clock, Database, Transaction
from doorward.projects.model import Group, Role
from doorward.projects.people_model import Member, Steward
from doorward.projects.refusals import LastAdministrator, UnknownMember
from doorward.projects.stewardship import (
    get_seen_group,
    lock_governed_group,
    lock_seen_group,
    verify_shared,
)
from doorward.projects.store import (
    count_members,
    delete_member,
    find_role,
    hand_over,
    list_members,
    update_role,
)

__all__ = ["Members"]

# Inside the class, the name ``list`` is a method.
_Members = list[Member]


class Members:
    """Who is in the groups of every organization."""

    def __init__(self, *, db: Database, clock: Clock) -> None:
        """Keep memberships in ``db``, dated by ``clock``."""
        self._db = db
        self._clock = clock

    async def list(self, steward: Steward, group_id: str) -> _Members:
        """Everybody in a group that the steward sees, by their numbers. Raises ``UnknownGroup``."""
        await get_seen_group(self._db, steward, group_id)
        return await list_members(self._db, steward.org_id, group_id)

    async def get(self, steward: Steward, group_id: str, member_id: int) -> Member:
        """One of them. Raises ``UnknownGroup``, ``UnknownMember``."""
        for each in await self.list(steward, group_id):
            if each.account_id == member_id:
                return each
        raise UnknownMember

    async def set_role(self, steward: Steward, group_id: str, member_id: int, role: Role) -> Member:
        """Make a member an administrator, or no longer one.

        Raises ``UnknownGroup``, ``NotAdministrator``, ``UnknownMember``, ``LastAdministrator``.
        """

        async def work(tx: Transaction) -> None:
            group = await lock_governed_group(tx, steward, group_id)
            before = await find_role(tx, group, member_id)
            if before is None:
                raise UnknownMember
            if before is role:
                return
            if before is Role.ADMIN:
                await _verify_another_administers(tx, group)
            await update_role(tx, group, member_id, role)
            await self._record(tx, steward, "project_group.role_changed", group, member_id, role)

        await self._db.unit(work)
        return await self.get(steward, group_id, member_id)

    async def remove(self, steward: Steward, group_id: str, member_id: int) -> None:
        """Take a member out, or let the steward leave.

        What the member owns in the group stays there, and belongs to an administrator then: the
        one who acts, or the one with the smallest number. Raises ``UnknownGroup``,
        ``NotAdministrator``, ``UnknownMember``, ``LastAdministrator``, ``PersonalGroup``.
        """
        leaves = steward.account_id == member_id

        async def work(tx: Transaction) -> None:
            if leaves:
                group, _role = await lock_seen_group(tx, steward, group_id)
            else:
                group = await lock_governed_group(tx, steward, group_id)
            verify_shared(group)
            role = await find_role(tx, group, member_id)
            if role is None:
                raise UnknownMember
            if role is Role.ADMIN:
                await _verify_another_administers(tx, group)
            await self._let_go(tx, steward, group, member_id)
            event = "project_group.left" if leaves else "project_group.member_removed"
            await self._record(tx, steward, event, group, member_id)

        await self._db.unit(work)

    async def _let_go(
        self, tx: Transaction, steward: Steward, group: Group, member_id: int
    ) -> None:
        heirs = [
            each.account_id
            for each in await list_members(tx, group.org_id, group.group_id)
            if each.role is Role.ADMIN and each.account_id != member_id
        ]
        heir_id = next((each for each in heirs if each == steward.account_id), heirs[0])
        await hand_over(tx, group.org_id, group.group_id, member_id, heir_id)
        await delete_member(tx, group, member_id)

    async def _record(
        self,
        tx: Transaction,
        steward: Steward,
        action: str,
        group: Group,
        member_id: int,
        role: Role | None = None,
    ) -> None:
        detail = {"account": str(member_id), **steward.detail}
        if role is not None:
            detail["role"] = str(role)
        event = steward.by.did(action, group.org_id, ("project_group", group.group_id), **detail)
        await record(tx, event, event_id=self._db.next_id(), now=self._clock())


async def _verify_another_administers(tx: Transaction, group: Group) -> bool:
    """True when the group has two administrators. Raises ``LastAdministrator``."""
    _members, administrators = await count_members(tx, group)
    if administrators < 2:
        raise LastAdministrator
    return True
