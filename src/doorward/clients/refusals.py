"""What this room refuses."""

from __future__ import annotations

from doorward.protocol import Refusal

__all__ = [
    "BadApplication",
    "BadClientId",
    "BadMessage",
    "BadOffer",
    "BadTesters",
    "BadTransition",
    "ClientIdTaken",
    "ClientsRefusal",
    "ClosedApplication",
    "LastSecret",
    "MayNotReview",
    "NoSecrets",
    "OwnApplication",
    "RegistrationClosed",
    "StaffDecide",
    "StaleReview",
    "TooManyApplications",
    "TooManySecrets",
    "UnknownApplication",
    "UnknownOffer",
    "UnknownSecret",
    "WasApproved",
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


class MayNotReview(ClientsRefusal):
    """To decide about applications is a permission of its own."""

    code = "may_not_review"
    status = 403
    sentence = "Your account may not review applications."


class OwnApplication(ClientsRefusal):
    """The owner, or who submitted it, is not its reviewer."""

    code = "own_application"
    status = 403
    sentence = "Nobody decides about an application of their own."


class StaleReview(ClientsRefusal):
    """It is not any more what the reviewer saw."""

    code = "stale_review"
    status = 409
    sentence = "The application was changed since you looked at it. Look at it again."
    field = "revision"


class ClosedApplication(ClientsRefusal):
    """A suspended, declined or withdrawn application stays as it is."""

    code = "closed_application"
    status = 409
    sentence = "The application is suspended, declined or withdrawn: it cannot be changed now."


class StaffDecide(ClientsRefusal):
    """A field that the owner does not set."""

    code = "staff_decide"
    status = 403
    sentence = "This is for the organization's staff to decide."


class RegistrationClosed(ClientsRefusal):
    """The organization takes no applications from this person."""

    code = "registration_closed"
    status = 403
    sentence = "This organization does not take new applications here."


class TooManyApplications(ClientsRefusal):
    """The owner has as many applications without an approval as anybody may have."""

    code = "too_many_applications"
    status = 409
    sentence = "You have 20 applications that are not approved. Delete one first."


class BadTesters(ClientsRefusal):
    """Too many test users, or not accounts at all."""

    code = "bad_testers"
    status = 422
    sentence = "An application has at most 20 test users, each an account of the organization."
    field = "testers"


class BadMessage(ClientsRefusal):
    """Nothing was said where something has to be, or something that cannot be shown."""

    code = "bad_message"
    status = 422
    sentence = "Write a message of up to 2000 visible characters."
    field = "message"


class WasApproved(ClientsRefusal):
    """People may have let it in: its owner withdraws it, and what it did stays on record."""

    code = "was_approved"
    status = 409
    sentence = "An application that was approved once is withdrawn instead of deleted."


class BadOffer(ClientsRefusal):
    """The new owner is not somebody else."""

    code = "bad_offer"
    status = 422
    sentence = "Offer the application to another account of the organization."
    field = "account_id"


class UnknownOffer(ClientsRefusal):
    """Nobody offers this application to this account any more."""

    code = "unknown_offer"
    status = 404
    sentence = "There is no such offer, or it has expired."
