"""What is kept about people, by table, and which accounts are to be deleted.

Another room's ``store`` takes the table from here; the rest is for this room's services.
"""

from __future__ import annotations

from doorward.belongings.store.deletions import (
    BEGIN,
    CANCEL,
    CLAIM,
    DELETION_COLUMNS,
    FIND,
    FIND_DUE,
    FINISH,
    LIST,
    PUT,
    account_deletions,
)
from doorward.belongings.store.erasing import (
    DISOWN_CONNECTORS,
    EMPTY_GROUP,
    ERASE,
    FORGET_ADDRESS,
    HAND_ON_PROJECTS,
)
from doorward.belongings.store.kept import ERASED, LEFT, OTHERWISE, TOLD, Kept
from doorward.belongings.store.telling import SECTIONS, Section

__all__ = [
    "BEGIN",
    "CANCEL",
    "CLAIM",
    "DELETION_COLUMNS",
    "DISOWN_CONNECTORS",
    "EMPTY_GROUP",
    "ERASE",
    "ERASED",
    "FIND",
    "FIND_DUE",
    "FINISH",
    "FORGET_ADDRESS",
    "HAND_ON_PROJECTS",
    "LEFT",
    "LIST",
    "OTHERWISE",
    "PUT",
    "SECTIONS",
    "TOLD",
    "Kept",
    "Section",
    "account_deletions",
]
