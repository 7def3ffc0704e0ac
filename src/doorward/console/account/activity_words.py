"""What happened to a person's account, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from doorward.http import message

__all__ = ["KINDS", "SENTENCES", "SYMBOLS", "Kind", "kind_of"]


@dataclass(frozen=True, slots=True)
class Kind:
    """A part of the log: its word, its picture, and the sentence of each action in it."""

    word: str
    symbol: str
    actions: Mapping[str, str]


_SIGN_IN: Final = {
    "session.started": message("A device signed in"),
    "session.ended": message("Signed out, or a device was signed out"),
    "session.others_ended": message("Every other device was signed out"),
    "account.sign_in_slowed": message("Many passwords were tried, and were slowed down"),
    "password.reset_asked": message("A new password was asked for"),
    "account.password_changed": message("The password was changed"),
    "second_step.turned_on": message("Two-step verification was turned on"),
    "second_step.turned_off": message("Two-step verification was turned off"),
    "second_step.reset": message("Two-step verification was reset"),
    "recovery_codes.made": message("New recovery codes were made"),
    "recovery_code.used": message("A recovery code was used"),
    "passkey.added": message("A passkey was added"),
    "passkey.renamed": message("A passkey was given another name"),
    "passkey.removed": message("A passkey was removed"),
    "passkey.count_went_back": message("A passkey was refused, because it may have been copied"),
    "invitation.accepted": message("An invitation was accepted"),
}
_ACCOUNT: Final = {
    "account.created": message("The account was made"),
    "account.updated": message("Personal info was changed"),
    "account.disabled": message("The account was suspended"),
    "account.enabled": message("The account may be used again"),
    "account.email_changed": message("The email address was changed"),
    "email.change_asked": message("Another email address was asked for"),
    "email.change_cancelled": message("The change of the email address was taken back"),
    "email.verification_asked": message("A letter to confirm the email address was asked for"),
    "account.patreon_linked": message("A Patreon account was named"),
    "account.patreon_unlinked": message("The Patreon account was removed"),
    "account.deletion_asked": message("The organization was asked to delete the account"),
    "account.deletion_scheduled": message("The account was to be deleted"),
    "account.deletion_cancelled": message("The account was kept"),
    "account.data_downloaded": message("Everything about the account was downloaded"),
    "account.patreon_verified": message("The Patreon account was confirmed"),
    "account.patreon_unverified": message("The Patreon account is not confirmed any more"),
}
_APPS: Final = {
    "consent.granted": message("An application was allowed access"),
    "consent.widened": message("An application was allowed more"),
    "consent.narrowed": message("An application was allowed less"),
    "consent.withdrawn": message("An application's access was removed"),
    "account.identified": message("An application was told who you are"),
    "token.revoked": message("An application gave its access back"),
    "code.replayed": message("A sign-in at an application was tried twice, and its access ended"),
    "refresh_token.reused": message("An application's old access was tried again, and it ended"),
}
_ACCOUNTS: Final = {
    "connection.created": message("An account on another platform was connected"),
    "connection.reconnected": message("An account on another platform was connected again"),
    "connection.disconnected": message("An account on another platform was disconnected"),
    "connection.renamed": message("A connected account was given another name"),
    "connect_flow.refused": message("Connecting an account was refused"),
}
_KEYS: Final = {
    "api_key.created": message("An API key was made"),
    "api_key.regenerated": message("An API key was made anew"),
    "api_key.restricted": message("Where an API key may be used from was changed"),
    "api_key.rotated": message("An API key was replaced"),
    "api_key.revoked": message("An API key was revoked"),
    "api_access.switched_on": message("API access was switched on"),
    "api_access.switched_off": message("API access was switched off"),
    "personal_key.created": message("A personal API key was made"),
    "personal_key.revoked": message("A personal API key was revoked"),
}

KINDS: Final = {
    "sign-in": Kind(message("Sign-in"), "screen", _SIGN_IN),
    "account": Kind(message("Account"), "user", _ACCOUNT),
    "apps": Kind(message("Connected apps"), "apps", _APPS),
    "accounts": Kind(message("Connected accounts"), "plug", _ACCOUNTS),
    "keys": Kind(message("API keys"), "key", _KEYS),
}
"""What the log can be narrowed to, by the name in the address."""

SENTENCES: Final = {
    action: sentence for kind in KINDS.values() for action, sentence in kind.actions.items()
}
SYMBOLS: Final = {action: kind.symbol for kind in KINDS.values() for action in kind.actions}
"""The picture beside each."""


def kind_of(wanted: str | None) -> tuple[str | None, tuple[str, ...]]:
    """The kind that an address names and its actions; every action where it names none."""
    if wanted not in KINDS:
        return None, tuple(SENTENCES)
    return wanted, tuple(KINDS[wanted].actions)
