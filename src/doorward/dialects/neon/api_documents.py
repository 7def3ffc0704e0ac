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
from doorward.projects import MAX_PROJECTS, Group, Membership, PersonalKey, Project

__all__ = [
    "render_bundle",
    "render_key",
    "render_list_item",
    "render_organization",
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


def render_organization(membership: Membership) -> dict[str, object]:
    """A group, under the platform's word for it."""
    group: Group = membership.group
    return {
        "id": group.group_id,
        "name": group.name,
        "handle": group.handle,
        "plan": group.plan,
        "created_at": render_time(group.created_at),
        "updated_at": render_time(group.updated_at),
        "managed_by": "console",
    }


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
