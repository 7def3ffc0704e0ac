"""What the operations of Neon's API do with organizations and permissions.

The platform has no operations that create, rename and delete organizations or withdraw an
invitation, though there are scopes for them: those are Doorward's own, in the platform's style.
"""

from __future__ import annotations

from typing import Final

import msgspec

from doorward.dialects.neon import api_documents as documents
from doorward.dialects.neon import api_given as given
from doorward.dialects.neon.api_calls import ApiCall, ApiRooms
from doorward.dialects.neon.api_errors import ApiError, api_reply
from doorward.http import ForeignCursor, Reply
from doorward.projects import MAX_MEMBERS, NewGroup

__all__ = ["ApiGroupHandlers"]

_NOTHING: Final[dict[str, object]] = {}


class ApiGroupHandlers:
    """Operations on organizations, who is in them, and who else sees a project."""

    def __init__(self, use: ApiRooms) -> None:
        """Serve ``use``."""
        self._use = use

    async def list_organizations(self, call: ApiCall) -> Reply:
        """The organizations that the person is in, their own first."""
        memberships = await self._use.groups.memberships(*call.person)
        found = [documents.render_organization(each.group) for each in memberships]
        return api_reply({"organizations": found})

    async def create_organization(self, call: ApiCall) -> Reply:
        """A new organization, which the person administers."""
        new = NewGroup(call.caller.org_id, given.read_group_name(call.body))
        group = await self._use.groups.create(new, call.caller.account_id, call.caller.actor)
        return api_reply(documents.render_organization(group), status=201)

    async def get_organization(self, call: ApiCall) -> Reply:
        """One organization that the person is in."""
        found = await self._use.groups.get(call.steward, call.target)
        return api_reply(documents.render_organization(found.group))

    async def update_organization(self, call: ApiCall) -> Reply:
        """Call an organization something else."""
        name = given.read_group_name(call.body)
        group = await self._use.groups.rename(call.steward, call.target, name)
        return api_reply(documents.render_organization(group))

    async def delete_organization(self, call: ApiCall) -> Reply:
        """Delete an organization without projects."""
        group = await self._use.groups.delete(call.steward, call.target)
        return api_reply(documents.render_organization(group))

    async def list_members(self, call: ApiCall) -> Reply:
        """A page of the organization's people, by their numbers."""
        text = call.query.get("limit")
        limit = MAX_MEMBERS if text is None else given.read_limit(call.query)
        members = await self._use.members.list(call.steward, call.target)
        place = msgspec.json.encode((*call.person, "members", call.target))
        after = self._after(call, place)
        found = [each for each in members if each.account_id > after]
        page: dict[str, object] = {
            "members": [
                documents.render_member_with_user(each, call.target, call.caller)
                for each in found[:limit]
            ]
        }
        if len(found) > limit:
            cursor = self._use.cursors.render(place, found[limit - 1].account_id)
            # Where it goes on has one name in the platform's lists of projects, another in this.
            page["pagination"] = {"next": cursor, "cursor": cursor}
        return api_reply(page)

    async def get_member(self, call: ApiCall) -> Reply:
        """One of the organization's people."""
        member_id = given.parse_number(call.targets[1])
        member = await self._use.members.get(call.steward, call.target, member_id)
        return api_reply(documents.render_member(member, call.target))

    async def update_member(self, call: ApiCall) -> Reply:
        """Make a member an administrator, or no longer one."""
        role, member_id = given.read_role(call.body), given.parse_number(call.targets[1])
        member = await self._use.members.set_role(call.steward, call.target, member_id, role)
        return api_reply(documents.render_member(member, call.target))

    async def remove_member(self, call: ApiCall) -> Reply:
        """Take a member out, or leave."""
        member_id = given.parse_number(call.targets[1])
        await self._use.members.remove(call.steward, call.target, member_id)
        return api_reply(_NOTHING)

    async def list_invitations(self, call: ApiCall) -> Reply:
        """The addresses that were asked to join and have not answered."""
        found = await self._use.invitations.list(call.steward, call.target)
        return api_reply({"invitations": [documents.render_invitation(each) for each in found]})

    async def create_invitations(self, call: ApiCall) -> Reply:
        """Ask addresses to join: all of them, or none when one cannot be asked."""
        addresses = given.read_invitations(call.body)
        asked = await self._use.invitations.invite_all(call.steward, call.target, addresses)
        return api_reply({"invitations": [documents.render_invitation(each) for each in asked]})

    async def withdraw_invitation(self, call: ApiCall) -> Reply:
        """Ask an address no longer."""
        invitation_id = given.parse_number(call.targets[1])
        gone = await self._use.invitations.withdraw(call.steward, call.target, invitation_id)
        return api_reply(documents.render_invitation(gone))

    async def list_permissions(self, call: ApiCall) -> Reply:
        """The addresses to which a project is shown."""
        found = await self._use.permissions.list(*call.person, call.target)
        told = [documents.render_permission(each) for each in found]
        return api_reply({"project_permissions": told})

    async def grant_permission(self, call: ApiCall) -> Reply:
        """Show a project to an address."""
        email = given.read_email(call.body)
        granted = await self._use.permissions.grant(
            *call.person, call.target, email, call.caller.actor
        )
        return api_reply(documents.render_permission(granted))

    async def revoke_permission(self, call: ApiCall) -> Reply:
        """Show a project to an address no longer."""
        permission_id = given.parse_number(call.targets[1])
        gone = await self._use.permissions.revoke(
            *call.person, call.target, permission_id, call.caller.actor
        )
        return api_reply(documents.render_permission(gone, self._use.clock()))

    def _after(self, call: ApiCall, place: bytes) -> int:
        """The member before the page, by the cursor. Raises ``ApiError``."""
        text = call.query.get("cursor")
        if text is None:
            return 0
        try:
            return int(self._use.cursors.parse(place, text))
        except ForeignCursor as foreign:
            message = "This cursor does not belong to this list. Start again without one."
            raise ApiError(400, message) from foreign
