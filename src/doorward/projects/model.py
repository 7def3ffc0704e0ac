"""Projects, the groups that they are in, and a person's own API keys. Times are microseconds.

A group is what the platform calls an organization. Here an organization is a tenant, and a group
is a few of its people who share projects.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from math import isfinite
from types import MappingProxyType
from typing import Any, Final

import msgspec

from doorward.audit import is_plain_line
from doorward.db import SECOND, Row
from doorward.projects.ids import is_group_id, is_project_id
from doorward.projects.refusals import BadGroup, BadProject

__all__ = [
    "DEFAULT_REGION",
    "KEPT_AFTER_DELETION",
    "MAX_GROUPS",
    "MAX_PAGE",
    "MAX_PROJECTS",
    "REGIONS",
    "CreationSource",
    "Group",
    "ListWanted",
    "Membership",
    "NewGroup",
    "NewProject",
    "Project",
    "ProjectChange",
    "Role",
    "verify_group",
    "verify_project",
    "write_settings",
]

MAX_PROJECTS: Final = 10_000
"""How many projects one person owns at most, those that can be recovered included."""

MAX_GROUPS: Final = 20
"""How many groups one person is in at most."""

MAX_PAGE: Final = 400
"""Projects on one page of a list."""

KEPT_AFTER_DELETION: Final = 7 * 86_400 * SECOND
"""How long a deleted project can be brought back."""

REGIONS: Final = (
    "aws-us-east-1",
    "aws-us-east-2",
    "aws-us-west-2",
    "aws-eu-central-1",
    "aws-eu-west-2",
    "aws-ap-southeast-1",
    "aws-ap-southeast-2",
    "aws-sa-east-1",
    "azure-eastus2",
    "azure-gwc",
    "azure-westus3",
)
"""Where a project may say that it belongs; the part before the first hyphen is its platform."""

DEFAULT_REGION: Final = "aws-us-east-2"
_VERSIONS: Final = range(14, 19)
_MAX_RETENTION_S: Final = 2_592_000
_MAX_NAME: Final = 256
_MAX_SETTINGS: Final = 4096
_MAX_LEVELS: Final = 16
_PLAN = re.compile(r"[a-z][a-z0-9_-]{0,31}\Z", re.ASCII)
_NO_SETTINGS: Mapping[str, Any] = MappingProxyType({})
_WHOLE: Final = (1 << 53) - 1
_END: Final = (1 << 63) - 1


class Role(StrEnum):
    """What somebody may do in a group: administrators also with the projects of others."""

    ADMIN = "admin"
    MEMBER = "member"


class CreationSource(StrEnum):
    """By which way a project came."""

    CONSOLE = "console"
    OAUTH = "oauth"
    API_KEY = "api_key"


@dataclass(frozen=True, slots=True)
class Group:
    """A few people of an organization who share projects.

    ``personal_of`` is the account whose own group it is; nobody else ever joins that one.
    """

    org_id: str
    group_id: str
    name: str
    handle: str
    plan: str
    personal_of: int | None
    created_at: int
    updated_at: int

    @classmethod
    def from_row(cls, row: Row) -> Group:
        """Read the columns ``store.GROUP_COLUMNS`` in their order."""
        return cls(*row)


@dataclass(frozen=True, slots=True)
class NewGroup:
    """What is said to make a group; without an id it gets one, and without a handle its id."""

    org_id: str
    name: str
    plan: str = "free"
    group_id: str | None = None
    handle: str | None = None


@dataclass(frozen=True, slots=True)
class Membership:
    """A group that a person is in, and as what."""

    group: Group
    role: Role


@dataclass(frozen=True, slots=True)
class Project:
    """A record of a project. No database runs behind it.

    ``id`` orders projects by time; ``project_id`` is what people see.
    """

    org_id: str
    id: int
    project_id: str
    owner_id: int
    group_id: str
    name: str
    region_id: str
    pg_version: int
    history_retention_s: int
    settings: Mapping[str, Any]
    creation_source: CreationSource
    created_at: int
    updated_at: int
    deleted_at: int | None
    expires_at: int | None

    @property
    def platform_id(self) -> str:
        """The cloud that the region belongs to."""
        return self.region_id.partition("-")[0]

    @classmethod
    def from_row(cls, row: Row) -> Project:
        """Read the columns ``store.PROJECT_COLUMNS`` in their order."""
        read = (msgspec.json.decode(row[9], type=dict[str, Any]), CreationSource(row[10]))
        return cls(*(*row[:9], *read, *row[11:]))


@dataclass(frozen=True, slots=True)
class NewProject:
    """What is said to make a project.

    Without a group it is in the owner's own one, without a name its id is the name. An import
    may name its ``project_id``.
    """

    org_id: str
    owner_id: int
    name: str | None = None
    group_id: str | None = None
    region_id: str = DEFAULT_REGION
    pg_version: int = 17
    history_retention_s: int = 86_400
    settings: Mapping[str, Any] = field(default_factory=lambda: _NO_SETTINGS)
    creation_source: CreationSource = CreationSource.CONSOLE
    project_id: str | None = None


@dataclass(frozen=True, slots=True)
class ProjectChange:
    """What to change; a field that is ``msgspec.UNSET`` stays as it is.

    ``settings`` replaces the members that it names, and takes those away that it names with None.
    """

    name: str | msgspec.UnsetType = msgspec.UNSET
    settings: Mapping[str, Any] | msgspec.UnsetType = msgspec.UNSET
    history_retention_s: int | msgspec.UnsetType = msgspec.UNSET

    def names(self) -> tuple[str, ...]:
        """The fields that are given."""
        return tuple(f.name for f in fields(self) if getattr(self, f.name) is not msgspec.UNSET)

    def applied(self, project: Project, now: int) -> Project:
        """``project`` with the change, at ``now``. Raises ``BadProject``."""
        given = {name: getattr(self, name) for name in self.names()}
        if "settings" in given:
            merged = {**project.settings, **given["settings"]}
            given["settings"] = {name: each for name, each in merged.items() if each is not None}
        return verify_project(replace(project, **given, updated_at=now))


@dataclass(frozen=True, slots=True)
class ListWanted:
    """A page of a list of projects, the newest first, of those that are older than ``before``.

    ``search`` keeps those whose name or identifier holds it; ``recoverable`` asks for the deleted
    ones that can be brought back, instead of those that are there.
    """

    limit: int = 10
    before: int = _END
    search: str | None = None
    recoverable: bool = False


def verify_project(project: Project) -> Project:
    """``project``, when every field may be kept and shown. Raises ``BadProject``."""
    if not is_project_id(project.project_id):
        raise BadProject("An id is two words and a number, with hyphens between them.", field="id")
    if not is_plain_line(project.name, _MAX_NAME):
        raise BadProject("A name is one line of 1 to 256 visible characters.", field="name")
    if project.region_id not in REGIONS:
        raise BadProject("There is no such region.", field="region_id")
    if project.pg_version not in _VERSIONS:
        raise BadProject("pg_version is a number from 14 to 18.", field="pg_version")
    if not 0 <= project.history_retention_s <= _MAX_RETENTION_S:
        raise BadProject(
            "history_retention_seconds is a number from 0 to 2592000.",
            field="history_retention_seconds",
        )
    write_settings(project.settings)
    return project


def verify_group(group: Group) -> Group:
    """``group``, when every field may be kept and shown. Raises ``BadGroup``."""
    for name in ("group_id", "handle"):
        if not is_group_id(getattr(group, name)):
            raise BadGroup("This is up to 60 lower-case letters, digits and hyphens.", field=name)
    if not is_plain_line(group.name, _MAX_NAME):
        raise BadGroup("A name is one line of 1 to 256 visible characters.", field="name")
    if not _PLAN.match(group.plan):
        raise BadGroup("A plan is one lower-case word.", field="plan")
    return group


def write_settings(settings: Mapping[str, Any]) -> str:
    """``settings`` as the text of a column. Raises ``BadProject``.

    Up to 4096 bytes of JSON, at most 16 levels deep, whose numbers every reader of JSON can keep.
    """
    if not _are_shallow(settings):
        raise BadProject(
            "Settings have at most 16 levels, and no number beyond 53 bits.",
            field="settings",
        )
    text = msgspec.json.encode(dict(settings)).decode()
    if len(text.encode()) > _MAX_SETTINGS:
        raise BadProject("Settings have at most 4096 bytes.", field="settings")
    return text


def _are_shallow(settings: Mapping[str, Any]) -> bool:
    """Whether no value lies too deep, and every number is one that all readers of JSON can keep."""
    waiting: list[tuple[object, int]] = [(settings, 1)]
    while waiting:
        each, level = waiting.pop()
        if level > _MAX_LEVELS or (isinstance(each, int) and abs(each) > _WHOLE):
            return False
        if isinstance(each, float) and not isfinite(each):
            return False
        if isinstance(each, Mapping):
            waiting.extend((inner, level + 1) for inner in each.values())
        elif isinstance(each, list):
            waiting.extend((inner, level + 1) for inner in each)
    return True
