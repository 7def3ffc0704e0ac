"""What a sign-out takes along: codes that were not redeemed yet."""

from __future__ import annotations

from doorward.db import SECOND, Transaction, oldest_id_at
from doorward.tokens import store

__all__ = ["end_codes_of_others", "end_codes_of_session"]

_LONGEST_CODE = 2 * 600 * SECOND
"""Twice what a policy may give a code: clocks of several processes differ."""


async def end_codes_of_session(tx: Transaction, org_id: str, session_id: int, now: int) -> None:
    """Make every code of a sign-in that ends at ``now`` (microseconds) worthless."""
    await tx.run(
        store.END_CODES_OF_SESSION,
        org_id=org_id,
        session=session_id,
        oldest=oldest_id_at(now - _LONGEST_CODE),
        now=now,
    )


async def end_codes_of_others(
    tx: Transaction, org_id: str, account_id: int, kept_id: int, now: int
) -> None:
    """The same for every sign-in of an account but ``kept_id``."""
    await tx.run(
        store.END_CODES_OF_OTHERS,
        org_id=org_id,
        account=account_id,
        kept=kept_id,
        oldest=oldest_id_at(now - _LONGEST_CODE),
        now=now,
    )
