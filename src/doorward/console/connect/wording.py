"""The words of the connect pages: refusals and failures as sentences, with what to do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from types import MappingProxyType
from typing import Final

from doorward.http import message
from doorward.protocol import Refusal
from doorward.vault import Cause, MissingFields, NotConnected

__all__ = [
    "CHOICES_LOADED",
    "CHOOSE_ENVIRONMENT",
    "NEEDED",
    "NEEDED_NAME",
    "NOTICES",
    "OUTCOMES",
    "Failure",
    "Problem",
    "failure_of",
    "find_failure",
    "problems_of",
]

NOTICES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "asked": message("The administrators are told. You can connect once they have set it up."),
        "asked_before": message("You asked within the last day. The administrators know."),
        "renamed": message("The name is saved."),
    }
)
"""By ``done`` in the address."""

CHOICES_LOADED: Final = message(
    "The choices are loaded. What is secret is never shown again: enter it once more."
)

OUTCOMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "revoked": message("The platform has taken it back."),
        "already_invalid": message("The platform no longer knew it."),
        "unsupported": message(
            "The platform has no way to take it back from here. "
            "It is erased here; remove the access in your settings there as well."
        ),
        "failed": message(
            "The platform refused to take it back. "
            "It is erased here; remove the access in your settings there as well."
        ),
        "retried": message(
            "The platform did not answer. It is erased here, and we ask the platform again "
            "for one day."
        ),
    }
)
"""What became of a token, by the result of taking it back."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why nothing was connected. All but ``code`` are msgids; ``code`` is for staff."""

    code: str
    sentence: str
    to_do: str
    title: str
    status: int = 200


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: the sentence (a msgid), its field, and what fills the sentence."""

    sentence: str
    field: str | None = None
    about: str | None = None
    given: Mapping[str, str] = dataclass_field(default_factory=dict)


_NOT: Final = message("Not connected")
_OVER: Final = message("This page has expired")
_AGAIN: Final = message("Start again, and check what you type.")
_LATER: Final = message("Wait a moment, then try again.")
_ADMIN: Final = message("Tell an administrator of your organization. The details below help them.")
_DEVELOPER: Final = message("Tell the developer of this connector. The details below help them.")
_RETURN: Final = message("Start again from the beginning.")
_NOTHING: Final = message("You can start again at any time.")

_FAILURES: Final[Mapping[str, tuple[str, str, str, int]]] = MappingProxyType(
    {
        Cause.WRONG_KEY: (
            message("The platform does not accept this key. Check that you copied all of it."),
            _AGAIN,
            _NOT,
            200,
        ),
        Cause.WRONG_HOST: (
            message("There is no such site of the platform. Check the address."),
            _AGAIN,
            _NOT,
            200,
        ),
        Cause.LACKS_PERMISSION: (
            message("The key is right, but it lacks a permission that is needed."),
            message("Give it the permission on the platform, or ask whoever can, and try again."),
            _NOT,
            200,
        ),
        Cause.SECOND_STEP: (
            message("The platform asks for one more step, which cannot be done here."),
            message("Connect with an account there that needs no further step."),
            _NOT,
            200,
        ),
        Cause.NETWORK: (
            message("The platform cannot be reached now. Try again in a moment."),
            _LATER,
            _NOT,
            200,
        ),
        Cause.CLIENT_REFUSED: (
            message("The platform refuses this connector. An administrator must act."),
            _ADMIN,
            _NOT,
            200,
        ),
        Cause.NOT_UNDERSTOOD: (
            message("The platform answered something unexpected. Nothing was connected."),
            _DEVELOPER,
            _NOT,
            200,
        ),
        Cause.DECLINED: (
            message("You declined on the platform's page. Nothing was connected."),
            _NOTHING,
            _NOT,
            200,
        ),
        Cause.FORBIDDEN_ADDRESS: (
            message("This address cannot be used. Nothing was sent there."),
            _AGAIN,
            _NOT,
            200,
        ),
        Cause.MIXED_UP: (
            message("The answer is not the platform's own. Nothing was connected."),
            message("Start again. If it happens twice, tell an administrator."),
            _NOT,
            200,
        ),
        Cause.SWITCHED_OFF: (
            message("This connector is switched off."),
            message("Ask an administrator to switch it on."),
            _NOT,
            409,
        ),
        "connector_disabled": (
            message("This connector is switched off."),
            message("Ask an administrator to switch it on."),
            _NOT,
            409,
        ),
        "ask_admin": (
            message("An administrator must set up this connector first."),
            message("Ask an administrator to set it up."),
            _NOT,
            409,
        ),
        "credentials_ended": (
            message("The credentials of this connector have changed. Connect again."),
            _RETURN,
            _NOT,
            409,
        ),
        "credentials_overtaken": (
            message(
                "Another administrator's credentials are in use by now. "
                "Connect with those, or submit yours again to replace them."
            ),
            _RETURN,
            _NOT,
            409,
        ),
        "connect_flow_over": (
            message("This page has expired. Start to connect again."),
            _RETURN,
            _OVER,
            410,
        ),
        "connect_flow_of_another_browser": (
            message("This was begun in another browser. Start to connect again."),
            message("Go on in the browser where you began, or start again in this one."),
            _NOT,
            403,
        ),
        "connect_flow_of_another_person": (
            message("This was begun by somebody else who is signed in. Start to connect again."),
            message("Sign in with the account that you began with, or start again."),
            _NOT,
            403,
        ),
        "connect_flow_of_another_connector": (
            message("This answer came from another platform than the one that you went to."),
            message("Nothing was connected. If you did not expect this, tell an administrator."),
            _NOT,
            403,
        ),
        "connect_session_over": (
            message(
                "This link has expired or is not for you. Go back to the application and try again."
            ),
            message("A link works for half an hour, for one person, in one sign-in."),
            message("This link has expired"),
            410,
        ),
        "connector_not_allowed": (
            message("This link is not for this connector."),
            message("Go back to the application and try again."),
            _NOT,
            403,
        ),
        "too_many_connections": (
            message("There are as many connections as one account may have. Remove one first."),
            message("Disconnect one that you no longer need."),
            _NOT,
            409,
        ),
        "unknown_connection": (
            message("There is no such connection."),
            message("It may have been removed. Start again from the list."),
            _NOT,
            404,
        ),
        "unknown_connector": (
            message("There is no such connector."),
            message("It may have been removed. Start again from the list."),
            _NOT,
            404,
        ),
        "unknown_option": (
            message("This connector has no such way to connect."),
            _RETURN,
            _NOT,
            404,
        ),
        "no_such_environment": (
            message("This connector has no such environment."),
            _RETURN,
            _NOT,
            422,
        ),
        "may_not_submit": (
            message("Only administrators may set up this connector."),
            message("Ask an administrator to set it up."),
            _NOT,
            403,
        ),
    }
)
_OTHER: Final = (message("The account was not connected."), _RETURN, _NOT, 409)

CHOOSE_ENVIRONMENT: Final = message("Choose a region or edition.")
NEEDED: Final = message("This is needed.")
NEEDED_NAME: Final = message("{field} is needed.")

_OF_FORMS: Final = frozenset(
    {
        message("This is too long."),
        message("This has characters that cannot be used."),
        message("This is none of the choices."),
        message("This does not have the right form."),
        message("This does not have the right form. It looks like {example}."),
        message("The credentials are not valid."),
        message("Enter the client secret."),
        message("Enter the private key."),
        message("A client secret is one line of up to 4096 characters."),
        message("A client id is one line of up to 512 visible characters."),
        message("A private key is a PEM block."),
        message("The redirect URI must be the one that this page shows."),
        message("Scopes are words of visible ASCII characters, 200 at most."),
        message("A label is one line of at most 100 visible characters."),
    }
)
"""What is said beside a field, word for word as the rooms do."""

_FORM: Final = re.compile(r"This does not have the right form\. It looks like (.*)\.\Z", re.DOTALL)
_EMPTY: Final = frozenset({"This is empty."})


def failure_of(refusal: Refusal) -> Failure:
    """What a page says of ``refusal``."""
    code = str(refusal.cause) if isinstance(refusal, NotConnected) else refusal.code
    return find_failure(code)


def find_failure(code: str) -> Failure:
    """The failure of that name; the one for everything else where it is none of ours."""
    if code not in _FAILURES:
        sentence, to_do, title, status = _OTHER
        return Failure("not_connected", sentence, to_do, title, status)
    sentence, to_do, title, status = _FAILURES[code]
    return Failure(str(code), sentence, to_do, title, status)


def problems_of(refusal: Refusal, prefix: str = "") -> list[Problem]:
    """What a form shows of a refusal: each missing field, or the one that is meant.

    ``prefix`` stands before the names of a manifest's fields.
    """
    if isinstance(refusal, MissingFields):
        return [Problem(NEEDED, prefix + name) for name in refusal.names]
    sentence = refusal.sentence
    name = None if refusal.field is None else prefix + refusal.field
    if sentence in _EMPTY:
        return [Problem(NEEDED, name)]
    looks = _FORM.match(sentence)
    if looks is not None:
        shape = "This does not have the right form. It looks like {example}."
        return [Problem(shape, name, given={"example": looks[1]})]
    if sentence not in _OF_FORMS | {NEEDED} and sentence not in _SENTENCES:
        # Nobody translated it; a brace in it would be taken for a placeholder.
        sentence = sentence.replace("{", "{{").replace("}", "}}")
    return [Problem(sentence, name)]


_SENTENCES: Final = frozenset(sentence for sentence, *_ in _FAILURES.values())
