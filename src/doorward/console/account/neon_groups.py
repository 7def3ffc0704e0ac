"""``/account/neon/organizations``: the groups that a person is in, or is asked to join."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from doorward.console.account.frame import AccountFrame, Person
from doorward.console.account.neon_words import NOTICES, NeonProblem, problem_of
from doorward.db import find_row_id
from doorward.http import ASGIApp, Call, Reply, redirect_reply
from doorward.projects import (
    MAX_GROUPS,
    GroupInvitations,
    Groups,
    Membership,
    NewGroup,
    ProjectsRefusal,
)

__all__ = ["GROUPS_PATH", "GROUP_PATH", "GroupListPages", "describe_group", "parse_number"]

GROUPS_PATH = "/account/neon/organizations"
GROUP_PATH = "/account/neon/organization"


@dataclass(frozen=True, slots=True)
class GroupListPages:
    """The list, the invitations that wait for the person, and the form of a new group."""

    frame: AccountFrame
    groups: Groups
    invitations: GroupInvitations

    async def show(self, call: Call) -> Reply | ASGIApp:
        """``GET``."""
        return await self.frame.with_projects(call, self._show)

    async def change(self, call: Call) -> Reply | ASGIApp:
        """``POST``: create a group, accept an invitation or decline it."""
        return await self.frame.with_projects(call, self._change)

    async def _show(self, call: Call, person: Person) -> ASGIApp:
        return await self._page(call, person)

    async def _change(self, call: Call, person: Person) -> Reply | ASGIApp:
        form = call.form()
        typed = (form.get("name") or "").strip()
        try:
            done = await self._act(person, form.get("part"), typed, form.get("invitation"))
        except ProjectsRefusal as refusal:
            return await self._page(call, person, typed, [problem_of(refusal)])
        return redirect_reply(f"{person.tenant.base}{done}")

    async def _act(
        self, person: Person, part: str | None, name: str, invitation: str | None
    ) -> str:
        """What is to be seen afterwards."""
        org_id, account_id = person.whose
        number = parse_number(invitation)
        if part == "create":
            group = await self.groups.create(NewGroup(org_id, name), account_id, person.actor)
            return f"{GROUP_PATH}?id={group.group_id}&done=group_created"
        if part == "accept":
            group_id = await self.invitations.accept(org_id, account_id, number, person.actor)
            return f"{GROUP_PATH}?id={group_id}&done=joined"
        if part == "decline":
            await self.invitations.decline(org_id, account_id, number, person.actor)
            return f"{GROUPS_PATH}?done=declined"
        return GROUPS_PATH

    async def _page(
        self,
        call: Call,
        person: Person,
        typed: str = "",
        problems: Sequence[NeonProblem] = (),
    ) -> ASGIApp:
        memberships = await self.groups.memberships(*person.whose)
        waiting = await self.invitations.waiting(*person.whose)
        values: dict[str, object] = {
            "groups": [describe_group(each) for each in memberships],
            "waiting": [
                {
                    "id": str(each.invitation.id),
                    "group": each.group_name,
                    "inviter": each.inviter,
                    "role": str(each.invitation.role),
                    "expires_at": each.invitation.expires_at,
                }
                for each in waiting
            ],
            "is_full": len(memberships) >= MAX_GROUPS,
            "typed": typed,
            "problems": list(problems),
            "notices": NOTICES,
        }
        return self.frame.page(call, person, "account_neon_groups.html", GROUPS_PATH, values)


def describe_group(membership: Membership) -> dict[str, object]:
    """A group, and as what the person is in it, for a page."""
    group = membership.group
    return {
        "id": group.group_id,
        "name": group.name,
        "is_own": group.personal_of is not None,
        "role": str(membership.role),
        "created_at": group.created_at,
    }


def parse_number(text: str | None) -> int:
    """A number in a form; 0, which nothing has, for what is none."""
    return find_row_id(text) or 0
