"""Letters about an application: to whoever looks after it, to reviewers, to people who use it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from doorward.crypto import Secret
from doorward.mail.model import Letter, Recipient, Sender, Template

__all__ = ["AboutApplication", "ReviewEvent", "ReviewLetters"]


class ReviewEvent(StrEnum):
    """What happened to an application that somebody should read of."""

    SUBMITTED = "submitted"
    WAITING = "waiting"
    IN_REVIEW = "in_review"
    CHANGES_REQUESTED = "changes_requested"
    APPROVED = "approved"
    CHANGE_APPROVED = "change_approved"
    CHANGE_DECLINED = "change_declined"
    DECLINED = "declined"
    REINSTATED = "reinstated"
    SUSPENDED = "suspended"
    WITHDRAWN = "withdrawn"
    OWNERSHIP_OFFERED = "ownership_offered"
    SECRET_CREATED = "secret_created"  # noqa: S105 - the name of an event
    CONNECTED = "connected"
    ACCESS_CHANGED = "access_changed"
    ACCESS_REMOVED = "access_removed"


_E, _T = ReviewEvent, Template
_TEMPLATES = {
    _E.SUBMITTED: _T.APPLICATION_SUBMITTED,
    _E.WAITING: _T.APPLICATION_WAITING,
    _E.IN_REVIEW: _T.APPLICATION_IN_REVIEW,
    _E.CHANGES_REQUESTED: _T.APPLICATION_CHANGES_REQUESTED,
    _E.APPROVED: _T.APPLICATION_APPROVED,
    _E.CHANGE_APPROVED: _T.APPLICATION_CHANGE_APPROVED,
    _E.CHANGE_DECLINED: _T.APPLICATION_CHANGE_DECLINED,
    _E.REINSTATED: _T.APPLICATION_REINSTATED,
    _E.DECLINED: _T.APPLICATION_DECLINED,
    _E.SUSPENDED: _T.APPLICATION_SUSPENDED,
    _E.WITHDRAWN: _T.APPLICATION_WITHDRAWN,
    _E.OWNERSHIP_OFFERED: _T.OWNERSHIP_OFFERED,
    _E.SECRET_CREATED: _T.SECRET_CREATED,
    _E.CONNECTED: _T.APPLICATION_CONNECTED,
    _E.ACCESS_CHANGED: _T.ACCESS_CHANGED,
    _E.ACCESS_REMOVED: _T.ACCESS_REMOVED,
}
_NEEDS = {
    _E.OWNERSHIP_OFFERED: frozenset({"person"}),
    _E.SECRET_CREATED: frozenset({"person", "last4"}),
}


@dataclass(frozen=True, slots=True)
class AboutApplication:
    """What a letter says of an application.

    ``link`` is the page where the recipient acts on it, under the organization's issuer.
    ``quote`` is what the reviewer wrote. ``person`` names who offers it, or who created the
    secret that ends in ``last4``. An offer ends at ``expires_at`` (microseconds).
    """

    name: str
    link: str
    quote: str | None = None
    person: str | None = None
    last4: str | None = None
    expires_at: int | None = None


class ReviewLetters:
    """Composes the letters of one organization.

    Each goes to ``Outbox.enqueue``, in the unit of the change that it tells of.
    """

    def __init__(self, org_id: str, sender: Sender) -> None:
        """Write in the name of ``sender``, who is the organization ``org_id``."""
        self._org_id = org_id
        self._sender = sender

    def compose(
        self, event: ReviewEvent, application: AboutApplication, recipient: Recipient
    ) -> Letter:
        """The letter that tells ``recipient`` what happened to ``application``.

        ``WAITING`` is for reviewers, the last three events for the person whose account it is, the
        others for whoever looks after the application. Raises ``ValueError`` when the event needs
        ``person`` or ``last4`` and they are not given.
        """
        known = {"app": application.name, "person": application.person, "last4": application.last4}
        values = {name: value for name, value in known.items() if value is not None}
        missing = _NEEDS.get(event, frozenset()) - values.keys()
        if missing:
            raise ValueError(f"{event} needs {', '.join(sorted(missing))}")
        return Letter(
            org_id=self._org_id,
            template=_TEMPLATES[event],
            sender=self._sender,
            recipient=recipient,
            values=values,
            link=Secret(application.link),
            expires_at=application.expires_at,
            quote=application.quote,
        )
