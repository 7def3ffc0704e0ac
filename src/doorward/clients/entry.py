"""Who may register an application, and as what."""

from __future__ import annotations

from doorward.clients.author import Author, By, is_installation, is_staff, verify_may_review
from doorward.clients.model import Application, NewApplication
from doorward.clients.refusals import (
    MayNotReview,
    RegistrationClosed,
    StaffDecide,
    TooManyApplications,
)
from doorward.clients.review import LIVE, ApplicationStatus
from doorward.clients.store import count_unapproved, lock_terms
from doorward.db import Transaction
from doorward.orgs import Registration

__all__ = ["MAX_UNAPPROVED", "verify_may_register", "verify_quota", "verify_welcome"]

MAX_UNAPPROVED = 20


def verify_may_register(new: NewApplication, by: By) -> bool:
    """True when ``by`` may register ``new`` as it is.

    To register an approved application is to approve it: it takes the permission, and never for
    oneself. Whoever is not staff registers drafts of their own.
    Raises ``MayNotReview``, ``OwnApplication``, ``StaffDecide``.
    """
    if is_installation(by):
        return True
    if not isinstance(by, Author):
        raise MayNotReview
    own = new.owner_account_id == by.account_id
    if new.status in LIVE:
        verify_may_review(by, new.owner_account_id, None)
    if not is_staff(by) and not own:
        raise StaffDecide(field="owner_account_id")
    if own or not is_staff(by):
        for name in ("trusted", "client_id"):
            if getattr(new, name):
                raise StaffDecide(field=name)
    if not is_staff(by) and new.status is not ApplicationStatus.DRAFT:
        raise StaffDecide(field="status")
    return True


async def verify_welcome(tx: Transaction, org_id: str, by: By) -> bool:
    """True when the organization takes applications from ``by``. Raises ``RegistrationClosed``."""
    if not isinstance(by, Author) or is_staff(by):
        return True
    terms = await lock_terms(tx, org_id)
    policy = Registration() if terms is None else Registration.from_json(terms[1])
    if not policy.welcomes(by.kind):
        raise RegistrationClosed(policy.message_en or None)
    return True


async def verify_quota(tx: Transaction, application: Application) -> bool:
    """True when its owner may have one more that is not approved. Raises ``TooManyApplications``.

    The organization's row is held until the unit ends: two at once are counted in turn.
    """
    owner = application.owner_account_id
    if owner is None or application.is_live:
        return True
    await lock_terms(tx, application.org_id)
    if await count_unapproved(tx, application.org_id, owner) >= MAX_UNAPPROVED:
        raise TooManyApplications
    return True
