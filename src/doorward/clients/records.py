"""What is kept besides an application: its steps, what waits, offers; and what is told of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from doorward.clients.change import ApplicationChange
from doorward.clients.model import Application, StoredSecret
from doorward.clients.review import ApplicationStatus
from doorward.db import Row, Transaction

__all__ = [
    "Difference",
    "Notice",
    "Notify",
    "Offer",
    "OfferNotice",
    "PendingChange",
    "ReviewEvent",
    "ReviewNotice",
    "SecretNotice",
    "Value",
]

Value: TypeAlias = Any
"""A field as JSON knows it: text, a truth, a list of texts, texts by name, or nothing."""


@dataclass(frozen=True, slots=True)
class ReviewEvent:
    """A step of a review: who did what when (microseconds), and what they said.

    ``author`` is in words (``account 7``, ``cli root``). ``revision`` is what they saw.
    """

    event_id: int
    client_id: str
    at: int
    author: str
    author_account_id: int | None
    action: str
    from_status: ApplicationStatus | None
    to_status: ApplicationStatus
    revision: int
    message: str | None

    @classmethod
    def from_row(cls, row: Row) -> ReviewEvent:
        """Read the columns in the order of the fields."""
        event_id, client_id, at, author, account, action, before, after, revision, message = row
        return cls(
            event_id=event_id,
            client_id=client_id,
            at=at,
            author=author,
            author_account_id=account,
            action=action,
            from_status=None if before is None else ApplicationStatus(before),
            to_status=ApplicationStatus(after),
            revision=revision,
            message=message,
        )


@dataclass(frozen=True, slots=True)
class ReviewNotice:
    """A step that has just been taken, and the application as it is after it."""

    application: Application
    event: ReviewEvent


@dataclass(frozen=True, slots=True)
class PendingChange:
    """What the owner of a live application asks to change, and since when (microseconds)."""

    change: ApplicationChange
    author_account_id: int
    created_at: int

    @classmethod
    def from_row(cls, row: Row) -> PendingChange:
        """Read ``change, author_account_id, created_at``."""
        change, account_id, created_at = row
        return cls(ApplicationChange.from_json(change), account_id, created_at)


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that is not what was approved last; ``approved`` None also where nothing was."""

    field: str
    approved: Value
    wanted: Value


@dataclass(frozen=True, slots=True)
class Offer:
    """An application that its owner wants to hand over. Times are microseconds."""

    offer_id: int
    client_id: str
    from_account_id: int | None
    to_account_id: int
    created_at: int
    expires_at: int

    @classmethod
    def from_row(cls, row: Row) -> Offer:
        """Read the columns in the order of the fields."""
        return cls(*row)


@dataclass(frozen=True, slots=True)
class OfferNotice:
    """An offer that was just made to somebody who had none, and by which account."""

    application: Application
    offer: Offer
    by_account_id: int | None


@dataclass(frozen=True, slots=True)
class SecretNotice:
    """A secret that an application has just got besides another, and by which account."""

    application: Application
    secret: StoredSecret
    by_account_id: int | None


Notice: TypeAlias = ReviewNotice | OfferNotice | SecretNotice
Notify: TypeAlias = Callable[[Transaction, Notice], Awaitable[None]]
"""Told of every such change in its unit: what it enqueues is kept with the change or not at all.
It may await its transaction only."""
