"""Invitations: a link, good once and for a week, by which a person chooses their first password.

It owns links and their end; the account and its password are ``accounts``'. Staff invite in the
console, which shows the link once, and ``mail`` carries it; the account pages accept it.
"""

from __future__ import annotations

from doorward.invitations.jobs import remove_expired
from doorward.invitations.letters import invitation_url
from doorward.invitations.model import (
    AlreadyHere,
    Invitation,
    InvitationGone,
    InvitationsRefusal,
    InvitationState,
)
from doorward.invitations.service import Invitations

__all__ = [
    "AlreadyHere",
    "Invitation",
    "InvitationGone",
    "InvitationState",
    "Invitations",
    "InvitationsRefusal",
    "invitation_url",
    "remove_expired",
]
