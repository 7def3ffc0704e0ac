"""What this room refuses."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from doorward.http import message
from doorward.protocol import Refusal

__all__ = [
    "AccountIdTaken",
    "AccountsRefusal",
    "BadAccount",
    "BadSearch",
    "Busy",
    "EmailTaken",
    "LastOwner",
    "PasswordFault",
    "PatreonChanged",
    "UnknownAccount",
    "UsernameTaken",
    "WeakPassword",
]


class AccountsRefusal(Refusal):
    """Base of what this room refuses."""


class UnknownAccount(AccountsRefusal):
    """The organization has no account of this id."""

    code = "unknown_account"
    status = 404
    sentence = "There is no such account."


class UsernameTaken(AccountsRefusal):
    """Another account of this kind has the user name."""

    code = "username_taken"
    status = 409
    sentence = "This user name is already in use."
    field = "username"


class EmailTaken(AccountsRefusal):
    """Another account of this kind has the e-mail address."""

    code = "email_taken"
    status = 409
    sentence = "This e-mail address is already in use."
    field = "email"


class AccountIdTaken(AccountsRefusal):
    """An import names an account id that exists."""

    code = "account_id_taken"
    status = 409
    sentence = "This account id is already in use."
    field = "account_id"


class PasswordFault(StrEnum):
    """What is wrong with a password that somebody chose."""

    LENGTH = "length"
    EASY = "easy"
    PERSONAL = "personal"


_FAULTS: Mapping[PasswordFault, str] = MappingProxyType(
    {
        PasswordFault.LENGTH: message("A password has {least} to 256 characters."),
        PasswordFault.EASY: message(
            "This password is easy to guess. Take a few words that have nothing to do with each "
            "other, or more characters."
        ),
        PasswordFault.PERSONAL: message(
            "Leave your name, your email address and the name of {org} out of the password."
        ),
    }
)


class WeakPassword(AccountsRefusal):
    """Too short, too long, easy to guess, or about the person.

    ``msgid`` with ``given`` is the sentence for a page in the reader's language.
    """

    code = "weak_password"
    status = 422
    sentence = "This password cannot be taken."
    field = "password"

    def __init__(self, fault: PasswordFault, *, least: int, org: str) -> None:
        """Refuse for ``fault``, where ``least`` characters are asked for at ``org``."""
        self.fault = fault
        self.msgid = _FAULTS[fault]
        self.given: Mapping[str, object] = {"least": least, "org": org}
        super().__init__(self.msgid.format(least=least, org=org))


class BadAccount(AccountsRefusal):
    """A field of the account is not acceptable."""

    code = "bad_account"
    status = 422
    sentence = "The account is not valid."


class PatreonChanged(AccountsRefusal):
    """The link is another one than the one that was looked at, or there is none any more."""

    code = "patreon_changed"
    status = 409
    sentence = "The Patreon account has been changed. Look at it again."


class Busy(AccountsRefusal):
    """So many passwords are being checked that another would wait too long."""

    code = "busy"
    status = 503
    sentence = "The server is busy. Try again in a moment."


class BadSearch(AccountsRefusal):
    """A search cannot be asked in this way."""

    code = "bad_search"
    status = 422
    sentence = "The search is not valid."


class LastOwner(AccountsRefusal):
    """Nobody else could give back what this account may do."""

    code = "last_owner"
    status = 409
    sentence = "An organization keeps at least one active owner, who may do everything."
    field = "permissions"
