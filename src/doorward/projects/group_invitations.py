"""Asking people into groups, by an address that nobody looks up.

Whoever asks learns nothing about the address: the invitation waits for the person who has it, and
who accepts or declines it on their own page.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from doorward.accounts import Account, AccountKind, Accounts, login_key
from doorward.audit import Actor, record
from doorward.db import Clock, Database, Transaction
from doorward.projects.groups import verify_room, verify_room_in
from doorward.projects.model import Group, Role
from doorward.projects.people_model import (
    INVITATION_LIFE,
    GroupInvitation,
    Steward,
    Waiting,
    verify_address,
)
from doorward.projects.refusals import AlreadyMember, UnknownInvitation
from doorward.projects.stewardship import lock_governed_group, verify_shared
from doorward.projects.store import (
    delete_invitation,
    delete_invitation_of,
    find_invitation,
    find_role,
    insert_invitation,
    insert_member,
    list_invitations,
    list_members,
    list_waiting,
    lock_group,
)

__all__ = ["GroupInvitations"]

_SHOWN: Final = 50
"""How many invitations one person is shown at once; the oldest, until they are answered."""
# Inside the class, the name ``list`` is a method.
_Invitations = list[GroupInvitation]
_Waiting = list[Waiting]


class GroupInvitations:
    """Invitations into the groups of every organization."""

    def __init__(self, *, db: Database, clock: Clock, accounts: Accounts) -> None:
        """Keep invitations of ``accounts`` in ``db``, dated by ``clock``."""
        self._db = db
        self._clock = clock
        self._accounts = accounts

    async def invite(
        self, steward: Steward, group_id: str, address: str, role: Role
    ) -> GroupInvitation:
        """``invite_all`` for one address."""
        (invitation,) = await self.invite_all(steward, group_id, ((address, role),))
        return invitation

    async def invite_all(
        self, steward: Steward, group_id: str, asked: Sequence[tuple[str, Role]]
    ) -> _Invitations:
        """Ask whoever has each e-mail address or user name, for thirty days; all of them or none.

        An earlier invitation of the same address is replaced. Raises ``BadAddress``,
        ``UnknownGroup``, ``NotAdministrator``, ``PersonalGroup``, ``AlreadyMember``,
        ``TooManyMembers``.
        """
        verified = [(verify_address(address), role) for address, role in asked]

        async def work(tx: Transaction) -> _Invitations:
            group = await lock_governed_group(tx, steward, group_id)
            verify_shared(group)
            # The steward sees this list anyway: it tells nothing about anybody else.
            members = await list_members(tx, group.org_id, group_id)
            known = {login_key(name) for each in members for name in (each.username, each.email)}
            if any(login_key(address) in known for address, _role in verified):
                raise AlreadyMember
            return [await self._ask(tx, steward, group, each) for each in verified]

        return await self._db.unit(work)

    async def list(self, steward: Steward, group_id: str) -> _Invitations:
        """The invitations into a group that wait, for those who administer it.

        Raises ``UnknownGroup``, ``NotAdministrator``.
        """

        async def work(tx: Transaction) -> _Invitations:
            group = await lock_governed_group(tx, steward, group_id)
            return await list_invitations(tx, group.org_id, group_id, now=self._clock())

        return await self._db.unit(work)

    async def withdraw(
        self, steward: Steward, group_id: str, invitation_id: int
    ) -> GroupInvitation:
        """Ask no longer. Raises ``UnknownGroup``, ``NotAdministrator``, ``UnknownInvitation``."""

        async def work(tx: Transaction) -> GroupInvitation:
            group = await lock_governed_group(tx, steward, group_id)
            found = await find_invitation(tx, group.org_id, invitation_id, now=self._clock())
            if found is None or found.group_id != group_id:
                raise UnknownInvitation
            await delete_invitation(tx, group.org_id, invitation_id)
            await self._record(tx, steward.by, "invitation_withdrawn", found, **steward.detail)
            return found

        return await self._db.unit(work)

    async def waiting(self, org_id: str, account_id: int) -> _Waiting:
        """What the account is asked to join, the oldest first. Raises ``UnknownAccount``."""
        account = await self._accounts.get(org_id, account_id)
        if account.kind is not AccountKind.CONSTITUENT:
            return []
        found = await list_waiting(
            self._db, org_id, _keys(account), now=self._clock(), limit=_SHOWN
        )
        return [each for each in found if _is_for(each.invitation, account)]

    async def accept(self, org_id: str, account_id: int, invitation_id: int, by: Actor) -> str:
        """Join the group, whose identifier is answered.

        Raises ``UnknownAccount``, ``UnknownInvitation``, ``TooManyGroups``, ``TooManyMembers``.
        """
        now = self._clock()

        async def work(tx: Transaction) -> str:
            found = await self._find(tx, org_id, account_id, invitation_id)
            group = await lock_group(tx, org_id, found.group_id)
            if group is None:
                raise UnknownInvitation
            await delete_invitation(tx, org_id, invitation_id)
            if await find_role(tx, group, account_id) is None:
                await verify_room(tx, org_id, account_id)
                await verify_room_in(tx, group, now)
                await insert_member(tx, group, account_id, found.role, now=now)
                detail = {"account": str(account_id), "role": str(found.role)}
                await self._record(tx, by, "joined", found, **detail)
            return found.group_id

        return await self._db.unit(work)

    async def decline(self, org_id: str, account_id: int, invitation_id: int, by: Actor) -> None:
        """Stay out. Raises ``UnknownAccount``, ``UnknownInvitation``."""

        async def work(tx: Transaction) -> None:
            found = await self._find(tx, org_id, account_id, invitation_id)
            await delete_invitation(tx, org_id, invitation_id)
            await self._record(tx, by, "invitation_declined", found, account=str(account_id))

        await self._db.unit(work)

    async def _ask(
        self, tx: Transaction, steward: Steward, group: Group, asked: tuple[str, Role]
    ) -> GroupInvitation:
        address, role = asked
        now = self._clock()
        await delete_invitation_of(tx, group.org_id, group.group_id, address)
        await verify_room_in(tx, group, now)
        invitation = GroupInvitation(
            org_id=group.org_id,
            id=self._db.next_id(),
            group_id=group.group_id,
            address=address,
            role=role,
            invited_by=steward.account_id,
            invited_at=now,
            expires_at=now + INVITATION_LIFE,
        )
        await insert_invitation(tx, invitation)
        await self._record(tx, steward.by, "invited", invitation, address=address, **steward.detail)
        return invitation

    async def _find(
        self, tx: Transaction, org_id: str, account_id: int, invitation_id: int
    ) -> GroupInvitation:
        account = await self._accounts.lock(tx, org_id, account_id)
        found = await find_invitation(tx, org_id, invitation_id, now=self._clock())
        if found is None or not _is_for(found, account):
            raise UnknownInvitation
        return found

    async def _record(
        self, tx: Transaction, by: Actor, verb: str, invitation: GroupInvitation, **detail: str
    ) -> None:
        target = ("project_group", invitation.group_id)
        event = by.did(f"project_group.{verb}", invitation.org_id, target, **detail)
        await record(tx, event, event_id=self._db.next_id(), now=self._clock())


def _keys(account: Account) -> tuple[str | None, str]:
    email = None if account.email is None else login_key(account.email)
    return email, login_key(account.username)


def _is_for(invitation: GroupInvitation, account: Account) -> bool:
    """Whether the account is the one that was asked. Staff never are."""
    if account.kind is not AccountKind.CONSTITUENT:
        return False
    return login_key(invitation.address) in _keys(account)
