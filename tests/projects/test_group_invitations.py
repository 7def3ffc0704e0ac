"""Asking people into a group without learning anything about their addresses."""

from __future__ import annotations

import asyncio

import pytest

from doorward.accounts import AccountChange, AccountKind, UnknownAccount
from doorward.app.housekeeping import Housekeeping
from doorward.audit import SYSTEM
from doorward.projects import (
    INVITATION_LIFE,
    MAX_MEMBERS,
    AlreadyMember,
    BadAddress,
    Role,
    TooManyMembers,
    UnknownInvitation,
)
from tests.projects.people import STAFF, make_group, neighbour, steward
from tests.support.house import House
from tests.support.world import World

pytestmark = pytest.mark.anyio


async def test_an_invitation_looks_the_same_whether_the_address_exists_or_not(
    world: World,
) -> None:
    """Until the person answers, nothing of the group or its lists tells."""
    use, anna = world.services.group_invitations, steward(world, world.person)
    ben = await neighbour(world)
    group_id = (await make_group(world, world.person)).group_id
    told = [
        await use.invite(anna, group_id, address, Role.MEMBER)
        for address in (ben.email or "", "nobody@example.org", "ben", "nobody")
    ]
    assert len({(each.role, each.invited_at, each.expires_at) for each in told}) == 1
    assert await use.list(anna, group_id) == told
    assert len(await world.services.project_members.list(anna, group_id)) == 1
    first, _second = await use.waiting(world.org.org_id, ben.account_id)
    assert (first.group_name, first.invitation) == ("Lanterns", told[0])
    assert first.inviter == "Anna Example"


async def test_whoever_has_the_address_joins_or_declines(world: World) -> None:
    """By e-mail address or user name, in whatever width and case; each once."""
    use, org_id, anna = world.services, world.org.org_id, steward(world, world.person)
    ben, cleo = await neighbour(world), await neighbour(world, "cleo")
    group_id = (await make_group(world, world.person)).group_id
    asked = await use.group_invitations.invite(anna, group_id, " ＢＥＮ ", Role.ADMIN)
    other = await use.group_invitations.invite(
        anna, group_id, (cleo.email or "").upper(), Role.MEMBER
    )
    accept, decline = use.group_invitations.accept, use.group_invitations.decline
    for number in (other.id, 0, -1, 1 << 62):
        for attempt in (
            accept(org_id, ben.account_id, number, SYSTEM),
            decline(org_id, ben.account_id, number, SYSTEM),
        ):
            with pytest.raises(UnknownInvitation):
                await attempt
    outcomes = await asyncio.gather(
        *(accept(org_id, ben.account_id, asked.id, SYSTEM) for _ in range(4)),
        return_exceptions=True,
    )
    assert [each for each in outcomes if isinstance(each, str)] == [group_id]
    assert (await use.project_members.get(anna, group_id, ben.account_id)).role is Role.ADMIN
    await decline(org_id, cleo.account_id, other.id, SYSTEM)
    assert await use.group_invitations.waiting(org_id, cleo.account_id) == []
    assert await use.group_invitations.list(anna, group_id) == []
    for address in ("ben", (ben.email or "").title()):
        with pytest.raises(AlreadyMember):
            await use.group_invitations.invite(anna, group_id, address, Role.MEMBER)


async def test_an_invitation_follows_the_address_and_not_the_person(world: World) -> None:
    """Whoever has it when they answer; staff never, though they have the same address."""
    use, org_id, anna = world.services, world.org.org_id, steward(world, world.person)
    ben = await neighbour(world)
    clerk = await neighbour(world, "clerk", kind=AccountKind.SYSTEM)
    group_id = (await make_group(world, world.person)).group_id
    asked = await use.group_invitations.invite(anna, group_id, "late@example.org", Role.MEMBER)
    assert await use.group_invitations.waiting(org_id, ben.account_id) == []
    late = AccountChange(email="late@example.org")
    await use.accounts.update(org_id, ben.account_id, late, SYSTEM)
    await use.accounts.update(org_id, clerk.account_id, late, SYSTEM)
    assert await use.group_invitations.waiting(org_id, clerk.account_id) == []
    with pytest.raises(UnknownInvitation):
        await use.group_invitations.accept(org_id, clerk.account_id, asked.id, SYSTEM)
    with pytest.raises(UnknownAccount):
        await use.project_groups.add_member(org_id, group_id, clerk.account_id, Role.MEMBER, SYSTEM)
    (waiting,) = await use.group_invitations.waiting(org_id, ben.account_id)
    assert waiting.invitation == asked
    staff = steward(world, STAFF)
    await use.group_invitations.invite(staff, group_id, "late@example.org", Role.MEMBER)
    (waiting,) = await use.group_invitations.waiting(org_id, ben.account_id)
    assert waiting.inviter is None


