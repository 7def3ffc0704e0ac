"""The addresses of a person's pages about projects, for organizations that speak Neon."""

from __future__ import annotations

from doorward.app.assembly import Services
from doorward.app.dispatch import Route
from doorward.app.doors import Door
from doorward.console import (
    AccountFrame,
    GroupListPages,
    OneGroupPages,
    PersonalKeyPages,
    ProjectPages,
)
from doorward.dialects import neon
from doorward.http import Endpoint

__all__ = ["neon_page_routes"]


def neon_page_routes(use: Services, frame: AccountFrame, door: Door) -> tuple[Route, ...]:
    """Keys, projects, the list of groups, and one group."""
    keys = PersonalKeyPages(frame, use.personal_keys, use.applications)
    projects = ProjectPages(frame, use.project_groups, use.projects)
    groups = GroupListPages(frame, use.project_groups, use.group_invitations)
    group = OneGroupPages(frame, use.project_groups, use.project_members, use.group_invitations)
    table: tuple[tuple[str, Endpoint, Endpoint], ...] = (
        ("/account/neon/keys", keys.show, keys.change),
        ("/account/neon/projects", projects.show, projects.recover),
        ("/account/neon/organizations", groups.show, groups.change),
        ("/account/neon/organization", group.show, group.change),
    )
    return tuple(
        Route(path, {"GET": door(get), "POST": door(post)}, dialect=neon.DIALECT)
        for path, get, post in table
    )
