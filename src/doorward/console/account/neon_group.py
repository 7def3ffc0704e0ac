"""``/account/neon/organization``: one group, its people, and those who are asked to join."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from doorward.console.account.frame import AccountFrame, Person
from doorward.console.account.neon_groups import (
    GROUP_PATH,
    GROUPS_PATH,
    describe_group,
    parse_number,
)
from doorward.console.account.neon_words import NOTICES, NeonProblem, problem_of
from doorward.http import ASGIApp, Call, Reply, redirect_reply
from doorward.projects import (
    GroupInvitations,
    Groups,
    Member,
    Members,
    Membership,
    ProjectsRefusal,
    Role,
    Steward,
    UnknownGroup,
)
from doorward.protocol import Parameters

__all__ = ["OneGroupPages"]

_ASKED_FIRST = frozenset({"remove", "leave", "delete"})
_AFTERWARDS: Mapping[str, tuple[str, str]] = {
    "rename": (GROUP_PATH, "group_renamed"),
    "invite": (GROUP_PATH, "invited"),
    "withdraw": (GROUP_PATH, "withdrawn"),
    "role": (GROUP_PATH, "role_saved"),
    "remove": (GROUP_PATH, "member_removed"),
    "leave": (GROUPS_PATH, "left"),
    "delete": (GROUPS_PATH, "group_deleted"),
}
"""By the form: the page that is seen, and what is said there."""
_ROLES: Mapping[str, Role] = {str(each): each for each in Role}


@dataclass(frozen=True, slots=True)
class OneGroupPages:
    """Everything about one group. Whoever is not in it learns nothing of it."""

    frame: AccountFrame
    groups: Groups
    members: Members
    invitations: GroupInvitations

    async def show(self, call: Call) -> Reply | ASGIApp:
        """``GET``: the people, and the forms of those who administer it."""
        return await self.frame.with_projects(call, self._show)

    async def change(self, call: Call) -> Reply | ASGIApp:
        """``POST``: one of the forms; what takes something away is asked about first."""
        return await self.frame.with_projects(call, self._change)

    async def _show(self, call: Call, person: Person) -> Reply | ASGIApp:
        group_id = call.query().get("id")
        if not group_id:
            # Whoever signed in on the way here comes back without it.
            return redirect_reply(f"{person.tenant.base}{GROUPS_PATH}")
        return await self._page(call, person, group_id)

    async def _change(self, call: Call, person: Person) -> Reply | ASGIApp:
        form = call.form()
        group_id, part = form.get("id") or "", form.get("part") or ""
        try:
            if part in _ASKED_FIRST and form.get("decision") != "confirm":
                return await self._ask(call, person, group_id, form)
            path, done = await self._act(person, group_id, part, form)
        except UnknownGroup:
            raise
        except ProjectsRefusal as refusal:
            typed = {name: form.get(name) or "" for name in ("name", "address", "role")}
            return await self._page(call, person, group_id, typed, [problem_of(refusal)])
        query = {"done": done} if path == GROUPS_PATH else {"id": group_id, "done": done}
        return redirect_reply(f"{person.tenant.base}{path}?{urlencode(query)}")

    async def _act(
        self, person: Person, group_id: str, part: str, form: Parameters
    ) -> tuple[str, str]:
        """What is to be seen afterwards, and what is said there."""
        me = _steward(person)
        role = _ROLES.get(form.get("role") or "", Role.MEMBER)
        member_id = parse_number(form.get("member"))
        match part:
            case "rename":
                await self.groups.rename(me, group_id, (form.get("name") or "").strip())
            case "invite":
                await self.invitations.invite(me, group_id, form.get("address") or "", role)
            case "withdraw":
                number = parse_number(form.get("invitation"))
                await self.invitations.withdraw(me, group_id, number)
            case "role":
                await self.members.set_role(me, group_id, member_id, role)
            case "remove":
                await self.members.remove(me, group_id, member_id)
            case "leave":
                await self.members.remove(me, group_id, person.session.account_id)
            case "delete":
                await self.groups.delete(me, group_id)
            case _:
                raise UnknownGroup
        return _AFTERWARDS[part]

    async def _ask(self, call: Call, person: Person, group_id: str, form: Parameters) -> ASGIApp:
        """The question before something is taken away."""
        me, part = _steward(person), form.get("part") or ""
        group = (await self.groups.get(me, group_id)).group
        fields = {"part": part, "id": group_id}
        subject = group.name
        if part == "remove":
            member = await self.members.get(me, group_id, parse_number(form.get("member")))
            fields["member"] = str(member.account_id)
            subject = member.name or member.username
        values: dict[str, object] = {
            "question": part,
            "subject": subject,
            "fields": fields,
            "back": f"{GROUP_PATH}?{urlencode({'id': group_id})}",
        }
        template = "account_neon_confirm.html"
        return self.frame.page(
            call, person, template, GROUP_PATH, values, query=(("id", group_id),)
        )

    async def _page(
        self,
        call: Call,
        person: Person,
        group_id: str,
        typed: Mapping[str, str] | None = None,
        problems: Sequence[NeonProblem] = (),
    ) -> ASGIApp:
        me = _steward(person)
        membership = await self.groups.get(me, group_id)
        members = await self.members.list(me, group_id)
        name = membership.group.name
        values: dict[str, object] = {
            "group": describe_group(membership),
            "members": [_describe(each, person) for each in members],
            "invitations": await self._asked(me, membership),
            "governs": membership.role is Role.ADMIN,
            "alone": sum(each.role is Role.ADMIN for each in members) == 1,
            "typed": {"address": "", "role": "", **(typed or {})},
            "typed_name": (typed or {}).get("name") or name,
            "problems": list(problems),
            "notices": NOTICES,
        }
        template = "account_neon_group.html"
        return self.frame.page(
            call, person, template, GROUP_PATH, values, query=(("id", group_id),)
        )

    async def _asked(self, me: Steward, membership: Membership) -> list[dict[str, object]]:
        group = membership.group
        if membership.role is not Role.ADMIN or group.personal_of is not None:
            return []
        return [
            {
                "id": str(each.id),
                "address": each.address,
                "role": str(each.role),
                "expires_at": each.expires_at,
            }
            for each in await self.invitations.list(me, group.group_id)
        ]


def _steward(person: Person) -> Steward:
    return Steward(*person.whose, person.actor)


def _describe(member: Member, person: Person) -> dict[str, object]:
    return {
        "id": str(member.account_id),
        "title": member.name or member.username,
        "email": member.email,
        "username": member.username,
        "role": str(member.role),
        "is_me": member.account_id == person.session.account_id,
        "joined_at": member.joined_at,
    }
