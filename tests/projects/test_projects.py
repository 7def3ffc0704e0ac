"""Who sees a project, what becomes of it, and what its lists cost."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest

from doorward.accounts import Account, UnknownAccount
from doorward.app.housekeeping import Housekeeping
from doorward.audit import SYSTEM
from doorward.crypto import system_random
from doorward.projects import (
    KEPT_AFTER_DELETION,
    BadProject,
    ListWanted,
    NewGroup,
    NewProject,
    NotAllowed,
    NotDeleted,
    Project,
    ProjectChange,
    ProjectTaken,
    Role,
    UnknownGroup,
    UnknownProject,
)
from doorward.projects.ids import draw_project_id
from tests.support.factories import make_account
from tests.support.house import House
from tests.support.world import World

pytestmark = pytest.mark.anyio

WEEK_S = KEPT_AFTER_DELETION // 1_000_000


async def make_project(world: World, owner: Account | None = None, **fields: Any) -> Project:
    """A project of Anna's, or of ``owner``'s."""
    who = owner or world.person
    new = NewProject(who.org_id, who.account_id, **fields)
    return await world.services.projects.create(new, SYSTEM)


async def neighbour(world: World, username: str = "ben") -> Account:
    """Somebody else of the organization."""
    return await make_account(world.services.db, username, org_id=world.org.org_id)


async def shared_group(world: World, admin: Account, *members: Account) -> str:
    """A group of several people; its identifier."""
    org_id, groups = world.org.org_id, world.services.project_groups
    group = await groups.create(NewGroup(org_id, "Lanterns"), admin.account_id, SYSTEM)
    for each in members:
        await groups.add_member(org_id, group.group_id, each.account_id, Role.MEMBER, SYSTEM)
    return group.group_id


def test_identifiers_are_words_and_a_number_and_do_not_repeat() -> None:
    """Nothing of one tells the next."""
    drawn = {draw_project_id(system_random) for _ in range(2_000)}
    assert len(drawn) >= 1_999
    assert all(re.fullmatch(r"[a-z]+-[a-z]+-[0-9]{6}", each) for each in drawn)


async def test_a_project_without_a_name_is_called_by_its_identifier(world: World) -> None:
    """Everything else has its default."""
    project = await make_project(world)
    assert project.name == project.project_id
    assert (project.region_id, project.platform_id) == ("aws-us-east-2", "aws")
    assert (project.pg_version, project.history_retention_s) == (17, 86_400)
    org_id, me = world.org.org_id, world.person.account_id
    assert await world.services.projects.get(org_id, me, project.project_id) == project


async def test_everybody_has_one_group_of_their_own(world: World) -> None:
    """It is made when it is asked for first, and once also when it is asked for at once."""
    org_id, groups = world.org.org_id, world.services.project_groups
    me = world.person.account_id
    answers = await asyncio.gather(*(groups.memberships(org_id, me) for _ in range(10)))
    found = {each[0].group.group_id for each in answers}
    assert len(found) == 1
    assert all(len(each) == 1 for each in answers)
    own = answers[0][0]
    assert (own.role, own.group.personal_of, own.group.name) == (Role.ADMIN, me, "Anna Example")
    with pytest.raises(UnknownAccount):
        await groups.memberships(org_id, 999_999)


async def test_nobody_joins_the_group_of_a_person(world: World) -> None:
    """It is as unknown as one that does not exist."""
    org_id, groups = world.org.org_id, world.services.project_groups
    ben = await neighbour(world)
    own = (await groups.memberships(org_id, world.person.account_id))[0].group.group_id
    for group_id in (own, "org-nobody", "NOT ONE", ""):
        with pytest.raises(UnknownGroup):
            await groups.add_member(org_id, group_id, ben.account_id, Role.ADMIN, SYSTEM)


async def test_what_a_person_has_is_unknown_to_everybody_else(world: World, house: House) -> None:
    """In the organization and in others, by every verb."""
    use, org_id = world.services.projects, world.org.org_id
    mine = (await make_project(world)).project_id
    ben, other = await neighbour(world), await house.new_world()
    for org, who in ((org_id, ben.account_id), (other.org.org_id, other.person.account_id)):
        for attempt in (
            use.get(org, who, mine),
            use.update(org, who, mine, ProjectChange(name="x"), SYSTEM),
            use.delete(org, who, mine, SYSTEM),
            use.recover(org, who, mine, SYSTEM),
        ):
            with pytest.raises(UnknownProject):
                await attempt
        assert await use.list_own(org, who, ListWanted()) == []
        assert await use.list_shared(org, who, ListWanted()) == []
    group_id = (await use.get(org_id, world.person.account_id, mine)).group_id
    with pytest.raises(UnknownGroup):
        await use.list_of_group(org_id, ben.account_id, group_id, ListWanted())
    with pytest.raises(UnknownGroup):
        await make_project(world, ben, group_id=group_id)


async def test_a_group_shares_what_is_in_it(world: World) -> None:
    """Members see it; its owner and the administrators change it."""
    use, org_id = world.services.projects, world.org.org_id
    anna, ben, cleo = world.person, await neighbour(world), await neighbour(world, "cleo")
    group_id = await shared_group(world, anna, ben, cleo)
    project = await make_project(world, ben, group_id=group_id)
    name = project.project_id
    for who in (anna, ben, cleo):
        assert (await use.get(org_id, who.account_id, name)).owner_id == ben.account_id
        listed = await use.list_of_group(org_id, who.account_id, group_id, ListWanted())
        assert [each.project_id for each in listed] == [name]
    assert [p.project_id for p in await use.list_own(org_id, ben.account_id, ListWanted())] == [
        name
    ]
    assert await use.list_shared(org_id, ben.account_id, ListWanted()) == []
    for who in (anna, cleo):
        shared = await use.list_shared(org_id, who.account_id, ListWanted())
        assert [each.project_id for each in shared] == [name]
        assert await use.list_own(org_id, who.account_id, ListWanted()) == []
    with pytest.raises(NotAllowed):
        await use.update(org_id, cleo.account_id, name, ProjectChange(name="Mine"), SYSTEM)
    with pytest.raises(NotAllowed):
        await use.delete(org_id, cleo.account_id, name, SYSTEM)
    changed = await use.update(org_id, anna.account_id, name, ProjectChange(name="Ours"), SYSTEM)
    assert changed.name == "Ours"
    await use.delete(org_id, ben.account_id, name, SYSTEM)
    with pytest.raises(NotAllowed):
        await use.recover(org_id, cleo.account_id, name, SYSTEM)
    assert (await use.recover(org_id, anna.account_id, name, SYSTEM)).deleted_at is None


async def test_shared_projects_of_many_groups_come_in_one_order(world: World) -> None:
    """Page by page, each once, the newest first, from all of them."""
    use, org_id = world.services.projects, world.org.org_id
    ben = await neighbour(world)
    groups = [await shared_group(world, world.person, ben) for _ in range(4)]
    made = [
        (await make_project(world, ben, group_id=groups[n % 4], name=f"Number {n}")).project_id
        for n in range(11)
    ]
    await make_project(world, world.person, group_id=groups[0])
    seen: list[str] = []
    before = (1 << 63) - 1
    while page := await use.list_shared(
        org_id, world.person.account_id, ListWanted(limit=3, before=before)
    ):
        seen += [each.project_id for each in page]
        before = page[-1].id
    assert seen == made[::-1]
    wanted = ListWanted(search="number 1")
    found = await use.list_shared(org_id, world.person.account_id, wanted)
    assert {each.name for each in found} == {"Number 1", "Number 10"}


async def test_a_deleted_project_comes_back_within_seven_days(world: World) -> None:
    """Until then it is only in the list of those that can be recovered."""
    use, org_id, me = world.services.projects, world.org.org_id, world.person.account_id
    name = (await make_project(world)).project_id
    with pytest.raises(NotDeleted):
        await use.recover(org_id, me, name, SYSTEM)
    gone = await use.delete(org_id, me, name, SYSTEM)
    assert gone.expires_at == world.clock() + KEPT_AFTER_DELETION
    for attempt in (
        use.get(org_id, me, name),
        use.update(org_id, me, name, ProjectChange(name="x"), SYSTEM),
        use.delete(org_id, me, name, SYSTEM),
    ):
        with pytest.raises(UnknownProject):
            await attempt
    assert await use.list_own(org_id, me, ListWanted()) == []
    recoverable = await use.list_own(org_id, me, ListWanted(recoverable=True))
    assert [each.project_id for each in recoverable] == [name]
    world.clock.advance(seconds=WEEK_S - 1)
    await Housekeeping(world.services).sweep()
    back = await use.recover(org_id, me, name, SYSTEM)
    assert (back.deleted_at, back.expires_at) == (None, None)
    assert [each.project_id for each in await use.list_own(org_id, me, ListWanted())] == [name]
    assert await use.list_own(org_id, me, ListWanted(recoverable=True)) == []


async def test_after_seven_days_a_project_is_gone_for_good(world: World) -> None:
    """At once for whoever asks, and from the table with the next sweep; others stay."""
    use, org_id, me = world.services.projects, world.org.org_id, world.person.account_id
    name = (await make_project(world)).project_id
    kept = await make_project(world)
    await use.delete(org_id, me, name, SYSTEM)
    world.clock.advance(seconds=WEEK_S)
    assert await use.list_own(org_id, me, ListWanted(recoverable=True)) == []
    with pytest.raises(UnknownProject):
        await use.recover(org_id, me, name, SYSTEM)
    with pytest.raises(ProjectTaken):
        await make_project(world, project_id=name)
    world.clock.advance(seconds=1)
    assert await Housekeeping(world.services).sweep() >= 1
    assert (await make_project(world, project_id=name)).project_id == name
    assert await use.get(org_id, me, kept.project_id) == kept


async def test_what_two_people_change_at_once_is_both_kept(world: World) -> None:
    """One change never undoes another that it does not name."""
    use, org_id, me = world.services.projects, world.org.org_id, world.person.account_id
    name = (await make_project(world, settings={"a": 1, "b": 2})).project_id
    await asyncio.gather(
        *(
            use.update(org_id, me, name, change, SYSTEM)
            for change in (
                ProjectChange(name="New name"),
                ProjectChange(history_retention_s=0),
                ProjectChange(settings={"a": None, "c": 3}),
                ProjectChange(settings={"d": {"deep": [1, None]}}),
            )
        )
    )
    project = await use.get(org_id, me, name)
    assert (project.name, project.history_retention_s) == ("New name", 0)
    assert project.settings == {"b": 2, "c": 3, "d": {"deep": [1, None]}}


@pytest.mark.parametrize(
    "fields",
    [
        {"name": ""},
        {"name": " "},
        {"name": "x" * 257},
        {"name": "a\x00b"},
        {"name": "a\nb"},
        {"name": "\ud800"},
        {"name": "\u202e"},
        {"region_id": "moon-1"},
        {"region_id": ""},
        {"pg_version": 13},
        {"pg_version": 19},
        {"history_retention_s": -1},
        {"history_retention_s": 2_592_001},
        {"settings": {"x": "y" * 4096}},
        {"settings": {"x": 1 << 53}},
        {"settings": {"x": [{"y": -(1 << 70)}]}},
        {"settings": {"x": [[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}},
        {"project_id": "NOT-AN-ID-123456"},
        {"project_id": "spring-example-302709\n"},
    ],
)
async def test_what_cannot_be_kept_is_refused(world: World, fields: dict[str, Any]) -> None:
    """Before anything is written."""
    with pytest.raises(BadProject):
        await make_project(world, **fields)
    org_id, me = world.org.org_id, world.person.account_id
    assert await world.services.projects.list_own(org_id, me, ListWanted()) == []


async def test_a_search_takes_its_signs_literally(world: World) -> None:
    """Part of a name in any case, or of an identifier; nothing is a wildcard."""
    use, org_id, me = world.services.projects, world.org.org_id, world.person.account_id
    names = ("100% wool", "under_score", "back\\slash", "Straße", "ＷＩＤＥ", "日本の川")
    ids = {name: (await make_project(world, name=name)).project_id for name in names}
    for search, expected in (
        ("%", ["100% wool"]),
        ("_", ["under_score"]),
        ("\\", ["back\\slash"]),
        ("STRASSE", ["Straße"]),
        ("wide", ["ＷＩＤＥ"]),
        ("の川", ["日本の川"]),
        (ids["100% wool"], ["100% wool"]),
        ("nothing like it", []),
    ):
        found = await use.list_own(org_id, me, ListWanted(search=search))
        assert [each.name for each in found] == expected, search


async def test_every_change_is_in_the_record(world: World) -> None:
    """With who it was for."""
    use, org_id, me = world.services.projects, world.org.org_id, world.person.account_id
    name = (await make_project(world)).project_id
    await use.update(org_id, me, name, ProjectChange(name="x"), SYSTEM)
    await use.delete(org_id, me, name, SYSTEM)
    await use.recover(org_id, me, name, SYSTEM)
    events = [each.event for each in await world.services.audit.list(org_id, None, 50)]
    told = [e.action for e in events if e.target_id == name]
    assert told == ["project.recovered", "project.deleted", "project.updated", "project.created"]
    assert all(e.detail["account"] == str(me) for e in events if e.target_id == name)
