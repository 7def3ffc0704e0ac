"""``/project-groups``: the organizations of people who keep projects, and who is in them."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query
from pydantic import Field

from doorward import projects
from doorward.console.api.cursors import Cursors, Place
from doorward.console.api.fields import (
    Body,
    Caller,
    Document,
    Id,
    Moment,
    NextCursor,
    PageQuery,
    RowId,
    moment,
)
from doorward.console.api.model import ApiServices, StaffCall
from doorward.console.api.route import Operation
from doorward.orgs import Permission
from doorward.projects import Role, Steward, UnknownMember

__all__ = ["ProjectGroupRoutes"]

GroupId = Annotated[str, Path(max_length=60, examples=["org-lantern-works-271828"])]


class ProjectGroup(Document):
    """What Neon's API calls an organization. Groups of one person alone are not shown."""

    group_id: Annotated[str, Field(examples=["org-lantern-works-271828"])]
    name: Annotated[str, Field(examples=["Lantern Works"])]
    handle: str
    plan: str
    created_at: Moment
    updated_at: Moment

    @classmethod
    def of(cls, group: projects.Group) -> ProjectGroup:
        """Show ``group``."""
        return cls(
            group_id=group.group_id,
            name=group.name,
            handle=group.handle,
            plan=group.plan,
            created_at=moment(group.created_at),
            updated_at=moment(group.updated_at),
        )


class ProjectGroupPage(Document):
    """A page of groups."""

    items: list[ProjectGroup]
    next_cursor: NextCursor


class GroupMember(Document):
    """A person in a group. An `admin` changes its projects, its people and its name."""

    account_id: Id
    username: str
    name: str | None
    email: str | None
    role: Role
    joined_at: Moment

    @classmethod
    def of(cls, member: projects.Member) -> GroupMember:
        """Show ``member``."""
        return cls(
            account_id=str(member.account_id),
            username=member.username,
            name=member.name,
            email=member.email,
            role=member.role,
            joined_at=moment(member.joined_at),
        )


class GroupMemberPage(Document):
    """A page of members."""

    items: list[GroupMember]
    next_cursor: NextCursor


class GroupMemberToSet(Body):
    """What somebody is to be in the group."""

    role: Role = Role.MEMBER


class ProjectGroupRoutes:
    """Operations on groups and their members."""

    def __init__(self, use: ApiServices, cursors: Cursors) -> None:
        """Serve ``use.project_groups`` and ``use.project_members``."""
        self._use = use
        self._cursors = cursors

    def operations(self) -> tuple[Operation, ...]:
        """What is served, in the order of the reference."""
        read, write = Permission.ACCOUNTS_READ, Permission.ACCOUNTS_WRITE
        one = "/project-groups/{group_id}"
        member = f"{one}/members/{{account_id}}"
        return (
            Operation(
                "GET", "/project-groups", read, self.list_project_groups, "List project groups"
            ),
            Operation("GET", one, read, self.get_project_group, "Read a project group"),
            Operation(
                "GET", f"{one}/members", read, self.list_group_members, "List a group's members"
            ),
            Operation(
                "PUT", member, write, self.set_group_member, "Add a member, or change their role"
            ),
            Operation(
                "DELETE", member, write, self.remove_group_member, "Remove a member", status=204
            ),
        )

    async def list_project_groups(
        self, call: Caller, query: Annotated[PageQuery, Query()]
    ) -> ProjectGroupPage:
        """By their identifiers."""
        place = Place(call.org_id, "list_project_groups", query.filters())
        window = self._cursors.open(place, query.cursor, query.limit)
        found = await self._use.project_groups.list_shared(
            call.org_id, window.after_text or "", window.fetch
        )
        rows, following = window.close(found, lambda each: each.group_id)
        return ProjectGroupPage(
            items=[ProjectGroup.of(each) for each in rows], next_cursor=following
        )

    async def get_project_group(self, call: Caller, group_id: GroupId) -> ProjectGroup:
        """One group."""
        found = await self._use.project_groups.get(_steward(call), group_id)
        return ProjectGroup.of(found.group)

    async def list_group_members(
        self, call: Caller, group_id: GroupId, query: Annotated[PageQuery, Query()]
    ) -> GroupMemberPage:
        """In the order of their numbers."""
        place = Place(call.org_id, f"list_group_members {group_id}", query.filters())
        window = self._cursors.open(place, query.cursor, query.limit)
        found = await self._use.project_members.list(_steward(call), group_id)
        rows, following = window.cut(found, lambda each: each.account_id, window.after_number)
        return GroupMemberPage(items=[GroupMember.of(each) for each in rows], next_cursor=following)

    async def set_group_member(
        self, call: Caller, group_id: GroupId, account_id: RowId, body: GroupMemberToSet
    ) -> GroupMember:
        """Staff add people without asking them. A group keeps at least one `admin`."""
        steward = _steward(call)
        try:
            member = await self._use.project_members.set_role(
                steward, group_id, account_id, body.role
            )
        except UnknownMember:
            await self._use.project_groups.add_member(
                call.org_id, group_id, account_id, body.role, call.actor
            )
            member = await self._use.project_members.get(steward, group_id, account_id)
        return GroupMember.of(member)

    async def remove_group_member(self, call: Caller, group_id: GroupId, account_id: RowId) -> None:
        """What they own in the group stays there, and belongs to an `admin` then."""
        await self._use.project_members.remove(_steward(call), group_id, account_id)


def _steward(call: StaffCall) -> Steward:
    return Steward(call.org_id, None, call.actor)
