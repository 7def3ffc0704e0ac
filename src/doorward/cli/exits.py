"""How a command ends: four numbers that scripts may rely on."""

from __future__ import annotations

from enum import IntEnum

__all__ = ["Exit", "Stop", "ending_of"]


class Exit(IntEnum):
    """Exit statuses."""

    OK = 0
    REFUSED = 1
    USAGE = 2
    UNREACHABLE = 3
    INTERRUPTED = 130


class Stop(Exception):
    """The command ends here; the text says why and what to do."""

    def __init__(self, text: str, status: Exit = Exit.REFUSED) -> None:
        """End with ``status`` after telling ``text``."""
        super().__init__(text)
        self.text = text
        self.status = status


def ending_of(error: Exception) -> Stop | None:
    """How a command ends that ``error`` came out of; None when the error is a bug."""
    if isinstance(error, Stop):
        return error
    # These are loaded already, or the error would not be one of theirs.
    from doorward.config import BadSettings
    from doorward.db import DatabaseError, Unrepresentable
    from doorward.protocol import OAuthError, Refusal

    ending: Stop | None = None
    match error:
        case Refusal():
            where = f"{error.field}: " if error.field else ""
            ending = Stop(where + error.sentence)
        case OAuthError():
            ending = Stop(f"{error.code}: {error.description}")
        case BadSettings():
            ending = Stop(str(error), Exit.USAGE)
        case Unrepresentable():
            ending = Stop("A value cannot be stored: it holds characters that no database keeps.")
        case DatabaseError():
            ending = Stop(f"The database cannot be used: {error}", Exit.UNREACHABLE)
        case _:
            pass
    return ending
