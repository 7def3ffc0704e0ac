"""What storage may refuse, in words that do not depend on the engine."""

from __future__ import annotations

__all__ = ["Conflict", "DatabaseError", "Overloaded", "Unavailable", "Unrepresentable"]


class DatabaseError(Exception):
    """Base of everything that storage refuses."""


class Conflict(DatabaseError):
    """A unique constraint refused the statement. The unit of work is rolled back."""


class Unrepresentable(DatabaseError):
    """A value cannot be stored at all: a NUL in text, an integer beyond 64 bits."""


class Unavailable(DatabaseError):
    """The database cannot be reached or written now.

    Nothing of the unit was kept, unless the connection was lost while the commit was answered.
    """


class Overloaded(DatabaseError):
    """More units are waiting than the queue holds. The caller answers 503 and may try again."""
