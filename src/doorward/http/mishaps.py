"""What the error page says, one row for each thing that can go wrong before anything can redirect.

Every sentence says what happened or what to do next, blames nobody and reveals nothing that the
visitor did not send.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from doorward.http.i18n import message


@dataclass(frozen=True)
class Wording:
    """Status and sentences (msgids) of one error page.

    ``original`` is what another platform calls this, word for word, for who looks for it there.
    """

    status: int
    title: str
    what_happened: str
    what_to_do: str
    original: str | None = None


_ASK_DEVELOPER = message(
    "Go back to the application and try again. If it keeps happening, tell the people who run the "
    "application."
)


class Mishap(Enum):
    """The situations that end on the error page."""

    UNKNOWN_APPLICATION = Wording(
        400,
        message("We don't know this application"),
        message("The application that sent you here is not registered with {org}."),
        _ASK_DEVELOPER,
    )
    APPLICATION_NOT_LIVE = Wording(
        400,
        message("This application can't be used yet"),
        message("{org} has not approved the application that sent you here, or has paused it."),
        message("There is nothing you need to do. Try again later, or ask {org}."),
    )
    BAD_RETURN_ADDRESS = Wording(
        400,
        message("We can't send you back to this application"),
        message(
            "The application asked us to send you to an address that it has not registered. We "
            "stopped here to keep your account safe."
        ),
        _ASK_DEVELOPER,
    )
    BAD_REQUEST = Wording(
        400,
        message("We can't read this request"),
        message("The link or form that brought you here is incomplete or has been changed."),
        message("Go back to where you came from and try again."),
    )
    FORM_NOT_OURS = Wording(
        403,
        message("We couldn't confirm that this form is yours"),
        message(
            "The form was opened in another window or too long ago, or your browser does not keep "
            "our cookies."
        ),
        message("Go back, load the page again and send the form once more. Allow cookies for us."),
    )
    NOT_ALLOWED = Wording(
        403,
        message("You don't have access to this page"),
        message("Your account at {org} does not have the permission that this page needs."),
        message("Sign in with another account, or ask {org} for access."),
    )
    NOT_FOUND = Wording(
        404,
        message("This page doesn't exist"),
        message("The address may be mistyped, or the page may have moved."),
        message("Check the address, or go back to where you came from."),
    )
    NO_SUCH_ORGANIZATION = Wording(
        404,
        message("There is no organization at this address"),
        message("The address may be mistyped, or the organization may have left."),
        message("Check the address, or go back to where you came from."),
    )
    ORGANIZATION_PAUSED = Wording(
        403,
        message("Sign-in is paused"),
        message("{org} can't sign anyone in at the moment."),
        message("There is nothing you need to do. Try again later, or ask {org}."),
    )
    TOO_LARGE = Wording(
        413,
        message("This request is too large"),
        message("More was sent than any of our forms needs."),
        message("Go back to where you came from and try again."),
    )
    TOO_MANY = Wording(
        429,
        message("Too many attempts"),
        message("We received many requests from you in a short time and slowed down."),
        message("Wait a minute, then try again."),
    )
    SERVER_ERROR = Wording(
        500,
        message("Something went wrong on our side"),
        message("We could not finish what you asked for. Nothing you typed was at fault."),
        message("Try again. If it keeps happening, send us the request number below."),
    )
    BUSY = Wording(
        503,
        message("We are very busy right now"),
        message("More people than usual are here at the same time."),
        message("Wait a few seconds, then try again."),
    )
