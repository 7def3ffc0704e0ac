"""The projects of the demo's people on Neon, and the organizations that they share. All made up."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from doorward.app.assembly import Services
from doorward.audit import Actor
from doorward.projects import (
    GroupTaken,
    NewGroup,
    NewProject,
    ProjectTaken,
    Role,
)

__all__ = ["seed_projects"]

_ORG = "neon"
_PRIYA, _AOI = 1001, 1002
_LANTERN, _HARBOR = "org-lantern-works-271828", "org-harbor-lab-314159"

_GROUPS = (
    (NewGroup(_ORG, "Lantern Works", "launch", _LANTERN, "lantern-works"), _PRIYA, _AOI),
    (NewGroup(_ORG, "Harbor Lab", "scale", _HARBOR, "harbor-lab"), _AOI, _PRIYA),
)
"""Each with its administrator and its other member."""


@dataclass(frozen=True)
class _Demo:
    owner_id: int
    project_id: str
    name: str
    region_id: str
    pg_version: int = 17
    group_id: str | None = None


_PROJECTS = (
    _Demo(_PRIYA, "quiet-river-204816", "Recipe box", "aws-us-east-2"),
    _Demo(_PRIYA, "amber-meadow-551204", "Climbing log", "aws-us-west-2", 16),
    _Demo(_PRIYA, "misty-brook-730195", "Reading list", "aws-eu-central-1"),
    _Demo(_PRIYA, "brave-lake-118432", "Shop floor", "aws-us-east-1", 17, _LANTERN),
    _Demo(_PRIYA, "polished-star-906627", "Orders archive", "aws-us-east-1", 15, _LANTERN),
    _Demo(_PRIYA, "gentle-wave-482210", "Tide tables", "aws-ap-southeast-2", 17, _HARBOR),
    _Demo(_AOI, "spring-example-302709", "俳句帳", "aws-ap-southeast-1"),
    _Demo(_AOI, "cool-bird-647381", "Garden sensors", "aws-ap-southeast-1", 18),
    _Demo(_AOI, "wispy-cloud-259034", "Map tiles", "azure-eastus2", 16),
    _Demo(_AOI, "bold-pine-813570", "Buoy readings", "aws-ap-southeast-2", 17, _HARBOR),
    _Demo(_AOI, "silent-sea-475926", "Ship registry", "aws-eu-west-2", 16, _HARBOR),
    _Demo(_AOI, "late-sunset-690143", "Lamp designs", "azure-gwc", 18, _LANTERN),
)


async def seed_projects(use: Services, org_id: str, by: Actor) -> None:
    """Make what is not there; what somebody changed or deleted stays so."""
    if org_id != _ORG:
        return
    for new, admin_id, member_id in _GROUPS:
        with suppress(GroupTaken):
            group = await use.project_groups.create(new, admin_id, by)
            # Only into one that is new: whoever left stays away.
            await use.project_groups.add_member(_ORG, group.group_id, member_id, Role.MEMBER, by)
    for each in _PROJECTS:
        project = NewProject(
            org_id=_ORG,
            owner_id=each.owner_id,
            name=each.name,
            group_id=each.group_id,
            region_id=each.region_id,
            pg_version=each.pg_version,
            project_id=each.project_id,
        )
        with suppress(ProjectTaken):
            await use.projects.create(project, by)
