"""What one account allowed one application. Times in microseconds."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from enum import Enum
from typing import TypeAlias

import msgspec

from doorward.db import Transaction
from doorward.protocol import Refusal

__all__ = ["Consent", "ConsentStep", "FindHerald", "Herald", "UnknownConsent"]


class Consent(msgspec.Struct, frozen=True):
    """A consent that has not been withdrawn; ``declined`` scopes were offered and left out."""

    consent_id: int
    org_id: str
    account_id: int
    client_id: str
    scopes: tuple[str, ...]
    granted_at: int
    last_used_at: int
    declined: frozenset[str] = frozenset()

    @classmethod
    def from_row(cls, row: tuple[object, ...]) -> Consent:
        """Read the columns of ``store.CONSENT_COLUMNS``."""
        consent_id, org_id, account_id, client_id, scope, granted_at, last_used_at, left = row
        return cls(
            consent_id=consent_id,  # type: ignore[arg-type]
            org_id=str(org_id),
            account_id=account_id,  # type: ignore[arg-type]
            client_id=str(client_id),
            scopes=tuple(str(scope).split()),
            granted_at=granted_at,  # type: ignore[arg-type]
            last_used_at=last_used_at,  # type: ignore[arg-type]
            declined=frozenset(str(left).split()),
        )


class ConsentStep(Enum):
    """What became of a consent, as the person reads of it; removed by themselves or by others."""

    GIVEN = "given"
    CHANGED = "changed"
    REMOVED = "removed"
    ENDED = "ended"


Herald: TypeAlias = Callable[[Transaction, ConsentStep], Awaitable[None]]
"""Tells one person of one application, in the unit of the step. It may await its transaction."""

FindHerald: TypeAlias = Callable[[str, int, str], Awaitable[Herald | None]]
"""Whoever tells an account (org_id, account_id) of an application (client_id), if anybody does.

It reads what it needs before the unit begins, so that telling is one statement more there.
"""


class UnknownConsent(Refusal):
    """There is no such consent, or it was withdrawn."""

    code = "unknown_consent"
    status = 404
    sentence = "There is no such consent."
