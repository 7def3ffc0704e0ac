"""What this room refuses."""

from __future__ import annotations

from doorward.protocol import Refusal

__all__ = [
    "AlreadyMember",
    "BadAddress",
    "BadGroup",
    "BadKeyName",
    "BadPersonalKey",
    "BadProject",
    "GroupNotEmpty",
    "GroupTaken",
    "LastAdministrator",
    "NotAdministrator",
    "NotAllowed",
    "NotDeleted",
    "NotHeld",
    "PersonalGroup",
    "ProjectTaken",
    "ProjectsRefusal",
    "TooManyGroups",
    "TooManyMembers",
    "TooManyPermissions",
    "TooManyPersonalKeys",
    "TooManyProjects",
    "UnknownGroup",
    "UnknownInvitation",
    "UnknownMember",
    "UnknownPermission",
    "UnknownPersonalKey",
    "UnknownProject",
]


class ProjectsRefusal(Refusal):
    """Base of what this room refuses."""


class UnknownProject(ProjectsRefusal):
    """There is none, or it is in a group that the person is not in: one answer to both."""

    code = "unknown_project"
    status = 404
    sentence = "There is no such project."


class UnknownGroup(ProjectsRefusal):
    """There is none, or the person is not in it: one answer to both."""

    code = "unknown_organization"
    status = 404
    sentence = "There is no such organization."
    field = "org_id"


class UnknownPersonalKey(ProjectsRefusal):
    """The person has no such key, or it was revoked."""

    code = "unknown_api_key"
    status = 404
    sentence = "There is no such API key."


class BadPersonalKey(ProjectsRefusal):
    """Unknown, damaged, revoked, expired, or what it hangs on has ended: one answer to all."""

    code = "bad_api_key"
    status = 401
    sentence = "The API key is not valid."


class BadKeyName(ProjectsRefusal):
    """The name of a key cannot be shown."""

    code = "bad_key_name"
    status = 422
    sentence = "A key's name is one line of 1 to 64 visible characters."
    field = "key_name"


class NotAllowed(ProjectsRefusal):
    """The person sees the project, and neither owns it nor administers its group."""

    code = "not_allowed"
    status = 403
    sentence = "Only the project's owner or an administrator of its organization may do this."


class NotHeld(ProjectsRefusal):
    """Personal keys belong to active constituents."""

    code = "not_held"
    status = 403
    sentence = "This account cannot hold API keys."


class ProjectTaken(ProjectsRefusal):
    """Another project has this id, deleted ones included."""

    code = "project_taken"
    sentence = "A project of this id exists already."
    field = "id"


class GroupTaken(ProjectsRefusal):
    """Another group has this id or handle."""

    code = "organization_taken"
    sentence = "An organization of this id exists already."
    field = "id"


class NotDeleted(ProjectsRefusal):
    """The project is there: nothing has to be brought back."""

    code = "not_deleted"
    sentence = "This project is not deleted."


class TooManyProjects(ProjectsRefusal):
    """The person owns as many projects as one person may, those that can be recovered included."""

    code = "too_many_projects"
    sentence = "You own as many projects as one person may. Delete one first."


class TooManyGroups(ProjectsRefusal):
    """The person is in as many groups as one person may be."""

    code = "too_many_organizations"
    sentence = "A person is in at most 20 organizations."


class TooManyPersonalKeys(ProjectsRefusal):
    """The person has as many live keys as one person may."""

    code = "too_many_api_keys"
    sentence = "A person has at most 25 API keys. Revoke one first."


class BadProject(ProjectsRefusal):
    """A field of a project cannot be kept."""

    code = "bad_project"
    status = 422
    sentence = "This project cannot be kept."


class BadGroup(ProjectsRefusal):
    """A field of a group cannot be kept."""

    code = "bad_organization"
    status = 422
    sentence = "This organization cannot be kept."


class NotAdministrator(ProjectsRefusal):
    """The person is in the group, and does not administer it."""

    code = "not_administrator"
    status = 403
    sentence = "Only an administrator of the organization may do this."


class PersonalGroup(ProjectsRefusal):
    """It is one person's own: nobody else joins it, and it stays while the account does."""

    code = "personal_organization"
    sentence = "This is a person's own organization. Nobody else joins it, and it stays."


class GroupNotEmpty(ProjectsRefusal):
    """There are projects in the group, or some that can be brought back."""

    code = "organization_not_empty"
    sentence = "There are projects in this organization, or some that can still be brought back."


class LastAdministrator(ProjectsRefusal):
    """Nobody would administer the group any more."""

    code = "last_administrator"
    sentence = "An organization keeps at least one administrator. Make somebody else one first."


class TooManyMembers(ProjectsRefusal):
    """The group has as many people as a group may have, those who are asked included."""

    code = "too_many_members"
    sentence = "An organization has at most 200 members, open invitations included."


class AlreadyMember(ProjectsRefusal):
    """The list of members, which the caller sees, has this address."""

    code = "already_member"
    sentence = "This person is in the organization already."
    field = "address"


class UnknownMember(ProjectsRefusal):
    """Nobody of that number is in the group."""

    code = "unknown_member"
    status = 404
    sentence = "There is no such member."


class UnknownInvitation(ProjectsRefusal):
    """There is none, it ended, or it is for somebody else: one answer to all."""

    code = "unknown_invitation"
    status = 404
    sentence = "There is no such invitation."


class BadAddress(ProjectsRefusal):
    """Nobody can have this e-mail address or user name."""

    code = "bad_address"
    status = 422
    sentence = "Write one e-mail address or user name."
    field = "address"


class UnknownPermission(ProjectsRefusal):
    """The project is shown to nobody by that number."""

    code = "unknown_permission"
    status = 404
    sentence = "There is no such permission."


class TooManyPermissions(ProjectsRefusal):
    """The project is shown to as many addresses as one project may be."""

    code = "too_many_permissions"
    sentence = "A project is shared with at most 100 addresses. Take one away first."
