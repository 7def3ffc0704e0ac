"""What it is to delete an account, and when that is refused."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from doorward.db import SECOND, Row
from doorward.protocol import Refusal

__all__ = [
    "SETTLES_AFTER",
    "Deletion",
    "DeletionState",
    "DeletionUnderWay",
    "LastOfStaff",
    "NoDeletion",
]

SETTLES_AFTER = 60 * SECOND
"""Whatever was under way for a person when erasing began has ended after so long."""


class DeletionState(StrEnum):
    """How far the deletion of an account is."""

    ASKED = "asked"
    SCHEDULED = "scheduled"
    ERASING = "erasing"


class NoDeletion(Refusal):
    """This account is not about to be deleted."""

    code = "no_deletion"
    status = 404
    sentence = "This account is not about to be deleted."


class DeletionUnderWay(Refusal):
    """The account is being erased: that cannot be undone."""

    code = "deletion_under_way"
    sentence = "This account is being erased."


class LastOfStaff(Refusal):
    """Nobody else could look after the organization's people."""

    code = "last_of_staff"
    sentence = "Nobody else of the staff may change people. Give a colleague that permission first."


@dataclass(frozen=True, slots=True)
class Deletion:
    """An account that is to be deleted. Times are microseconds.

    It is erased from ``due_at`` on, None while staff have not agreed. ``asked_by`` says in words
    who wanted it (``account 7``).
    """

    org_id: str
    account_id: int
    state: DeletionState
    asked_by: str
    asked_at: int
    due_at: int | None

    @property
    def key(self) -> tuple[str, int]:
        """The organization and the account."""
        return self.org_id, self.account_id

    @classmethod
    def from_row(cls, row: Row) -> Deletion:
        """Read the columns ``store.DELETION_COLUMNS`` in their order."""
        return cls(row[0], row[1], DeletionState(row[2]), row[3], row[4], row[5])
