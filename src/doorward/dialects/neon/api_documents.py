"""The documents of Neon's API.

No database runs behind a project. What the platform's contract requires about one is there and is
empty: no text, no list, zero, and for times the first moment of the calendar.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from doorward.accounts import Account
from doorward.db import SECOND
from doorward.dialects.neon.api_callers import ApiCaller
from doorward.projects import (
    MAX_PROJECTS,
    Group,
    GroupInvitation,
    Member,
    PersonalKey,
    Project,
    ProjectPermission,
)

__all__ = [
    "render_bundle",
    "render_invitation",
    "render_key",
    "render_list_item",
    "render_member",
    "render_member_with_user",
    "render_organization",
    "render_permission",
    "render_project",
    "render_time",
    "render_user",
]

_NEVER: Final = "0001-01-01T00:00:00Z"
_NOTHING_RUNS: Final[Mapping[str, object]] = {
    "provisioner": "",
    "proxy_host": "",
    "branch_logical_size_limit": 0,
    "branch_logical_size_limit_bytes": 0,
    "store_passwords": False,
    "active_time": 0,
    "cpu_used_sec": 0,
}
"""Required of every project by the contract, and true of one behind which nothing runs."""

_NOTHING_USED: Final[Mapping[str, object]] = {
    "data_storage_bytes_hour": 0,
    "data_transfer_bytes": 0,
    "written_data_bytes": 0,
    "compute_time_seconds": 0,
    "active_time_seconds": 0,
    "consumption_period_start": _NEVER,
    "consumption_period_end": _NEVER,
}
"""Required besides of a project that is shown alone."""

_NOTHING_MADE: Final[Mapping[str, object]] = {
    "connection_uris": [],
    "roles": [],
    "databases": [],
    "operations": [],
    "branch": None,
    "endpoints": [],
}
"""Required besides of a project that was just created: nothing was made for it."""


def render_time(moment: int) -> str:
    """Microseconds as the platform writes times: UTC, whole seconds."""
    return datetime.fromtimestamp(moment // SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def render_list_item(project: Project) -> dict[str, object]:
    """A project in a list."""
    item: dict[str, object] = {
        "id": project.project_id,
        "platform_id": project.platform_id,
        "region_id": project.region_id,
        "name": project.name,
        "pg_version": project.pg_version,
        "settings": project.settings,
        "history_retention_seconds": project.history_retention_s,
        "creation_source": str(project.creation_source),
        "created_at": render_time(project.created_at),
        "updated_at": render_time(project.updated_at),
        "owner_id": str(project.owner_id),
        "org_id": project.group_id,
        **_NOTHING_RUNS,
    }
    if project.deleted_at is not None and project.expires_at is not None:
        item["deleted_at"] = render_time(project.deleted_at)
        item["recoverable_until"] = render_time(project.expires_at)
    return item


def render_project(project: Project) -> dict[str, object]:
    """A project alone."""
    return {**render_list_item(project), **_NOTHING_USED}


def render_bundle(project: Project) -> dict[str, object]:
    """A project that was just created, with all that was made for it, which is nothing."""
    return {"project": render_project(project), **_NOTHING_MADE}


def render_organization(group: Group) -> dict[str, object]:
    """A group, under the platform's word for it."""
    return {
        "id": group.group_id,
        "name": group.name,
        "handle": group.handle,
        "plan": group.plan,
        "created_at": render_time(group.created_at),
        "updated_at": render_time(group.updated_at),
        "managed_by": "console",
    }


def render_member(member: Member, group_id: str) -> dict[str, object]:
    """A member, without who that is."""
    return {
        "id": str(member.account_id),
        "user_id": str(member.account_id),
        "org_id": group_id,
        "role": str(member.role),
        "joined_at": render_time(member.joined_at),
    }


def render_member_with_user(member: Member, group_id: str, caller: ApiCaller) -> dict[str, object]:
    """A member beside their address, which whoever was not allowed the e-mail address lacks."""
    email = (member.email or "") if "email" in caller.scopes else ""
    return {"member": render_member(member, group_id), "user": {"email": email}}


def render_invitation(invitation: GroupInvitation) -> dict[str, object]:
    """An invitation, with the address as it was written."""
    by = invitation.invited_by
    return {
        "id": str(invitation.id),
        "email": invitation.address,
        "org_id": invitation.group_id,
        "invited_by": "" if by is None else str(by),
        "invited_at": render_time(invitation.invited_at),
        "role": str(invitation.role),
    }


def render_permission(
    permission: ProjectPermission, revoked_at: int | None = None
) -> dict[str, object]:
    """An address to which a project is shown, or was until now."""
    told: dict[str, object] = {
        "id": str(permission.id),
        "granted_to_email": permission.email,
        "granted_at": render_time(permission.granted_at),
    }
    return told if revoked_at is None else {**told, "revoked_at": render_time(revoked_at)}


def render_user(account: Account, plan: str, caller: ApiCaller) -> dict[str, object]:
    """The person whom the credential acts for.

    The name is told to whoever was allowed the profile, and the address to whoever was allowed
    the e-mail address; for others these keys are empty.
    """
    has_profile, has_email = ("profile" in caller.scopes), ("email" in caller.scopes)
    name = (account.given_name or account.name or "") if has_profile else ""
    return {
        "id": account.subject,
        "email": (account.email or "") if has_email else "",
        "login": account.username if has_profile else "",
        "name": name,
        "last_name": (account.family_name or "") if has_profile else "",
        "image": (account.picture_url or "") if has_profile else "",
        "projects_limit": MAX_PROJECTS,
        "branches_limit": 0,
        "active_seconds_limit": 0,
        "max_autoscaling_limit": 0,
        "auth_accounts": [],
        "plan": plan,
    }


def render_key(key: PersonalKey) -> dict[str, object]:
    """A key without its value."""
    return {
        "id": key.key_id,
        "name": key.name,
        "created_at": render_time(key.created_at),
        "created_by": str(key.account_id),
        "last_used_at": None if key.last_used_at is None else render_time(key.last_used_at),
        "last_used_from_addr": key.last_used_from or "",
    }
