"""Showing a project to an address."""

from __future__ import annotations

import pytest

from doorward.accounts import AccountChange, AccountKind, NewAccount
from doorward.app.housekeeping import Housekeeping
from doorward.audit import SYSTEM
from doorward.projects import (
    KEPT_AFTER_DELETION,
    MAX_PERMISSIONS,
    BadAddress,
    ListWanted,
    NotAllowed,
    ProjectChange,
    TooManyPermissions,
    UnknownPermission,
    UnknownProject,
)
from doorward.projects.store import list_permissions
from tests.projects.people import make_group, make_project, neighbour
from tests.support.house import House
from tests.support.world import World

pytestmark = pytest.mark.anyio

WEEK_S = KEPT_AFTER_DELETION // 1_000_000


async def test_whoever_has_the_address_sees_the_project_and_changes_nothing(
    world: World,
) -> None:
    """Alone and among what is shared, until it is taken away."""
    use, org_id, anna = world.services, world.org.org_id, world.person.account_id
    ben = await neighbour(world)
    project = await make_project(world, world.person, name="Seen")
    hidden = await make_project(world, world.person)
    name = project.project_id
    granted = await use.project_permissions.grant(org_id, anna, name, "BEN@example.org", SYSTEM)
    assert granted.email == "BEN@example.org"
    assert (await use.projects.get(org_id, ben.account_id, name)).name == "Seen"
    for wanted in (ListWanted(), ListWanted(search="see")):
        shared = await use.projects.list_shared(org_id, ben.account_id, wanted)
        assert [each.project_id for each in shared] == [name]
    assert await use.projects.list_own(org_id, ben.account_id, ListWanted()) == []
    with pytest.raises(UnknownProject):
        await use.projects.get(org_id, ben.account_id, hidden.project_id)
    for attempt in (
        use.projects.update(org_id, ben.account_id, name, ProjectChange(name="x"), SYSTEM),
        use.projects.delete(org_id, ben.account_id, name, SYSTEM),
        use.project_permissions.list(org_id, ben.account_id, name),
        use.project_permissions.grant(org_id, ben.account_id, name, "c@example.org", SYSTEM),
        use.project_permissions.revoke(org_id, ben.account_id, name, granted.id, SYSTEM),
    ):
        with pytest.raises(NotAllowed):
            await attempt
    gone = await use.project_permissions.revoke(org_id, anna, name, granted.id, SYSTEM)
    assert gone == granted
    with pytest.raises(UnknownProject):
        await use.projects.get(org_id, ben.account_id, name)
    with pytest.raises(UnknownPermission):
        await use.project_permissions.revoke(org_id, anna, name, granted.id, SYSTEM)


async def test_a_permission_follows_the_address(world: World, house: House) -> None:
    """To whoever has it at this moment, in this organization."""
    use, org_id, anna = world.services, world.org.org_id, world.person.account_id
    ben, other = await neighbour(world), await house.new_world()
    name = (await make_project(world, world.person)).project_id
    await use.project_permissions.grant(org_id, anna, name, "new@example.org", SYSTEM)
    with pytest.raises(UnknownProject):
        await use.projects.get(org_id, ben.account_id, name)
    new = AccountChange(email="new@example.org")
    await use.accounts.update(org_id, ben.account_id, new, SYSTEM)
    assert (await use.projects.get(org_id, ben.account_id, name)).project_id == name
    await use.accounts.update(other.org.org_id, other.person.account_id, new, SYSTEM)
    stranger = (other.org.org_id, other.person.account_id)
    with pytest.raises(UnknownProject):
        await use.projects.get(*stranger, name)
    assert await use.projects.list_shared(*stranger, ListWanted()) == []
    for attempt in (
        use.project_permissions.list(*stranger, name),
        use.project_permissions.grant(*stranger, name, "a@example.org", SYSTEM),
        use.project_permissions.revoke(*stranger, name, 1, SYSTEM),
    ):
        with pytest.raises(UnknownProject):
            await attempt


