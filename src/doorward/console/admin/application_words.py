"""Applications in words: their status, their fields, the steps of their review."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from doorward.http import message

__all__ = ["FIELDS", "KINDS", "SENSITIVITIES", "STEPS", "StatusWords", "status_of"]

Tone = Literal["", "green", "amber", "red"]


@dataclass(frozen=True, slots=True)
class StatusWords:
    """A status as people read it: its title (a msgid), the tone of its badge, and a picture."""

    code: str
    title: str
    tone: Tone
    icon: str


_STATUSES: Final[Mapping[str, StatusWords]] = {
    each.code: each
    for each in (
        StatusWords("draft", message("Draft"), "", "circle"),
        StatusWords("submitted", message("Waiting for review"), "amber", "clock"),
        StatusWords("in_review", message("In review"), "amber", "clock"),
        StatusWords("changes_requested", message("Changes requested"), "amber", "warning"),
        StatusWords("approved", message("Approved"), "green", "verified"),
        StatusWords(
            "change_pending", message("Approved, with a change that waits"), "green", "clock"
        ),
        StatusWords(
            "change_returned", message("Approved, with a change sent back"), "amber", "warning"
        ),
        StatusWords("suspended", message("Suspended"), "red", "warning"),
        StatusWords("declined", message("Declined"), "red", "warning"),
        StatusWords("withdrawn", message("Withdrawn"), "", "circle"),
    )
}

KINDS: Final[Mapping[str, str]] = {
    "web": message("Web application, on a server"),
    "spa": message("Single-page application, in the browser"),
    "native": message("Native application, on people's devices"),
    "service": message("Service, without people"),
}
"""What kinds there are, as msgids."""

FIELDS: Final[Mapping[str, str]] = {
    "name": message("Name"),
    "description": message("What it does"),
    "publisher": message("Publisher, as people see it"),
    "company": message("Company or person behind it"),
    "homepage_url": message("Website"),
    "privacy_url": message("Privacy policy"),
    "terms_url": message("Terms of service"),
    "logo": message("Logo"),
    "reason": message("Why it wants access"),
    "calls_from_backend": message("Calls are made from a server"),
    "auth_method": message("How it proves who it is"),
    "grant_types": message("Grants"),
    "redirect_uris": message("Callback URLs"),
    "post_logout_redirect_uris": message("Sign-out URLs"),
    "scopes": message("Scopes"),
    "purposes": message("Reasons for scopes"),
    "optional_scopes": message("Scopes that people may leave out"),
    "id_token_alg": message("Signature of ID tokens"),
}
"""The fields that are reviewed, as msgids."""

STEPS: Final[Mapping[str, str]] = {
    "register": message("Registered"),
    "submit": message("Submitted for review"),
    "take": message("Review begun"),
    "request_changes": message("Changes requested"),
    "approve": message("Approved"),
    "decline": message("Declined"),
    "withdraw": message("Withdrawn"),
    "suspend": message("Suspended"),
    "reinstate": message("Let in again"),
    "reopen": message("Made a draft again"),
    "change": message("Change submitted"),
    "accept": message("Taken over by a new owner"),
    "set_status": message("Status set by the installation"),
}
"""The steps of a review, as msgids."""


SENSITIVITIES: Final[Mapping[str, str]] = {
    "basic": message("Basic"),
    "personal": message("Personal"),
    "sensitive": message("Sensitive"),
    "destructive": message("Can't be undone"),
}
"""How much a scope opens, as msgids."""


def status_of(status: str) -> StatusWords:
    """The words for ``status``."""
    return _STATUSES[status]