async def test_no_invitation_crosses_into_another_organization(world: World, house: House) -> None:
    """The same address there is somebody else's."""
    use, anna = world.services, steward(world, world.person)
    other = await house.new_world()
    group_id = (await make_group(world, world.person)).group_id
    asked = await use.group_invitations.invite(anna, group_id, "zoe@example.org", Role.MEMBER)
    zoe = AccountChange(email="zoe@example.org")
    await other.services.accounts.update(other.org.org_id, other.person.account_id, zoe, SYSTEM)
    org_id, stranger = other.org.org_id, other.person.account_id
    assert await use.group_invitations.waiting(org_id, stranger) == []
    with pytest.raises(UnknownInvitation):
        await use.group_invitations.accept(org_id, stranger, asked.id, SYSTEM)
    own = (await make_group(other, other.person)).group_id
    with pytest.raises(UnknownInvitation):
        await use.group_invitations.withdraw(steward(other, STAFF), own, asked.id)


async def test_an_invitation_is_replaced_withdrawn_and_ends(world: World) -> None:
    """Thirty days; nothing of it is left afterwards."""
    use, org_id, anna = world.services, world.org.org_id, steward(world, world.person)
    ben = await neighbour(world)
    group_id = (await make_group(world, world.person)).group_id
    first = await use.group_invitations.invite(anna, group_id, "ben", Role.MEMBER)
    again = await use.group_invitations.invite(anna, group_id, "BEN", Role.ADMIN)
    assert await use.group_invitations.list(anna, group_id) == [again]
    with pytest.raises(UnknownInvitation):
        await use.group_invitations.accept(org_id, ben.account_id, first.id, SYSTEM)
    gone = await use.group_invitations.withdraw(anna, group_id, again.id)
    assert gone == again
    with pytest.raises(UnknownInvitation):
        await use.group_invitations.withdraw(anna, group_id, again.id)
    last = await use.group_invitations.invite(anna, group_id, "ben", Role.MEMBER)
    theirs = (await make_group(world, ben)).group_id
    with pytest.raises(UnknownInvitation):
        await use.group_invitations.withdraw(steward(world, ben), theirs, last.id)
    world.clock.advance(seconds=INVITATION_LIFE / 1_000_000)
    assert await use.group_invitations.list(anna, group_id) == []
    assert await use.group_invitations.waiting(org_id, ben.account_id) == []
    with pytest.raises(UnknownInvitation):
        await use.group_invitations.accept(org_id, ben.account_id, last.id, SYSTEM)
    await use.group_invitations.invite(anna, group_id, "ben", Role.MEMBER)
    await Housekeeping(world.services).sweep()
    assert len(await use.group_invitations.list(anna, group_id)) == 1


@pytest.mark.parametrize(
    "address", ["", " ", "a b", "a@", "@", "a@b@c", "x" * 129, "a\nb", "\x00", "a\u202eb"]
)
async def test_what_is_no_address_is_refused(world: World, address: str) -> None:
    """Before anything is looked at."""
    anna = steward(world, world.person)
    group_id = (await make_group(world, world.person)).group_id
    with pytest.raises(BadAddress):
        await world.services.group_invitations.invite(anna, group_id, address, Role.MEMBER)


async def test_a_group_has_two_hundred_people_at_most(world: World) -> None:
    """Those who are asked count: nobody is asked into a group that is full."""
    use, anna = world.services.group_invitations, steward(world, world.person)
    group_id = (await make_group(world, world.person)).group_id
    for number in range(MAX_MEMBERS - 1):
        await use.invite(anna, group_id, f"person{number}@example.org", Role.MEMBER)
    with pytest.raises(TooManyMembers):
        await use.invite(anna, group_id, "one@example.org", Role.MEMBER)
    await use.invite(anna, group_id, "person1@example.org", Role.ADMIN)