async def test_the_number_of_an_account_is_its_organization_s_own(
    world: World, house: House
) -> None:
    """Whoever has the address elsewhere, under the same number, opens nothing here."""
    use, org_id, anna = world.services, world.org.org_id, world.person.account_id
    ben, other = await neighbour(world), await house.new_world()
    double = NewAccount(
        org_id=other.org.org_id,
        kind=AccountKind.CONSTITUENT,
        username="zoe",
        email="zoe@example.org",
        account_id=ben.account_id,
    )
    await use.accounts.create(double, SYSTEM)
    name = (await make_project(world, world.person)).project_id
    await use.project_permissions.grant(org_id, anna, name, "zoe@example.org", SYSTEM)
    with pytest.raises(UnknownProject):
        await use.projects.get(org_id, ben.account_id, name)
    assert await use.projects.list_shared(org_id, ben.account_id, ListWanted()) == []


async def test_a_permission_is_revoked_by_its_own_project_alone(world: World) -> None:
    """Not by the number of one that another project has."""
    use, org_id, anna = world.services, world.org.org_id, world.person.account_id
    ben = await neighbour(world)
    name = (await make_project(world, world.person)).project_id
    theirs = (await make_project(world, ben)).project_id
    granted = await use.project_permissions.grant(org_id, anna, name, "c@example.org", SYSTEM)
    with pytest.raises(UnknownPermission):
        await use.project_permissions.revoke(org_id, ben.account_id, theirs, granted.id, SYSTEM)
    assert await use.project_permissions.list(org_id, anna, name) == [granted]


async def test_a_member_to_whom_it_is_shown_as_well_sees_it_once(world: World) -> None:
    """In the list of what is shared."""
    use, org_id, anna = world.services, world.org.org_id, world.person.account_id
    ben = await neighbour(world)
    group_id = (await make_group(world, world.person, ben)).group_id
    name = (await make_project(world, world.person, group_id=group_id)).project_id
    await use.project_permissions.grant(org_id, anna, name, ben.email or "", SYSTEM)
    shared = await use.projects.list_shared(org_id, ben.account_id, ListWanted())
    assert [each.project_id for each in shared] == [name]


async def test_a_permission_is_there_once_and_dies_with_its_project(world: World) -> None:
    """Granted again it stays; with the project brought back it is back; later it is gone."""
    use, org_id, anna = world.services, world.org.org_id, world.person.account_id
    ben = await neighbour(world)
    name = (await make_project(world, world.person)).project_id
    granted = await use.project_permissions.grant(org_id, anna, name, "ben@example.org", SYSTEM)
    again = await use.project_permissions.grant(org_id, anna, name, "Ben@example.org", SYSTEM)
    assert again == granted
    await use.projects.delete(org_id, anna, name, SYSTEM)
    assert await use.projects.list_shared(org_id, ben.account_id, ListWanted()) == []
    with pytest.raises(UnknownProject):
        await use.project_permissions.list(org_id, anna, name)
    await use.projects.recover(org_id, anna, name, SYSTEM)
    world.clock.advance(seconds=WEEK_S + 1)
    await Housekeeping(world.services).sweep()
    assert await use.project_permissions.list(org_id, anna, name) == [granted]
    gone = await use.projects.delete(org_id, anna, name, SYSTEM)
    world.clock.advance(seconds=WEEK_S + 1)
    await Housekeeping(world.services).sweep()
    assert await list_permissions(use.db, gone) == []
    again_there = await make_project(world, world.person, project_id=name)
    assert again_there.project_id == name
    assert await use.project_permissions.list(org_id, anna, name) == []
    with pytest.raises(UnknownProject):
        await use.projects.get(org_id, ben.account_id, name)


async def test_a_project_is_shown_to_a_hundred_addresses(world: World) -> None:
    """And to nothing that is no address."""
    use, org_id, anna = world.services, world.org.org_id, world.person.account_id
    name = (await make_project(world, world.person)).project_id
    for email in ("", "ben", "a@b@c", "\x00@example.org", "a" * 300 + "@example.org"):
        with pytest.raises(BadAddress):
            await use.project_permissions.grant(org_id, anna, name, email, SYSTEM)
    for number in range(MAX_PERMISSIONS):
        email = f"person{number}@example.org"
        await use.project_permissions.grant(org_id, anna, name, email, SYSTEM)
    with pytest.raises(TooManyPermissions):
        await use.project_permissions.grant(org_id, anna, name, "one@example.org", SYSTEM)
    for number in (0, -1, 1 << 63, 1 << 70):
        with pytest.raises(UnknownPermission):
            await use.project_permissions.revoke(org_id, anna, name, number, SYSTEM)
