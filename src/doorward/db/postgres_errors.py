"""What PostgreSQL and its driver raise, in the words of storage."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

import asyncpg

from doorward.db.errors import Conflict, DatabaseError, Unavailable, Unrepresentable

__all__ = ["NOT_WRITABLE", "persist", "translating"]

T = TypeVar("T")
_ATTEMPTS = 4
_PAUSE_S = 0.01

NOT_WRITABLE: Final = asyncpg.ReadOnlySQLTransactionError
"""The server has become a replica, or was one all the time."""


class _TryAgain(DatabaseError):
    """The engine undid the unit for another's sake."""


async def persist(attempt: Callable[[], Awaitable[T]]) -> T:
    """What ``attempt`` answers, after a few tries where the engine undid it for another's sake."""
    for count in range(1, _ATTEMPTS + 1):
        try:
            return await attempt()
        except _TryAgain as again:
            if count == _ATTEMPTS:
                raise Unavailable(str(again)) from again
            # The other one goes first, or both would meet again in the same place.
            await asyncio.sleep(count * _PAUSE_S)
    raise AssertionError("unreachable: the last attempt answers or raises")


_TRY_AGAIN: Final = (
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    # A migration changed a table under a statement that was prepared before.
    asyncpg.InvalidCachedStatementError,
    asyncpg.OutdatedSchemaCacheError,
)
_UNAVAILABLE: Final = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.exceptions.OperatorInterventionError,
    asyncpg.exceptions.InsufficientResourcesError,
    # No server may be written to, or this one still starts.
    asyncpg.exceptions.TargetServerAttributeNotMatched,
    NOT_WRITABLE,
    OSError,
    TimeoutError,
)


@contextmanager
def translating() -> Iterator[None]:
    """Raise what the engine raises as a ``DatabaseError``; its text names no more than a rule."""
    # The engine's own text may show a row's values.
    try:
        yield
    except asyncpg.UniqueViolationError as error:
        raise Conflict(f"unique constraint {error.constraint_name}") from None
    except _TRY_AGAIN as error:
        raise _TryAgain(str(error)) from error
    except asyncpg.DataError as error:
        raise Unrepresentable(type(error).__name__) from None
    except _UNAVAILABLE as error:
        raise Unavailable(str(error) or type(error).__name__) from error
    except asyncpg.PostgresError as error:
        raise DatabaseError(f"{type(error).__name__}: {error.args[0]}") from None
