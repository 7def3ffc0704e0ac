"""What is refused about tenant credentials."""

from __future__ import annotations

from doorward.vault.refusals import VaultRefusal

__all__ = [
    "AskAdmin",
    "BadCredentials",
    "CredentialsEnded",
    "CredentialsOvertaken",
    "MayNotSubmit",
    "NoSuchEnvironment",
    "NotForCredentials",
    "SecretNeeded",
    "UnknownCredentials",
]


class UnknownCredentials(VaultRefusal):
    """The organization has no such version, or it is somebody else's submission."""

    code = "unknown_credentials"
    status = 404
    sentence = "There are no such credentials."


class AskAdmin(VaultRefusal):
    """There is nothing to connect with, and it is not for this person to supply it."""

    code = "ask_admin"
    status = 409
    sentence = "An administrator must set up this connector first."


class MayNotSubmit(VaultRefusal):
    """The organization lets administrators alone supply credentials, or these parts of them."""

    code = "may_not_submit"
    status = 403
    sentence = "Only administrators may set up this connector."


class NotForCredentials(VaultRefusal):
    """The connector is not one that works with a registration of the organization's own."""

    code = "not_for_credentials"
    status = 409
    sentence = "This connector takes no credentials of an organization."


class NoSuchEnvironment(VaultRefusal):
    """The manifest names no environment like this."""

    code = "no_such_environment"
    status = 422
    sentence = "This connector has no such environment."
    field = "environment"


class BadCredentials(VaultRefusal):
    """A field cannot be what it was said to be. Nothing that was typed is repeated."""

    code = "bad_credentials"
    status = 422
    sentence = "The credentials are not valid."


class SecretNeeded(VaultRefusal):
    """A kept secret goes to the client and the hosts it was given for, and nowhere else."""

    code = "secret_needed"
    status = 422
    sentence = "Enter the client secret again when you change the client or where it is sent."
    field = "client_secret"


class CredentialsEnded(VaultRefusal):
    """They were changed, removed or expired while they were being used."""

    code = "credentials_ended"
    status = 409
    sentence = "The credentials of this connector have changed. Connect again."


class CredentialsOvertaken(VaultRefusal):
    """Somebody else's came to be used meanwhile; to replace those is another decision."""

    code = "credentials_overtaken"
    status = 409
    sentence = (
        "Another administrator's credentials are in use by now. "
        "Connect with those, or submit yours again to replace them."
    )
