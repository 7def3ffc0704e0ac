"""The status of an application, and the table of what may follow what."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from doorward.clients.refusals import BadTransition

__all__ = ["INITIAL", "LIVE", "TRANSITIONS", "ApplicationStatus", "verify_transition"]


class ApplicationStatus(StrEnum):
    """Where an application is in its review."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    IN_REVIEW = "in_review"
    CHANGES_REQUESTED = "changes_requested"
    APPROVED = "approved"
    CHANGE_PENDING = "change_pending"
    SUSPENDED = "suspended"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


_S = ApplicationStatus

LIVE = frozenset({_S.APPROVED, _S.CHANGE_PENDING})
"""In which people may be asked to let the application in, and tokens are issued."""

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
        _S.CHANGE_PENDING: frozenset({_S.APPROVED, _S.SUSPENDED, _S.WITHDRAWN}),
        _S.SUSPENDED: frozenset({_S.APPROVED, _S.WITHDRAWN}),
        _S.DECLINED: frozenset({_S.DRAFT, _S.WITHDRAWN}),
        _S.WITHDRAWN: frozenset({_S.DRAFT}),
    }
)


def verify_transition(before: ApplicationStatus, after: ApplicationStatus) -> ApplicationStatus:
    """``after``, when it may follow ``before``. Raises ``BadTransition``."""
    if after not in TRANSITIONS[before]:
        raise BadTransition(
            f"An application that is {before.replace('_', ' ')} cannot become "
            f"{after.replace('_', ' ')}."
        )
    return after
