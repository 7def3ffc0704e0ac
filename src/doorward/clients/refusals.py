"""What this room refuses."""

from __future__ import annotations

from doorward.protocol import Refusal

__all__ = [
    "BadApplication",
    "BadClientId",
    "BadTransition",
    "ClientIdTaken",
    "ClientsRefusal",
    "LastSecret",
    "NoSecrets",
    "TooManySecrets",
    "UnknownApplication",
    "UnknownSecret",
]


class ClientsRefusal(Refusal):
    """Base of what this room refuses."""


class UnknownApplication(ClientsRefusal):
    """The organization has no application of this client id."""

    code = "unknown_application"
    status = 404
    sentence = "There is no such application."


class UnknownSecret(ClientsRefusal):
    """The application has no secret of this id."""

    code = "unknown_secret"
    status = 404
    sentence = "There is no such secret."


class ClientIdTaken(ClientsRefusal):
    """An import names a client id that exists."""

    code = "client_id_taken"
    status = 409
    sentence = "This client id is already in use."
    field = "client_id"


class LastSecret(ClientsRefusal):
    """Without this secret the application could not authenticate any more."""

    code = "last_secret"
    status = 409
    sentence = "This is the last secret. Add another one, switch to it, then revoke this one."


class TooManySecrets(ClientsRefusal):
    """Five live secrets are there."""

    code = "too_many_secrets"
    status = 409
    sentence = "An application has at most five secrets. Revoke one first."


class NoSecrets(ClientsRefusal):
    """A public application proves nothing by a secret (RFC 6749 2.1)."""

    code = "no_secrets"
    status = 409
    sentence = "This application is public and has no secrets."


class BadTransition(ClientsRefusal):
    """The review does not lead from the one status to the other."""

    code = "bad_transition"
    status = 409
    sentence = "The application cannot change to this status now."
    field = "status"


class BadClientId(ClientsRefusal):
    """Not a client id that may be chosen."""

    code = "bad_client_id"
    status = 422
    sentence = (
        "A client id is 3 to 128 letters, digits and - . _ ~, and not a number: "
        "it must not look like an account."
    )
    field = "client_id"


class BadApplication(ClientsRefusal):
    """A field of the application is not acceptable; ``about`` is the one of its values, if any."""

    code = "bad_application"
    status = 422
    sentence = "The application is not valid."

    def __init__(
        self, sentence: str | None = None, *, field: str | None = None, about: str | None = None
    ) -> None:
        """Refuse with a sentence about ``field``, and the entry of its list that is meant."""
        super().__init__(sentence, field=field)
        self.about = about
