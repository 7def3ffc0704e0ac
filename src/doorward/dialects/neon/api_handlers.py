"""What the operations of Neon's API do with projects and keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from doorward.dialects.neon import api_documents as documents
from doorward.dialects.neon import api_given as given
from doorward.dialects.neon.api_calls import ApiCall, ApiRooms
from doorward.dialects.neon.api_errors import ApiError, api_reply
from doorward.dialects.neon.api_operations import API_SCOPES
from doorward.http import ForeignCursor, Reply
from doorward.projects import (
    CreationSource,
    ListWanted,
    NewPersonalKey,
    Project,
)

__all__ = ["ApiHandlers"]

_KEPT_BY_KEYS = API_SCOPES | {"profile", "email"}
"""What a key takes over of the scopes of the credential that makes it."""

_SOURCES = {"oauth": CreationSource.OAUTH, "api_key_user": CreationSource.API_KEY}


class ApiHandlers:
    """Operations on projects and on the person's own keys, each by its name."""

    def __init__(self, use: ApiRooms) -> None:
        """Serve ``use``."""
        self._use = use

    async def list_projects(self, call: ApiCall) -> Reply:
        """A page of what the person owns, or of what is in one of their organizations."""
        group_id = given.read_group_id(call.query)
        recoverable = given.read_flag(call.query, "recoverable")
        search = given.read_search(call.query)
        place = _place(call, "projects", group_id, search, recoverable=recoverable)
        wanted = ListWanted(
            limit=given.read_limit(call.query),
            search=search,
            recoverable=recoverable,
            before=self._before(call, place),
        )
        if group_id is None:
            found = await self._use.projects.list_own(*call.person, wanted)
        else:
            found = await self._use.projects.list_of_group(*call.person, group_id, wanted)
        return self._page(found, place, {"applications": {}, "integrations": {}})

    async def list_shared_projects(self, call: ApiCall) -> Reply:
        """A page of what others own in the person's organizations."""
        search = given.read_search(call.query)
        place = _place(call, "shared", None, search, recoverable=False)
        wanted = ListWanted(
            limit=given.read_limit(call.query), search=search, before=self._before(call, place)
        )
        found = await self._use.projects.list_shared(*call.person, wanted)
        return self._page(found, place, {})

    async def create_project(self, call: ApiCall) -> Reply:
        """A new project, in the person's own organization unless another is named."""
        new = given.read_project(call.body, call.person, _SOURCES[call.caller.method])
        project = await self._use.projects.create(new, call.caller.actor)
        return api_reply(documents.render_bundle(project), status=201)

    async def get_project(self, call: ApiCall) -> Reply:
        """One project."""
        project = await self._use.projects.get(*call.person, call.target)
        return api_reply({"project": documents.render_project(project)})

    async def update_project(self, call: ApiCall) -> Reply:
        """Change what is sent of a project."""
        change = given.read_change(call.body)
        project = await self._use.projects.update(
            *call.person, call.target, change, call.caller.actor
        )
        return api_reply({"project": documents.render_project(project), "operations": []})

    async def delete_project(self, call: ApiCall) -> Reply:
        """Delete a project for seven days, and then for good."""
        project = await self._use.projects.delete(*call.person, call.target, call.caller.actor)
        return api_reply({"project": documents.render_project(project)})

    async def recover_project(self, call: ApiCall) -> Reply:
        """Bring a deleted project back."""
        project = await self._use.projects.recover(*call.person, call.target, call.caller.actor)
        return api_reply({"project": documents.render_project(project)})

    async def get_user(self, call: ApiCall) -> Reply:
        """The person whom the credential acts for."""
        account = await self._use.accounts.get(*call.person)
        memberships = await self._use.groups.memberships(*call.person)
        plan = memberships[0].group.plan
        return api_reply(documents.render_user(account, plan, call.caller))

    async def get_auth(self, call: ApiCall) -> Reply:
        """Who calls, and by which kind of credential."""
        caller = call.caller
        return api_reply(
            {
                "account_id": str(caller.account_id),
                "auth_method": caller.method,
                "auth_data": caller.auth_data,
            }
        )

    async def list_keys(self, call: ApiCall) -> Reply:
        """The person's own keys."""
        keys = await self._use.keys.list(*call.person)
        account = await self._use.accounts.get(*call.person)
        by = {
            "id": account.subject,
            "name": account.name or account.username,
            "image": account.picture_url or "",
        }
        return api_reply([{**documents.render_key(each), "created_by": by} for each in keys])

    async def create_key(self, call: ApiCall) -> Reply:
        """A new key of the person's, whose value is told this once."""
        caller = call.caller
        new = NewPersonalKey(
            org_id=caller.org_id,
            account_id=caller.account_id,
            name=given.read_key_name(call.body),
            scopes=tuple(sorted(caller.scopes & _KEPT_BY_KEYS)),
            origin=caller.origin,
        )
        key, secret = await self._use.keys.create(new, caller.actor)
        told = {
            "id": key.key_id,
            "key": secret.reveal(),
            "name": key.name,
            "created_at": documents.render_time(key.created_at),
            "created_by": str(key.account_id),
        }
        return api_reply(told)

    async def revoke_key(self, call: ApiCall) -> Reply:
        """End a key of the person's at once."""
        key = await self._use.keys.revoke(
            *call.person, given.parse_number(call.target), call.caller.actor
        )
        return api_reply({**documents.render_key(key), "revoked": True})

    def _before(self, call: ApiCall, place: bytes) -> int:
        """The project before the page, by the cursor. Raises ``ApiError``."""
        text = call.query.get("cursor")
        if text is None:
            return ListWanted().before
        try:
            before = self._use.cursors.parse(place, text)
        except ForeignCursor as foreign:
            message = "This cursor does not belong to this list. Start again without one."
            raise ApiError(400, message) from foreign
        return int(before)

    def _page(self, found: Sequence[Project], place: bytes, more: Mapping[str, object]) -> Reply:
        page: dict[str, object] = {"projects": [documents.render_list_item(p) for p in found]}
        if found:
            # Also after what may be the last one: some clients begin anew without a cursor, and
            # stop by themselves at a page that is not full.
            page["pagination"] = {"cursor": self._use.cursors.render(place, found[-1].id)}
        return api_reply({**page, **more})


def _place(
    call: ApiCall, name: str, group_id: str | None, search: str | None, *, recoverable: bool
) -> bytes:
    """What a cursor is bound to: the person, the list, and its filters."""
    return msgspec.json.encode((*call.person, name, group_id, search, recoverable))
