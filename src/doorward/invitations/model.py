"""What an invitation is, and what is refused about one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from doorward.db import SECOND
from doorward.protocol import Refusal

__all__ = [
    "LIFETIME",
    "AlreadyHere",
    "Invitation",
    "InvitationGone",
    "InvitationState",
    "InvitationsRefusal",
]

LIFETIME = 7 * 86_400 * SECOND
"""How long a link is good, in microseconds."""


class InvitationsRefusal(Refusal):
    """Base of what this room refuses."""


class InvitationGone(InvitationsRefusal):
    """Unknown, used, withdrawn, renewed or expired: one answer to all of them."""

    code = "invitation_gone"
    status = 410
    sentence = "This invitation cannot be used any more."


class AlreadyHere(InvitationsRefusal):
    """The account has a password, or may not come in: there is nothing to invite to."""

    code = "already_here"
    status = 409
    sentence = "This account cannot be invited: it has a password, or it is suspended."


class InvitationState(StrEnum):
    """Where an invitation stands."""

    OPEN = "open"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    ACCEPTED = "accepted"


@dataclass(frozen=True, slots=True)
class Invitation:
    """The latest invitation of an account. Times are microseconds."""

    invitation_id: int
    account_id: int
    created_at: int
    expires_at: int
    ended_at: int | None
    accepted_at: int | None

    def state(self, now: int) -> InvitationState:
        """Where it stands at ``now``."""
        if self.accepted_at is not None:
            return InvitationState.ACCEPTED
        if self.ended_at is not None:
            return InvitationState.WITHDRAWN
        return InvitationState.OPEN if now < self.expires_at else InvitationState.EXPIRED
