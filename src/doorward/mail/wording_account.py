"""What letters say about a person's own account: its making, its password, its address."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from doorward.http import message
from doorward.mail.model import Template
from doorward.mail.words import Wording

__all__ = ["ACCOUNT_WORDING"]

_T = Template
_CONFIRM = message("Confirm the address")
_CONFIRM_ADDRESS = message("Confirm your email address")
_IGNORE = message(
    "If you did not ask for this, you need not do anything. Nobody can use the link but you."
)
_ONCE = message("The link works once, until {moment}.")
_BOTH = message("The link and the code work once, until {moment}.")
_NEW_PASSWORD = message("Choose a new password")

ACCOUNT_WORDING: Mapping[Template, Wording] = MappingProxyType(
    {
        _T.SIGN_UP_CONFIRM: Wording(
            subject=_CONFIRM_ADDRESS,
            says=message(
                "Somebody is making an account at {org} with this address. "
                "If it is you, confirm the address: then the account is ready."
            ),
            action=_CONFIRM,
            until=_BOTH,
            why=message("If it is not you, do not use the link. Without it no account is made."),
        ),
        _T.SIGN_UP_KNOWN: Wording(
            subject=message("You already have an account at {org}"),
            says=message(
                "Somebody tried to make an account at {org} with this address. You have one "
                "already: sign in with it. If you do not know the password any more, choose "
                "“Forgot your password?” there."
            ),
            action=message("Sign in"),
            why=message(
                "If it was not you, you need not do anything. Your account is as it was, "
                "and whoever tried does not learn that you have one."
            ),
        ),
        _T.PASSWORD_RESET: Wording(
            subject=_NEW_PASSWORD,
            says=message("Somebody asked for a new password for your account at {org}."),
            action=_NEW_PASSWORD,
            until=_ONCE,
            why=_IGNORE,
        ),
        _T.PASSWORD_RESET_UNKNOWN: Wording(
            subject=message("No account at {org} with this address"),
            says=message(
                "Somebody asked for a new password at {org} with this address, but there is no "
                "account with it. If it was you, try the address that {org} writes to."
            ),
            why=message("If it was not you, you need not do anything."),
        ),
        _T.PASSWORD_RESET_CLOSED: Wording(
            subject=message("Your account at {org} is suspended"),
            says=message(
                "Somebody asked for a new password for your account at {org}. It is suspended, "
                "so the password cannot be changed. Ask {org} about it."
            ),
            why=message("If it was not you, you need not do anything."),
        ),
        _T.PASSWORD_CHANGED: Wording(
            subject=message("Your password at {org} was changed"),
            says=message("The password of your account at {org} has just been changed."),
            action=_NEW_PASSWORD,
            why=message(
                "If it was you, you need not do anything. If it was not, choose a new password "
                "at once, and tell {org}."
            ),
        ),
        _T.EMAIL_VERIFY: Wording(
            subject=_CONFIRM_ADDRESS,
            says=message("Confirm that this is the address of your account at {org}."),
            action=_CONFIRM,
            until=_BOTH,
            why=_IGNORE,
        ),
        _T.EMAIL_CONFIRM: Wording(
            subject=message("Confirm your new email address"),
            says=message(
                "This is to become the address of an account at {org}. It changes when you "
                "confirm it."
            ),
            action=_CONFIRM,
            until=_BOTH,
            why=message(
                "If you did not ask for this, do not use the link: it would put your address on "
                "somebody else's account."
            ),
        ),
        _T.EMAIL_IN_USE: Wording(
            subject=message("You already have an account at {org}"),
            says=message(
                "Somebody wanted to use this address for an account at {org}. It belongs to your "
                "account already, so nothing was changed."
            ),
            why=message(
                "If it was you, sign in with the account that has this address. If it was not, "
                "you need not do anything."
            ),
        ),
        _T.EMAIL_CHANGED: Wording(
            subject=message("Your email address at {org} was changed"),
            says=message(
                "The address of your account at {org} is now {address}. "
                "{org} writes to you there from now on."
            ),
            action=message("This was not me"),
            until=message("With the link you can take the change back until {moment}."),
            why=message("If it was you, you need not do anything."),
        ),
        _T.EMAIL_RESTORED: Wording(
            subject=message("Your email address at {org} was changed back"),
            says=message(
                "The address of your account at {org} is this one again, and whoever was signed "
                "in is signed out. Choose a new password now: somebody may know the old one."
            ),
            action=_NEW_PASSWORD,
            why=message("If you did not expect this, tell {org}."),
        ),
    }
)
