"""Who is in a group, who may change that, and what becomes of projects when somebody goes."""

from __future__ import annotations

import asyncio

import pytest

from doorward.audit import SYSTEM
from doorward.projects import (
    MAX_GROUPS,
    BadGroup,
    GroupNotEmpty,
    LastAdministrator,
    ListWanted,
    NewGroup,
    NotAdministrator,
    PersonalGroup,
    ProjectsRefusal,
    Role,
    TooManyGroups,
    UnknownGroup,
    UnknownMember,
    UnknownProject,
)
from tests.projects.people import STAFF, make_group, make_project, neighbour, steward
from tests.support.house import House
from tests.support.world import World

pytestmark = pytest.mark.anyio


async def test_members_see_each_other_and_strangers_see_nothing(world: World, house: House) -> None:
    """By the numbers of their accounts, with names and addresses."""
    ben, cleo = await neighbour(world), await neighbour(world, "cleo")
    other = await house.new_world()
    group_id = (await make_group(world, world.person, ben)).group_id
    use = world.services
    for who in (world.person, ben, STAFF):
        found = await use.project_members.list(steward(world, who), group_id)
        assert [(each.account_id, each.role) for each in found] == [
            (world.person.account_id, Role.ADMIN),
            (ben.account_id, Role.MEMBER),
        ]
        assert found[1].username == "ben"
    outside = (steward(world, cleo), steward(other, other.person), steward(other, STAFF))
    for stranger in outside:
        for name in (group_id, "org-nobody", "NOT ONE", "", "\x00", "x" * 5000):
            for attempt in (
                use.project_groups.get(stranger, name),
                use.project_members.list(stranger, name),
                use.project_members.get(stranger, name, ben.account_id),
                use.project_members.set_role(stranger, name, ben.account_id, Role.ADMIN),
                use.project_members.remove(stranger, name, ben.account_id),
                use.project_groups.rename(stranger, name, "Mine"),
                use.project_groups.delete(stranger, name),
                use.group_invitations.list(stranger, name),
                use.group_invitations.invite(stranger, name, "dora", Role.ADMIN),
                use.group_invitations.withdraw(stranger, name, 1),
            ):
                with pytest.raises(UnknownGroup):
                    await attempt


async def test_members_who_do_not_administer_change_nothing_but_themselves(world: World) -> None:
    """They see, and they leave."""
    ben, cleo = await neighbour(world), await neighbour(world, "cleo")
    group_id = (await make_group(world, world.person, ben, cleo)).group_id
    use, me = world.services, steward(world, ben)
    for attempt in (
        use.project_members.set_role(me, group_id, ben.account_id, Role.ADMIN),
        use.project_members.remove(me, group_id, cleo.account_id),
        use.project_groups.rename(me, group_id, "Mine"),
        use.project_groups.delete(me, group_id),
        use.group_invitations.invite(me, group_id, "dora", Role.MEMBER),
        use.group_invitations.list(me, group_id),
    ):
        with pytest.raises(NotAdministrator):
            await attempt
    await use.project_members.remove(me, group_id, ben.account_id)
    with pytest.raises(UnknownGroup):
        await use.project_groups.get(me, group_id)


async def test_a_group_keeps_an_administrator(world: World) -> None:
    """Whoever is the last one neither goes nor steps back, also when two do so at once."""
    ben = await neighbour(world)
    group_id = (await make_group(world, world.person, ben)).group_id
    members, anna = world.services.project_members, steward(world, world.person)
    anna_id, ben_id = world.person.account_id, ben.account_id
    for attempt in (
        members.set_role(anna, group_id, anna_id, Role.MEMBER),
        members.remove(anna, group_id, anna_id),
        members.remove(steward(world, STAFF), group_id, anna_id),
    ):
        with pytest.raises(LastAdministrator):
            await attempt
    assert (await members.set_role(anna, group_id, ben_id, Role.ADMIN)).role is Role.ADMIN
    outcomes = await asyncio.gather(
        members.remove(anna, group_id, anna_id),
        members.remove(steward(world, ben), group_id, ben_id),
        return_exceptions=True,
    )
    assert [type(each) for each in outcomes if each is not None] == [LastAdministrator]
    (left,) = await members.list(steward(world, STAFF), group_id)
    assert left.role is Role.ADMIN


