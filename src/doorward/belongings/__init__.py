"""What is kept about each person: told to them whole, and erased when their account is deleted.

It owns the list of what is kept and which accounts are to be deleted; it owns none of the rows,
whose rooms end them by rules of their own. The account pages and the staff console call it.
"""

from __future__ import annotations

from doorward.belongings.erasing import Eraser, Holders
from doorward.belongings.model import (
    Deletion,
    DeletionState,
    DeletionUnderWay,
    LastOfStaff,
    NoDeletion,
)
from doorward.belongings.service import Deletions
from doorward.belongings.telling import Teller

__all__ = [
    "Deletion",
    "DeletionState",
    "DeletionUnderWay",
    "Deletions",
    "Eraser",
    "Holders",
    "LastOfStaff",
    "NoDeletion",
    "Teller",
]
