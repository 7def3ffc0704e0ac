"""What this room refuses."""

from __future__ import annotations

from doorward.protocol import Refusal

__all__ = [
    "AccountIdTaken",
    "AccountsRefusal",
    "BadAccount",
    "BadSearch",
    "Busy",
    "EmailTaken",
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


class WeakPassword(AccountsRefusal):
    """Too short or too long."""

    code = "weak_password"
    status = 422
    sentence = "A password has 8 to 256 characters."
    field = "password"


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
