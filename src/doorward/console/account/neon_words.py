"""What the pages about projects say of what was done, and of what the rooms refuse."""

from __future__ import annotations

from dataclasses import dataclass

from doorward.http import message
from doorward.protocol import Refusal

__all__ = ["NOTICES", "NeonProblem", "problem_of"]

NOTICES = {
    "key_revoked": message("The API key is revoked. Programs that use it are refused."),
    "group_created": message("The organization is created. You administer it."),
    "group_renamed": message("The new name is saved."),
    "group_deleted": message("The organization is deleted."),
    "joined": message("You are in the organization now."),
    "declined": message("You declined the invitation."),
    "invited": message("The invitation waits for whoever has this address."),
    "withdrawn": message("The invitation is withdrawn."),
    "role_saved": message("The role is saved."),
    "member_removed": message("The member is removed. Their projects here belong to you now."),
    "left": message("You left the organization."),
    "recovered": message("The project is back."),
}
"""By ``done`` in the address."""

_REFUSED = (
    message("A key's name is one line of 1 to 64 visible characters."),
    message("A person has at most 25 API keys. Revoke one first."),
    message("A name is one line of 1 to 256 visible characters."),
    message("A person is in at most 20 organizations."),
    message("Only an administrator of the organization may do this."),
    message("This is a person's own organization. Nobody else joins it, and it stays."),
    message("There are projects in this organization, or some that can still be brought back."),
    message("An organization keeps at least one administrator. Make somebody else one first."),
    message("An organization has at most 200 members, open invitations included."),
    message("This person is in the organization already."),
    message("Write one e-mail address or user name."),
    message("There is no such invitation."),
    message("There is no such member."),
    message("There is no such project."),
    message("This project is not deleted."),
    message("Only the project's owner or an administrator of its organization may do this."),
)
"""What the rooms say, word for word, to what can be done here."""

_FIELDS = frozenset({"key_name", "name", "address"})


@dataclass(frozen=True, slots=True)
class NeonProblem:
    """One thing that is wrong: the sentence (a msgid) and its field."""

    sentence: str
    field: str | None = None
    about: str | None = None


def problem_of(refusal: Refusal) -> NeonProblem:
    """``refusal``, beside its field where there is one."""
    sentence = refusal.sentence
    if sentence not in _REFUSED:
        # Nobody translated it; a brace in it would be taken for a placeholder.
        sentence = sentence.replace("{", "{{").replace("}", "}}")
    return NeonProblem(sentence, refusal.field if refusal.field in _FIELDS else None)
