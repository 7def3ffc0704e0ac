"""What letters about passkeys say."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from doorward.http import message
from doorward.mail.model import Template
from doorward.mail.words import Wording

__all__ = ["PASSKEY_WORDING"]

_SEE = message("See your passkeys")
_CHANGED = message(
    "If this was not you, somebody else may be able to sign in as you. "
    "Remove the passkeys that you do not know, and change your password."
)

PASSKEY_WORDING: Mapping[Template, Wording] = MappingProxyType(
    {
        Template.PASSKEY_ADDED: Wording(
            subject=message("A passkey was added to your account"),
            says=message(
                "The passkey “{passkey}” was added to your account at {org}. "
                "Whoever holds it can sign in without your password."
            ),
            action=_SEE,
            why=_CHANGED,
        ),
        Template.PASSKEY_REMOVED: Wording(
            subject=message("A passkey was removed from your account"),
            says=message(
                "The passkey “{passkey}” was removed from your account at {org}. "
                "Nobody can sign in with it any more."
            ),
            action=_SEE,
            why=_CHANGED,
        ),
        Template.PASSKEY_SUSPECT: Wording(
            subject=message("A passkey of your account may have been copied"),
            says=message(
                "Somebody tried to sign in at {org} with a copy of the passkey “{passkey}”, "
                "or your device has lost count of its uses. It was refused."
            ),
            action=_SEE,
            why=message("Remove this passkey and add a new one. If you need help, write to {org}."),
        ),
    }
)