async def test_what_somebody_who_goes_owned_there_stays_with_the_group(world: World) -> None:
    """It belongs to the administrator who acts; their other projects stay theirs."""
    use, org_id = world.services, world.org.org_id
    ben = await neighbour(world)
    group_id = (await make_group(world, world.person, ben)).group_id
    there = await make_project(world, ben, group_id=group_id)
    gone = await make_project(world, ben, group_id=group_id)
    own = await make_project(world, ben)
    await use.projects.delete(org_id, ben.account_id, gone.project_id, SYSTEM)
    await use.project_members.remove(steward(world, world.person), group_id, ben.account_id)
    kept = await use.projects.get(org_id, world.person.account_id, there.project_id)
    assert kept.owner_id == world.person.account_id
    back = await use.projects.recover(org_id, world.person.account_id, gone.project_id, SYSTEM)
    assert back.owner_id == world.person.account_id
    with pytest.raises(UnknownProject):
        await use.projects.get(org_id, ben.account_id, there.project_id)
    mine = await use.projects.list_own(org_id, ben.account_id, ListWanted())
    assert [each.project_id for each in mine] == [own.project_id]
    with pytest.raises(UnknownMember):
        await use.project_members.remove(steward(world, world.person), group_id, ben.account_id)
    for member_id in (0, -1, 1 << 62):
        with pytest.raises(UnknownMember):
            await use.project_members.get(steward(world, world.person), group_id, member_id)


async def test_a_group_is_deleted_when_no_project_is_in_it(world: World) -> None:
    """Neither one that is there nor one that can come back; a new one cannot slip in."""
    use, org_id, anna = world.services, world.org.org_id, steward(world, world.person)
    ben = await neighbour(world)
    group_id = (await make_group(world, world.person, ben)).group_id
    project = await make_project(world, ben, group_id=group_id)
    await use.group_invitations.invite(anna, group_id, "dora", Role.MEMBER)
    with pytest.raises(GroupNotEmpty):
        await use.project_groups.delete(anna, group_id)
    await use.projects.delete(org_id, ben.account_id, project.project_id, SYSTEM)
    with pytest.raises(GroupNotEmpty):
        await use.project_groups.delete(anna, group_id)
    empty = (await make_group(world, world.person, ben)).group_id
    outcomes = await asyncio.gather(
        use.project_groups.delete(anna, empty),
        make_project(world, ben, group_id=empty),
        return_exceptions=True,
    )
    refused = [each for each in outcomes if isinstance(each, ProjectsRefusal)]
    assert [type(each) for each in refused] in ([GroupNotEmpty], [UnknownGroup])
    memberships = await use.project_groups.memberships(org_id, ben.account_id)
    there = {each.group.group_id for each in memberships}
    assert (empty in there) is isinstance(refused[0], GroupNotEmpty)


async def test_a_person_s_own_group_is_renamed_and_nothing_else(world: World) -> None:
    """Also staff do not see it."""
    use, org_id, anna = world.services, world.org.org_id, steward(world, world.person)
    own = (await use.project_groups.memberships(org_id, world.person.account_id))[0].group
    renamed = await use.project_groups.rename(anna, own.group_id, "花子の家")
    assert (renamed.name, renamed.handle) == ("花子の家", own.handle)
    for name in ("", "a\nb", "x" * 257, "\x00"):
        with pytest.raises(BadGroup):
            await use.project_groups.rename(anna, own.group_id, name)
    for attempt in (
        use.project_groups.delete(anna, own.group_id),
        use.project_members.remove(anna, own.group_id, world.person.account_id),
        use.group_invitations.invite(anna, own.group_id, "ben", Role.MEMBER),
    ):
        with pytest.raises(PersonalGroup):
            await attempt
    with pytest.raises(UnknownGroup):
        await use.project_groups.get(steward(world, STAFF), own.group_id)
    assert await use.project_groups.list_shared(org_id, "", 10) == []


async def test_a_person_is_in_twenty_groups_at_most(world: World) -> None:
    """However they come in."""
    use, org_id, ben = world.services, world.org.org_id, await neighbour(world)
    extra = (await make_group(world, world.person)).group_id
    await use.group_invitations.invite(steward(world, world.person), extra, "ben", Role.MEMBER)
    await use.project_groups.memberships(org_id, ben.account_id)
    for _ in range(MAX_GROUPS - 1):
        await use.project_groups.create(NewGroup(org_id, "One more"), ben.account_id, SYSTEM)
    (waiting,) = await use.group_invitations.waiting(org_id, ben.account_id)
    for attempt in (
        use.project_groups.add_member(org_id, extra, ben.account_id, Role.MEMBER, SYSTEM),
        use.group_invitations.accept(org_id, ben.account_id, waiting.invitation.id, SYSTEM),
    ):
        with pytest.raises(TooManyGroups):
            await attempt
