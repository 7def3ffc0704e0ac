"""Groups: everybody has one of their own, and may be in others."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final

from doorward.accounts import Account, AccountKind, Accounts, UnknownAccount
from doorward.audit import Actor, record
from doorward.crypto import Random
from doorward.db import Clock, Conflict, Database, Transaction
from doorward.projects.ids import draw_group_id, is_group_id
from doorward.projects.model import MAX_GROUPS, Group, Membership, NewGroup, Role, verify_group
from doorward.projects.people_model import MAX_MEMBERS, Steward
from doorward.projects.refusals import (
    GroupNotEmpty,
    GroupTaken,
    TooManyGroups,
    TooManyMembers,
    UnknownGroup,
)
from doorward.projects.stewardship import get_seen_group, lock_governed_group, verify_shared
from doorward.projects.store import (
    count_invitations,
    count_members,
    count_memberships,
    delete_group,
    delete_invitations,
    find_role,
    has_projects,
    insert_group,
    insert_member,
    list_groups,
    list_memberships,
    lock_group,
    update_group_name,
)

__all__ = ["Groups", "membership_of", "verify_room", "verify_room_in"]

_TRIES: Final = 5
_Work = Callable[[Transaction], Awaitable[None]]


class Groups:
    """The groups of every organization's people."""

    def __init__(self, *, db: Database, clock: Clock, random: Random, accounts: Accounts) -> None:
        """Keep groups of ``accounts`` in ``db``, dated by ``clock``, named by ``random``."""
        self._db = db
        self._clock = clock
        self._random = random
        self._accounts = accounts

    async def memberships(self, org_id: str, account_id: int) -> list[Membership]:
        """Every group that the account is in, its own first.

        Its own group is made when it is asked for first. Raises ``UnknownAccount``.
        """
        found = await list_memberships(self._db, org_id, account_id)
        if not any(each.group.personal_of == account_id for each in found):
            await self._make_personal(org_id, account_id)
            found = await list_memberships(self._db, org_id, account_id)
        return sorted(found, key=lambda each: each.group.personal_of is None)

    async def create(self, new: NewGroup, admin_id: int, by: Actor) -> Group:
        """A group with its first administrator.

        Raises ``UnknownAccount``, ``BadGroup``, ``GroupTaken``, ``TooManyGroups``.
        """
        group = self._born(new, None)

        async def work(tx: Transaction) -> Group:
            await self._accounts.lock(tx, group.org_id, admin_id)
            await verify_room(tx, group.org_id, admin_id)
            await self._keep(tx, group, admin_id, by)
            return group

        try:
            return await self._db.unit(work)
        except Conflict as conflict:
            raise GroupTaken from conflict

    async def get(self, steward: Steward, group_id: str) -> Membership:
        """A group that the steward sees, and as what. Raises ``UnknownGroup``."""
        return Membership(*await get_seen_group(self._db, steward, group_id))

    async def list_shared(self, org_id: str, after: str, limit: int) -> list[Group]:
        """The groups of an organization that are nobody's own, by identifier, ``after`` one."""
        return await list_groups(self._db, org_id, after, limit)

    async def rename(self, steward: Steward, group_id: str, name: str) -> Group:
        """Call a group something else; its identifier and handle stay.

        Raises ``UnknownGroup``, ``NotAdministrator``, ``BadGroup``.
        """

        async def work(tx: Transaction) -> Group:
            before = await lock_governed_group(tx, steward, group_id)
            after = verify_group(replace(before, name=name, updated_at=self._clock()))
            await update_group_name(tx, after)
            await self._record(tx, steward.by, "project_group.renamed", after, **steward.detail)
            return after

        return await self._db.unit(work)

    async def delete(self, steward: Steward, group_id: str) -> Group:
        """Delete a group in which there is no project; its people are let go.

        Raises ``UnknownGroup``, ``NotAdministrator``, ``PersonalGroup``, ``GroupNotEmpty``.
        """

        async def work(tx: Transaction) -> Group:
            group = await lock_governed_group(tx, steward, group_id)
            verify_shared(group)
            if await has_projects(tx, group.org_id, group_id):
                raise GroupNotEmpty
            await delete_invitations(tx, group.org_id, group_id)
            await delete_group(tx, group)
            await self._record(tx, steward.by, "project_group.deleted", group, **steward.detail)
            return group

        return await self._db.unit(work)

    async def add_member(
        self, org_id: str, group_id: str, account_id: int, role: Role, by: Actor
    ) -> None:
        """Let a constituent into a group that is nobody's own; nothing happens to who is in it.

        Raises ``UnknownGroup``, ``UnknownAccount``, ``TooManyGroups``, ``TooManyMembers``.
        """

        async def work(tx: Transaction) -> None:
            # The account before the group: everybody locks them in this order.
            account = await self._accounts.lock(tx, org_id, account_id)
            group = await lock_group(tx, org_id, group_id) if is_group_id(group_id) else None
            if group is None or group.personal_of is not None:
                raise UnknownGroup
            if account.kind is not AccountKind.CONSTITUENT:
                raise UnknownAccount
            if await find_role(tx, group, account_id) is not None:
                return
            now = self._clock()
            await verify_room(tx, org_id, account_id)
            await verify_room_in(tx, group, now)
            await insert_member(tx, group, account_id, role, now=now)
            detail = {"account": str(account_id), "role": str(role)}
            await self._record(tx, by, "project_group.joined", group, **detail)

        await self._db.unit(work)

    async def hold_membership(
        self, tx: Transaction, org_id: str, account_id: int, group_id: str
    ) -> Role:
        """As what the account is in the group, which stays so in this unit.

        Raises ``UnknownGroup``.
        """
        group = await lock_group(tx, org_id, group_id) if is_group_id(group_id) else None
        role = None if group is None else await find_role(tx, group, account_id)
        if role is None:
            raise UnknownGroup
        return role

    async def _make_personal(self, org_id: str, account_id: int) -> None:
        for _ in range(_TRIES):
            try:
                await self._db.unit(self._personal_work(org_id, account_id))
            except Conflict:
                # Its identifier is taken: the next one is another.
                continue
            return
        raise Conflict("no free identifier was found for a group")

    def _personal_work(self, org_id: str, account_id: int) -> _Work:
        async def work(tx: Transaction) -> None:
            # Whoever asks at the same time waits here, and finds the group.
            account = await self._accounts.lock(tx, org_id, account_id)
            known = await list_memberships(tx, org_id, account_id)
            if any(each.group.personal_of == account_id for each in known):
                return
            new = NewGroup(org_id=org_id, name=_name_of(account))
            group = self._born(new, account_id)
            await self._keep(tx, group, account_id, Actor(kind="account", id=account.subject))

        return work

    def _born(self, new: NewGroup, personal_of: int | None) -> Group:
        now = self._clock()
        group_id = new.group_id or draw_group_id(self._random)
        group = Group(
            org_id=new.org_id,
            group_id=group_id,
            name=new.name,
            handle=new.handle or group_id,
            plan=new.plan,
            personal_of=personal_of,
            created_at=now,
            updated_at=now,
        )
        return verify_group(group)

    async def _keep(self, tx: Transaction, group: Group, admin_id: int, by: Actor) -> None:
        await insert_group(tx, group)
        await insert_member(tx, group, admin_id, Role.ADMIN, now=group.created_at)
        await self._record(tx, by, "project_group.created", group, admin=str(admin_id))

    async def _record(
        self, tx: Transaction, by: Actor, action: str, group: Group, **detail: str
    ) -> None:
        event = by.did(action, group.org_id, ("project_group", group.group_id), **detail)
        await record(tx, event, event_id=self._db.next_id(), now=self._clock())


def membership_of(memberships: list[Membership], group_id: str) -> Membership:
    """The one of ``memberships`` that is in the group. Raises ``UnknownGroup``."""
    for each in memberships:
        if each.group.group_id == group_id:
            return each
    raise UnknownGroup


async def verify_room(tx: Transaction, org_id: str, account_id: int) -> bool:
    """True while the account may join another group. Raises ``TooManyGroups``."""
    if await count_memberships(tx, org_id, account_id) >= MAX_GROUPS:
        raise TooManyGroups
    return True


async def verify_room_in(tx: Transaction, group: Group, now: int) -> bool:
    """True while another person may be in the group, or be asked. Raises ``TooManyMembers``."""
    members, _administrators = await count_members(tx, group)
    asked = await count_invitations(tx, group.org_id, group.group_id, now=now)
    if members + asked >= MAX_MEMBERS:
        raise TooManyMembers
    return True


def _name_of(account: Account) -> str:
    return account.name or account.username
