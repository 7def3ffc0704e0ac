"""Who asks for a change of an application, and what they may do to it.

The owner asks for a review; who holds ``applications.review`` decides, but never on their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from doorward.audit import Actor
from doorward.clients.model import Application, WantedKind
from doorward.clients.refusals import MayNotReview, OwnApplication, UnknownApplication
from doorward.orgs import Permission

__all__ = [
    "Author",
    "By",
    "account_of",
    "actor_of",
    "is_installation",
    "is_staff",
    "owns",
    "verify_may_edit",
    "verify_may_review",
]

_INSTALLATION = frozenset({"system", "cli"})


@dataclass(frozen=True, slots=True)
class Author:
    """An account that asks, with the permissions that it holds at this moment.

    ``actor`` is the same account as the record names it.
    """

    actor: Actor
    account_id: int
    kind: WantedKind
    permissions: frozenset[str] = frozenset()

    def may(self, permission: Permission) -> bool:
        """Whether the account is staff and holds ``permission``."""
        return self.kind == "system" and permission in self.permissions


By: TypeAlias = Author | Actor
"""An account, or the installation itself: a seed, the command line. A bare actor of any other kind
may do nothing."""


def actor_of(by: By) -> Actor:
    """Who the record names."""
    return by.actor if isinstance(by, Author) else by


def account_of(by: By) -> int | None:
    """The account that asks, if it is one."""
    return by.account_id if isinstance(by, Author) else None


def is_installation(by: By) -> bool:
    """Whether nobody's account asks: whoever runs the installation decides everything."""
    return isinstance(by, Actor) and by.kind in _INSTALLATION


def owns(by: By, application: Application) -> bool:
    """Whether the account that asks is the application's owner."""
    return isinstance(by, Author) and by.account_id == application.owner_account_id


def is_staff(by: By) -> bool:
    """Whether applications are theirs to keep: staff with the permission, or the installation."""
    if isinstance(by, Author):
        return by.may(Permission.APPLICATIONS_WRITE)
    return is_installation(by)


def verify_may_edit(by: By, application: Application) -> bool:
    """True for the owner and for staff.

    Raises ``UnknownApplication`` for anybody else: that it exists is not for them to know.
    """
    if not owns(by, application) and not is_staff(by):
        raise UnknownApplication
    return True


def verify_may_review(by: By, owner_account_id: int | None, submitted_by: int | None) -> bool:
    """True for somebody who may decide about an application of this owner and submitter.

    Raises ``MayNotReview`` without the permission, and ``OwnApplication`` for who owns it or
    submitted what is to be decided about.
    """
    if is_installation(by):
        return True
    if not isinstance(by, Author) or not by.may(Permission.APPLICATIONS_REVIEW):
        raise MayNotReview
    if by.account_id in {owner_account_id, submitted_by}:
        raise OwnApplication
    return True
