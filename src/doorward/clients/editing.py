"""Changing an application: at once, or once it was reviewed.

What a live application may do is changed by its owner only through a review. The staff whose
applications they are change those without an owner directly; those with one, as its reviewers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from doorward.clients.author import (
    By,
    account_of,
    is_installation,
    owns,
    verify_may_edit,
    verify_may_review,
)
from doorward.clients.change import REVIEWED, ApplicationChange
from doorward.clients.model import Application
from doorward.clients.records import PendingChange
from doorward.clients.refusals import ClosedApplication, OwnApplication, StaffDecide
from doorward.clients.registration import verify_application, verify_quota_a_minute
from doorward.clients.review import CLOSED, ApplicationStatus

__all__ = ["Edit", "plan_edit"]

_FREE = frozenset({"contact_email", "quota_a_minute"})
"""What no review is about. Whether the owner may set it is another question."""
_PRIVILEGED = ("trusted", "owner_account_id", "quota_a_minute")


@dataclass(frozen=True, slots=True)
class Edit:
    """What a change comes to: the application as it is after it, and what waits then, if anything.

    ``after`` is verified, and so is what ``waiting`` would make of it.
    """

    after: Application
    waiting: PendingChange | None


def plan_edit(
    before: Application,
    wanted: ApplicationChange,
    waiting: PendingChange | None,
    by: By,
    now: int,
) -> Edit:
    """The change ``wanted`` of ``before``, on top of what is ``waiting``, as ``by`` may make it.

    Raises ``UnknownApplication``, ``StaffDecide``, ``ClosedApplication``, ``MayNotReview``,
    ``OwnApplication``, ``BadApplication``.
    """
    verify_may_edit(by, before)
    touched = frozenset(wanted.names()) - _FREE
    if owns(by, before):
        return _by_owner(before, wanted, waiting, by, now)
    if before.is_live and before.owner_account_id is not None and touched:
        verify_may_review(by, before.owner_account_id, None)
    if "owner_account_id" in touched and not is_installation(by):
        _verify_new_owner(wanted, by)
    after = verify_application(wanted.applied(before, now))
    if "quota_a_minute" in wanted.names():
        verify_quota_a_minute(after)
    return Edit(_counted(after) if touched else after, waiting)


def _verify_new_owner(wanted: ApplicationChange, by: By) -> bool:
    """Nobody makes themselves the owner: that is offered, and accepted."""
    if wanted.owner_account_id == account_of(by):
        raise OwnApplication("Nobody makes an application their own.", field="owner_account_id")
    return True


def _by_owner(
    before: Application,
    wanted: ApplicationChange,
    waiting: PendingChange | None,
    by: By,
    now: int,
) -> Edit:
    for name in _PRIVILEGED:
        if name in wanted.names():
            raise StaffDecide(field=name)
    reviewed = wanted.only(REVIEWED)
    if not reviewed.names():
        return Edit(verify_application(wanted.applied(before, now)), waiting)
    if before.status in CLOSED:
        raise ClosedApplication
    if not before.is_live:
        return Edit(_counted(verify_application(wanted.applied(before, now))), waiting)
    account_id = account_of(by)
    assert account_id is not None  # noqa: S101 - owners are accounts
    merged = reviewed if waiting is None else waiting.change.merged(reviewed)
    at_once = verify_application(wanted.only(_FREE).applied(before, now))
    verify_application(merged.applied(at_once, now))
    since = now if waiting is None else waiting.created_at
    after = replace(
        _counted(at_once),
        status=ApplicationStatus.CHANGE_PENDING,
        submitted_at=now,
        submitted_by=account_id,
    )
    return Edit(after, PendingChange(merged, account_id, since))


def _counted(application: Application) -> Application:
    return replace(application, revision=application.revision + 1)
