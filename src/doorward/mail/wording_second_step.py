"""What letters about the second step of a sign-in say."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from doorward.http import message
from doorward.mail.model import Template
from doorward.mail.words import Wording

__all__ = ["SECOND_STEP_WORDING"]

_SEE = message("See two-step verification")
_CHANGED = message(
    "If this was not you, somebody else may be able to sign in as you. "
    "Change your password, and write to {org}."
)
_USED = message(
    "If this was not you, somebody knows your password and has this code. "
    "Change your password, and make new recovery codes."
)

SECOND_STEP_WORDING: Mapping[Template, Wording] = MappingProxyType(
    {
        Template.SECOND_STEP_ON: Wording(
            subject=message("Two-step verification is on"),
            says=message(
                "An authenticator app was set up for your account at {org}. "
                "From now on you are asked for its code when you sign in."
            ),
            action=_SEE,
            why=_CHANGED,
        ),
        Template.SECOND_STEP_OFF: Wording(
            subject=message("Your authenticator app was removed"),
            says=message(
                "The authenticator app was removed from your account at {org}. "
                "Nobody is asked for its code any more."
            ),
            action=_SEE,
            why=_CHANGED,
        ),
        Template.SECOND_STEP_RESET: Wording(
            subject=message("Two-step verification was reset"),
            says=message(
                "Somebody of {org} has reset two-step verification of your account. "
                "You are signed out everywhere. Set it up again when you have signed in."
            ),
            action=_SEE,
            why=message("If you did not ask {org} for this, write to them."),
        ),
        Template.RECOVERY_CODES_MADE: Wording(
            subject=message("You have new recovery codes"),
            says=message(
                "New recovery codes were made for your account at {org}. "
                "The earlier ones no longer work."
            ),
            action=_SEE,
            why=_CHANGED,
        ),
        Template.RECOVERY_CODE_USED: Wording(
            subject=message("A recovery code was used"),
            says=message(
                "Somebody signed in to your account at {org} with a recovery code. "
                "Codes that are left: {left}."
            ),
            action=_SEE,
            why=_USED,
        ),
        Template.RECOVERY_CODES_FEW: Wording(
            subject=message("You have few recovery codes left"),
            says=message(
                "Somebody signed in to your account at {org} with a recovery code. "
                "Codes that are left: {left}. Make new ones before you need them."
            ),
            action=message("Make new recovery codes"),
            why=_USED,
        ),
    }
)
