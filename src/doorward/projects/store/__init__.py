"""The tables of projects, and their statements by what they are about."""

from __future__ import annotations

from doorward.projects.store.groups import (
    count_memberships,
    find_group,
    insert_group,
    insert_member,
    list_memberships,
)
from doorward.projects.store.keys import (
    EXPIRE_KEYS,
    TOUCH_KEY,
    count_live_keys,
    delete_key,
    find_key_orgs,
    find_live_key,
    hold_family,
    insert_key,
    list_live_keys,
)
from doorward.projects.store.projects import (
    EXPIRE_PROJECTS,
    count_projects,
    delete_project,
    find_project,
    insert_project,
    list_of_group,
    list_of_owner,
    list_shared,
    lock_project,
    recover_project,
    update_project,
)
from doorward.projects.store.tables import (
    GROUP_COLUMNS,
    KEY_COLUMNS,
    PROJECT_COLUMNS,
    personal_keys,
    project_groups,
    project_members,
    projects,
)

__all__ = [
    "EXPIRE_KEYS",
    "EXPIRE_PROJECTS",
    "GROUP_COLUMNS",
    "KEY_COLUMNS",
    "PROJECT_COLUMNS",
    "TOUCH_KEY",
    "count_live_keys",
    "count_memberships",
    "count_projects",
    "delete_key",
    "delete_project",
    "find_group",
    "find_key_orgs",
    "find_live_key",
    "find_project",
    "hold_family",
    "insert_group",
    "insert_key",
    "insert_member",
    "insert_project",
    "list_live_keys",
    "list_memberships",
    "list_of_group",
    "list_of_owner",
    "list_shared",
    "lock_project",
    "personal_keys",
    "project_groups",
    "project_members",
    "projects",
    "recover_project",
    "update_project",
]
