"""What letters say about what people do with their own account: leaving it, and a new browser."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from doorward.http import message
from doorward.mail.model import Template
from doorward.mail.words import Wording

__all__ = ["SELF_SERVICE_WORDING"]

SELF_SERVICE_WORDING: Mapping[Template, Wording] = MappingProxyType(
    {
        Template.DELETION_SCHEDULED: Wording(
            subject=message("Your account will be deleted"),
            says=message(
                "Your account at {org} will be deleted with everything that belongs to it. "
                "You are signed out everywhere. If you want to keep it, sign in and say so."
            ),
            action=message("Keep the account"),
            until=message("It can be kept until {moment}."),
            why=message(
                "If you did not ask for this, keep the account and change your password. "
                "{org} may have decided it: then write to them."
            ),
        ),
        Template.DELETION_CANCELLED: Wording(
            subject=message("Your account is kept"),
            says=message("Your account at {org} will not be deleted. Everything is as it was."),
            why=message("If this was not you, change your password, and write to {org}."),
        ),
        Template.DELETION_DONE: Wording(
            subject=message("Your account is deleted"),
            says=message(
                "Your account at {org} is deleted. Nobody can sign in with it any more, "
                "and what belonged to it is being erased."
            ),
            why=message("This is the last letter about it. If you have questions, write to {org}."),
        ),
        Template.NEW_BROWSER: Wording(
            subject=message("A new sign-in to your account"),
            says=message(
                "Somebody signed in to your account at {org} with a browser that was not used "
                "for it before: {device}, from the address {address}."
            ),
            action=message("See your devices"),
            why=message(
                "If this was you, you need not do anything. If not, sign that device out there, "
                "and change your password."
            ),
        ),
    }
)
