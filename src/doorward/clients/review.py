"""The status of an application, and the table of what may follow what."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from doorward.clients.refusals import BadTransition

__all__ = [
    "CLOSED",
    "DECISIONS",
    "INITIAL",
    "LIVE",
    "NEED_MESSAGE",
    "STEPS",
    "TRANSITIONS",
    "UNDER_TEST",
    "WITH_CHANGE",
    "ApplicationStatus",
    "verify_step",
    "verify_transition",
]


class ApplicationStatus(StrEnum):
    """Where an application is in its review."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    IN_REVIEW = "in_review"
    CHANGES_REQUESTED = "changes_requested"
    APPROVED = "approved"
    CHANGE_PENDING = "change_pending"
    CHANGE_RETURNED = "change_returned"
    SUSPENDED = "suspended"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


_S = ApplicationStatus

WITH_CHANGE = frozenset({_S.CHANGE_PENDING, _S.CHANGE_RETURNED})
"""In which a change is kept beside what is live: it waits for a reviewer, or for its owner."""

LIVE = frozenset({_S.APPROVED, *WITH_CHANGE})
"""In which people may be asked to let the application in, and tokens are issued."""

UNDER_TEST = frozenset({_S.DRAFT, _S.SUBMITTED, _S.IN_REVIEW, _S.CHANGES_REQUESTED})
"""In which it works for its owner and its testers only."""

CLOSED = frozenset({_S.SUSPENDED, _S.DECLINED, _S.WITHDRAWN})
"""In which it works for nobody, and its owner changes nothing about it."""

INITIAL = frozenset({_S.DRAFT, _S.SUBMITTED, _S.APPROVED})
"""In which an application may be registered; staff register approved ones."""

TRANSITIONS: Mapping[ApplicationStatus, frozenset[ApplicationStatus]] = MappingProxyType(
    {
        _S.DRAFT: frozenset({_S.SUBMITTED, _S.APPROVED, _S.WITHDRAWN}),
        _S.SUBMITTED: frozenset(
            {_S.IN_REVIEW, _S.CHANGES_REQUESTED, _S.APPROVED, _S.DECLINED, _S.WITHDRAWN}
        ),
        _S.IN_REVIEW: frozenset({_S.CHANGES_REQUESTED, _S.APPROVED, _S.DECLINED, _S.WITHDRAWN}),
        _S.CHANGES_REQUESTED: frozenset({_S.SUBMITTED, _S.DECLINED, _S.WITHDRAWN}),
        _S.APPROVED: frozenset({_S.CHANGE_PENDING, _S.SUSPENDED, _S.WITHDRAWN}),
        _S.CHANGE_PENDING: frozenset({_S.APPROVED, _S.CHANGE_RETURNED, _S.SUSPENDED, _S.WITHDRAWN}),
        _S.CHANGE_RETURNED: frozenset({_S.APPROVED, _S.CHANGE_PENDING, _S.SUSPENDED, _S.WITHDRAWN}),
        _S.SUSPENDED: frozenset({_S.APPROVED}),
        _S.DECLINED: frozenset({_S.DRAFT, _S.WITHDRAWN}),
        _S.WITHDRAWN: frozenset({_S.DRAFT}),
    }
)


STEPS: Mapping[str, Mapping[ApplicationStatus, ApplicationStatus]] = MappingProxyType(
    {
        "submit": {
            _S.DRAFT: _S.SUBMITTED,
            _S.CHANGES_REQUESTED: _S.SUBMITTED,
            _S.CHANGE_RETURNED: _S.CHANGE_PENDING,
        },
        "take": {
            _S.SUBMITTED: _S.IN_REVIEW,
            _S.IN_REVIEW: _S.IN_REVIEW,
            _S.CHANGE_PENDING: _S.CHANGE_PENDING,
        },
        "request_changes": {
            _S.SUBMITTED: _S.CHANGES_REQUESTED,
            _S.IN_REVIEW: _S.CHANGES_REQUESTED,
            _S.CHANGE_PENDING: _S.CHANGE_RETURNED,
        },
        "approve": {
            _S.DRAFT: _S.APPROVED,
            _S.SUBMITTED: _S.APPROVED,
            _S.IN_REVIEW: _S.APPROVED,
            _S.CHANGE_PENDING: _S.APPROVED,
        },
        "decline": {
            _S.SUBMITTED: _S.DECLINED,
            _S.IN_REVIEW: _S.DECLINED,
            _S.CHANGES_REQUESTED: _S.DECLINED,
            _S.CHANGE_PENDING: _S.APPROVED,
            _S.CHANGE_RETURNED: _S.APPROVED,
        },
        "withdraw": {
            _S.DRAFT: _S.WITHDRAWN,
            _S.SUBMITTED: _S.WITHDRAWN,
            _S.IN_REVIEW: _S.WITHDRAWN,
            _S.CHANGES_REQUESTED: _S.WITHDRAWN,
            _S.DECLINED: _S.WITHDRAWN,
            _S.APPROVED: _S.WITHDRAWN,
            _S.CHANGE_PENDING: _S.APPROVED,
            _S.CHANGE_RETURNED: _S.APPROVED,
        },
        "suspend": dict.fromkeys(sorted(LIVE), _S.SUSPENDED),
        "reinstate": {_S.SUSPENDED: _S.APPROVED},
        "reopen": {_S.DECLINED: _S.DRAFT, _S.WITHDRAWN: _S.DRAFT},
    }
)
"""Where each step of a review leads from where. To decline or to withdraw while a change waits is
about the change: what is live stays. To request changes then gives the change back to its owner."""

DECISIONS = frozenset({"take", "request_changes", "approve", "decline", "suspend", "reinstate"})
"""The steps that are the reviewers'; the others are the owner's and the staff's."""

NEED_MESSAGE = frozenset({"request_changes", "decline", "suspend"})
"""The steps that are not taken without a word to the owner."""


def verify_step(action: str, before: ApplicationStatus) -> ApplicationStatus:
    """Where ``action`` leads from ``before``. Raises ``BadTransition``."""
    after = STEPS[action].get(before)
    if after is None:
        raise BadTransition(
            f"An application that is {before.replace('_', ' ')} cannot take this step now."
        )
    return after


def verify_transition(before: ApplicationStatus, after: ApplicationStatus) -> ApplicationStatus:
    """``after``, when it may follow ``before``. Raises ``BadTransition``."""
    if after not in TRANSITIONS[before]:
        raise BadTransition(
            f"An application that is {before.replace('_', ' ')} cannot become "
            f"{after.replace('_', ' ')}."
        )
    return after
