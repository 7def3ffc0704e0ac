"""Roles in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from doorward.http import message
from doorward.orgs import Role

__all__ = ["ROLE_WORDS", "RoleWords"]


@dataclass(frozen=True, slots=True)
class RoleWords:
    """A role's name and what it is for. Texts are msgids."""

    title: str
    sentence: str


ROLE_WORDS: Final = {
    Role.OWNER: RoleWords(
        message("Owner"), message("Everything. An organization always keeps one.")
    ),
    Role.ADMINISTRATOR: RoleWords(
        message("Administrator"),
        message("Everything but signing keys and the tokens of people's connections."),
    ),
    Role.REVIEWER: RoleWords(
        message("Reviewer"), message("Decides which applications people may use.")
    ),
    Role.SUPPORT: RoleWords(
        message("Support"),
        message("Helps people: signs them out, removes access, mends connections."),
    ),
    Role.READ_ONLY: RoleWords(message("Read only"), message("Sees everything, changes nothing.")),
}
"""Every role, the most powerful first."""
