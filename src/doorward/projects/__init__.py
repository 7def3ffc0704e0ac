"""Projects of people and of their groups, and the keys with which people call for themselves.

It owns the records, who may see and change them, and personal API keys; it runs no database and
knows no request. The Neon dialect lists, makes and changes projects here; ``app`` runs the sweep.
"""

from __future__ import annotations

from doorward.projects import jobs
from doorward.projects.groups import Groups
from doorward.projects.key_model import (
    MAX_PERSONAL_KEYS,
    KeyOrigin,
    NewPersonalKey,
    PersonalKey,
)
from doorward.projects.model import (
    DEFAULT_REGION,
    KEPT_AFTER_DELETION,
    MAX_GROUPS,
    MAX_PAGE,
    MAX_PROJECTS,
    REGIONS,
    CreationSource,
    Group,
    ListWanted,
    Membership,
    NewGroup,
    NewProject,
    Project,
    ProjectChange,
    Role,
)
from doorward.projects.personal_keys import PersonalKeys
from doorward.projects.refusals import (
    BadGroup,
    BadKeyName,
    BadPersonalKey,
    BadProject,
    GroupTaken,
    NotAllowed,
    NotDeleted,
    NotHeld,
    ProjectsRefusal,
    ProjectTaken,
    TooManyGroups,
    TooManyPersonalKeys,
    TooManyProjects,
    UnknownGroup,
    UnknownPersonalKey,
    UnknownProject,
)
from doorward.projects.service import Projects

__all__ = [
    "DEFAULT_REGION",
    "KEPT_AFTER_DELETION",
    "MAX_GROUPS",
    "MAX_PAGE",
    "MAX_PERSONAL_KEYS",
    "MAX_PROJECTS",
    "REGIONS",
    "BadGroup",
    "BadKeyName",
    "BadPersonalKey",
    "BadProject",
    "CreationSource",
    "Group",
    "GroupTaken",
    "Groups",
    "KeyOrigin",
    "ListWanted",
    "Membership",
    "NewGroup",
    "NewPersonalKey",
    "NewProject",
    "NotAllowed",
    "NotDeleted",
    "NotHeld",
    "PersonalKey",
    "PersonalKeys",
    "Project",
    "ProjectChange",
    "ProjectTaken",
    "Projects",
    "ProjectsRefusal",
    "Role",
    "TooManyGroups",
    "TooManyPersonalKeys",
    "TooManyProjects",
    "UnknownGroup",
    "UnknownPersonalKey",
    "UnknownProject",
    "jobs",
]
