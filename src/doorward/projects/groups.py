"""Groups: everybody has one of their own, and may be in others."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from doorward.accounts import Account, Accounts
from doorward.audit import Actor, record
from doorward.crypto import Random
from doorward.db import Clock, Conflict, Database, Transaction
from doorward.projects.ids import draw_group_id, is_group_id
from doorward.projects.model import MAX_GROUPS, Group, Membership, NewGroup, Role, verify_group
from doorward.projects.refusals import GroupTaken, TooManyGroups, UnknownGroup
from doorward.projects.store import (
    count_memberships,
    find_group,
    insert_group,
    insert_member,
    list_memberships,
)

__all__ = ["Groups", "membership_of"]

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
            await _verify_room(tx, group.org_id, admin_id)
            await self._keep(tx, group, admin_id, by)
            return group

        try:
            return await self._db.unit(work)
        except Conflict as conflict:
            raise GroupTaken from conflict

    async def add_member(
        self, org_id: str, group_id: str, account_id: int, role: Role, by: Actor
    ) -> None:
        """Let an account into a group that is nobody's own; nothing happens when it is in it.

        Raises ``UnknownGroup``, ``UnknownAccount``, ``TooManyGroups``.
        """

        async def work(tx: Transaction) -> None:
            group = await find_group(tx, org_id, group_id) if is_group_id(group_id) else None
            if group is None or group.personal_of is not None:
                raise UnknownGroup
            await self._accounts.lock(tx, org_id, account_id)
            known = await list_memberships(tx, org_id, account_id)
            if any(each.group.group_id == group_id for each in known):
                return
            await _verify_room(tx, org_id, account_id)
            now = self._clock()
            await insert_member(tx, group, account_id, role, now=now)
            event = by.did(
                "project_group.joined",
                org_id,
                ("project_group", group_id),
                account=str(account_id),
                role=str(role),
            )
            await record(tx, event, event_id=self._db.next_id(), now=now)

        await self._db.unit(work)

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
        now = group.created_at
        await insert_group(tx, group)
        await insert_member(tx, group, admin_id, Role.ADMIN, now=now)
        event = by.did(
            "project_group.created",
            group.org_id,
            ("project_group", group.group_id),
            admin=str(admin_id),
        )
        await record(tx, event, event_id=self._db.next_id(), now=now)


def membership_of(memberships: list[Membership], group_id: str) -> Membership:
    """The one of ``memberships`` that is in the group. Raises ``UnknownGroup``."""
    for each in memberships:
        if each.group.group_id == group_id:
            return each
    raise UnknownGroup


async def _verify_room(tx: Transaction, org_id: str, account_id: int) -> bool:
    """True while the account may join another group. Raises ``TooManyGroups``."""
    if await count_memberships(tx, org_id, account_id) >= MAX_GROUPS:
        raise TooManyGroups
    return True


def _name_of(account: Account) -> str:
    return account.name or account.username
