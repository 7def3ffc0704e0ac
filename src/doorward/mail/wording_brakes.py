"""What the letter about a sign-in that was slowed down says."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from doorward.http import message
from doorward.mail.model import Template
from doorward.mail.words import Wording

__all__ = ["BRAKES_WORDING"]

BRAKES_WORDING: Mapping[Template, Wording] = MappingProxyType(
    {
        Template.SIGN_IN_SLOWED: Wording(
            subject=message("Sign-in to your account was slowed down"),
            says=message(
                "There were many wrong tries to sign in to your account at {org}, so further ones "
                "have to wait. Where you signed in before, your password is taken as usual."
            ),
            action=message("See where you are signed in"),
            why=message(
                "If this was you, you need not do anything. If it was not, look for sign-ins that "
                "you do not know, and change your password."
            ),
        ),
    }
)
